-- What reports are asked for among millions.

-- A rotation changes none of its columns, so it stays a HOT update.
create index token_families_revoked on pgrant.token_families (tenant_id, family_id) where revoked_at is not null;
comment on index pgrant.token_families_revoked is 'Revoked families, a page after the other: pgrant_report.family_page().';

-- users_username finds a person however the name is written, by username_key; who asks a report says username.
create index users_username_exact on pgrant.users (tenant_id, username);
comment on index pgrant.users_username_exact is 'The person that a report is asked for: where username = ….';
