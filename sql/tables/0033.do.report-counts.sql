-- What reports count and page through among millions.

-- sweep_after moves a week at a time and is indexed already, so a rotation stays the HOT update that it was.
create index token_families_due on pgrant.token_families (tenant_id, sweep_after, family_id);
comment on index pgrant.token_families_due is
  'Families that are over or soon will be, the oldest first: pgrant_report.family_page() and expired_backlog.';

-- Both columns that are new are in another index, or in its condition: what changes one of them was no HOT update before.
drop index pgrant.grants_client;
create index grants_client on pgrant.grants (tenant_id, client_id, revoked_at, expires_at);
comment on index pgrant.grants_client is 'Grants of a client, and how many of them stand: pgrant_report.clients.';
