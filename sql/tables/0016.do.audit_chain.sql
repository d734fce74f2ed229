-- Tamper evidence: the worker seals what was decided into one chain of hashes per tenant. The transaction that
-- decides takes no lock and no number for it; its own transaction id says when its events are final.

-- Rows from before have the id of this migration: they are sealed with whatever else is final then.
alter table pgrant.audit_events add column xid bigint not null default pg_current_xact_id()::text::bigint;
comment on column pgrant.audit_events.xid is
  'Transaction that wrote the event. All of a transaction''s events are final once no transaction as old is running: then they are sealed.';
-- An expression, so that no condition of an auditor can use it (see pgrant.audited).
create index audit_events_xid on pgrant.audit_events using brin ((xid + 0)) with (autosummarize = on);

create table pgrant.audit_seals (
  tenant_id      uuid not null,
  number         bigint not null check (number >= 1),
  made_at        timestamptz not null,
  previous_seal  bytea check (length(previous_seal) = 32),
  previous_at    timestamptz,
  from_xid       bigint,
  to_xid         bigint,
  events         integer not null check (events between 1 and 1000),
  total          bigint not null check (total >= events),
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  event_ids      uuid[] not null,
  digests        bytea[] not null,
  root           bytea not null check (length(root) = 32),
  seal           bytea not null check (length(seal) = 32),
  primary key (tenant_id, number, made_at),
  check ((number = 1) = (previous_seal is null)),
  check ((number = 1) = (previous_at is null))
) partition by range (made_at);

comment on table pgrant.audit_seals is
  'The chain of a tenant: each seal covers at most 1000 events of one month and the seal before it. Only ever appended to.';
comment on column pgrant.audit_seals.previous_seal is 'The seal before; null in the first.';
comment on column pgrant.audit_seals.previous_at is 'made_at of the seal before: tells a chain whose old seals were dropped from one that was cut.';
comment on column pgrant.audit_seals.from_xid is 'The events'' transactions, from this one on; null where they were found in a restored database.';
comment on column pgrant.audit_seals.to_xid is 'The events'' transactions, below this one.';
comment on column pgrant.audit_seals.total is 'Events of the tenant in this seal and all before it.';
comment on column pgrant.audit_seals.first_at is 'The oldest event; the seal is of the month (UTC) in which it lies.';
comment on column pgrant.audit_seals.event_ids is 'The events in their order: by time, then by id.';
comment on column pgrant.audit_seals.digests is 'SHA-256 of each event''s canonical text, pgrant_report.audit_event_text().';
comment on column pgrant.audit_seals.root is 'SHA-256 of all event_ids and digests, each id followed by its digest.';
comment on column pgrant.audit_seals.seal is 'SHA-256 of the seal''s canonical text, pgrant_report.audit_seal_text(), which names all but event_ids and digests.';

select pgrant.isolate('pgrant.audit_seals');
revoke insert, update, delete on pgrant.audit_seals from pgrant_definer;
create index audit_seals_last_at on pgrant.audit_seals (tenant_id, last_at);
-- Longer than the events by what a month's partition and a late seal may add.
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('audit_seals', '1 month', '2 months', '15 months');

create table pgrant.audit_chains (
  tenant_id  uuid primary key references pgrant.tenants on delete cascade,
  number     bigint not null,
  seal       bytea not null,
  total      bigint not null,
  made_at    timestamptz not null
);

comment on table pgrant.audit_chains is
  'The last seal of each tenant: what the next one continues, when all seals of a tenant that was quiet for long are dropped too.';

select pgrant.isolate('pgrant.audit_chains');
revoke insert, update, delete on pgrant.audit_chains from pgrant_definer;

create table pgrant.audit_sealing (
  single        boolean primary key default true check (single),
  cluster       bigint,
  xid           bigint not null default 0,
  sealed_at     timestamptz,
  adopt_tenant  uuid,
  adopt_at      timestamptz,
  doubt_before  timestamptz not null default '-infinity'
);

comment on table pgrant.audit_sealing is 'Global, one row: how far the events of all tenants are sealed. Locked by the worker that seals.';
comment on column pgrant.audit_sealing.cluster is 'System identifier of the PostgreSQL cluster whose transaction ids these are; null before the first seal.';
comment on column pgrant.audit_sealing.xid is 'Events of all transactions below are sealed.';
comment on column pgrant.audit_sealing.sealed_at is 'When that was so.';
comment on column pgrant.audit_sealing.adopt_tenant is
  'In a database that came from another cluster, where transaction ids count anew: the tenant whose events are looked through; else null.';
comment on column pgrant.audit_sealing.adopt_at is 'From which event of this tenant on.';
comment on column pgrant.audit_sealing.doubt_before is
  'Events before this may have transaction ids of another cluster: whether they are sealed is looked up among the seals.';

alter table pgrant.audit_sealing enable row level security;
alter table pgrant.audit_sealing force row level security;
create policy sealing_made on pgrant.audit_sealing for insert to pgrant_owner with check (true);
create policy sealing_seen on pgrant.audit_sealing for select to pgrant_definer using (true);
create policy sealing_moved on pgrant.audit_sealing to pgrant_sealer using (true) with check (true);
insert into pgrant.audit_sealing default values;
create policy sealing_audited on pgrant.audit_sealing for select to pgrant_auditor using (pgrant.audited_tenant() is not null);
grant select on pgrant.audit_sealing to pgrant_definer, pgrant_auditor;
grant select, update on pgrant.audit_sealing to pgrant_sealer;

create table pgrant.audit_checkpoints (
  tenant_id   uuid not null references pgrant.tenants on delete cascade,
  number      bigint not null,
  seal        bytea not null check (length(seal) = 32),
  made_at     timestamptz not null default now(),
  expires_at  timestamptz not null default now() + interval '15 months',
  jwt         text not null,
  primary key (tenant_id, number)
);

comment on table pgrant.audit_checkpoints is
  'What the worker signed: that the tenant''s chain had this seal. Worth most as a copy that is kept elsewhere.';
comment on column pgrant.audit_checkpoints.jwt is 'typ audit-checkpoint+jwt, with the public key in its header: good after the key is gone.';

select pgrant.isolate('pgrant.audit_checkpoints');
revoke update, delete on pgrant.audit_checkpoints from pgrant_definer;
select pgrant.expire('pgrant.audit_checkpoints');
create index audit_checkpoints_expires_at on pgrant.audit_checkpoints ((expires_at at time zone 'UTC'));

create table pgrant.audit_archives (
  tenant_id    uuid not null references pgrant.tenants on delete cascade,
  month        date not null,
  events       bigint not null,
  file         text not null,
  digest       bytea not null check (length(digest) = 32),
  archived_at  timestamptz not null,
  primary key (tenant_id, month)
);

comment on table pgrant.audit_archives is 'Months whose events were written to a file with the proof that they are the ones that were sealed.';
comment on column pgrant.audit_archives.month is 'First day of the month, UTC.';
comment on column pgrant.audit_archives.file is 'Where it was written, as the machine that did so calls it.';
comment on column pgrant.audit_archives.digest is 'SHA-256 of the file.';

select pgrant.isolate('pgrant.audit_archives');
revoke delete on pgrant.audit_archives from pgrant_definer;

-- The sealer sees every event and only ever appends to the chains. It changes and removes none of what it saw.
create policy sealer_seen on pgrant.audit_events for select to pgrant_sealer using (true);
create policy sealer_seen on pgrant.audit_seals for select to pgrant_sealer using (true);
create policy sealer_appended on pgrant.audit_seals for insert to pgrant_sealer with check (true);
create policy sealer_moved on pgrant.audit_chains to pgrant_sealer using (true) with check (true);
create policy sealer_seen on pgrant.audit_archives for select to pgrant_sealer using (true);
create policy catalogue_sealed on pgrant.issuers for select to pgrant_sealer using (true);
grant usage on schema pgrant to pgrant_sealer;
grant select on pgrant.audit_events, pgrant.audit_archives to pgrant_sealer;
grant select (tenant_id) on pgrant.issuers to pgrant_sealer;
grant select, insert on pgrant.audit_seals to pgrant_sealer;
grant select, insert, update on pgrant.audit_chains to pgrant_sealer;

-- What is left of a tenant that was removed.
create policy removed_seen on pgrant.audit_seals for select to pgrant_janitor
  using (not exists (select from pgrant.issuers i where i.tenant_id = audit_seals.tenant_id));
create policy removed_deleted on pgrant.audit_seals for delete to pgrant_janitor
  using (not exists (select from pgrant.issuers i where i.tenant_id = audit_seals.tenant_id));
grant select (tenant_id), delete on pgrant.audit_seals to pgrant_janitor;

select pgrant.audited('pgrant.audit_events', array['xid']);
select pgrant.audited('pgrant.audit_seals', array[
  'tenant_id', 'number', 'made_at', 'previous_seal', 'previous_at', 'from_xid', 'to_xid', 'events', 'total', 'first_at', 'last_at',
  'event_ids', 'digests', 'root', 'seal']);
select pgrant.audited('pgrant.audit_chains', array['tenant_id', 'number', 'seal', 'total', 'made_at']);
select pgrant.audited('pgrant.audit_checkpoints', array['tenant_id', 'number', 'seal', 'made_at', 'expires_at', 'jwt']);
select pgrant.audited('pgrant.audit_archives', array['tenant_id', 'month', 'events', 'file', 'digest', 'archived_at']);
