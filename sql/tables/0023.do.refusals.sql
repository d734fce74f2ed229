-- What strangers can make grow: refusals are counted and not piled up, and what one address may have is a setting.

alter table pgrant.tenants
  add column refusal_limit integer not null default 300 check (refusal_limit between 1 and 1000000),
  add column authorization_rate integer not null default 600 check (authorization_rate between 1 and 1000000),
  add column trusted_networks cidr[] not null default '{}';

comment on column pgrant.tenants.refusal_limit is
  'Refused requests of one address (an IPv6 /64 counts as one) in a minute. What is refused beyond gets 429, what is good is still granted; beyond ten times as many everything from the address gets 429 until the minute is over.';
comment on column pgrant.tenants.authorization_rate is 'Sign-ins that one address may begin in a minute.';
comment on column pgrant.tenants.trusted_networks is
  'Networks for which refusal_limit and authorization_rate do not hold, such as those of backends that act for many people.';

comment on constraint tenants_refusal_limit_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_authorization_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';

select pgrant.audited('pgrant.tenants', array['refusal_limit', 'authorization_rate', 'trusted_networks']);

create table pgrant.refusals (
  tenant_id   uuid not null,
  minute      timestamptz not null check (minute = date_trunc('minute', minute, 'UTC')),
  key_hash    bytea not null check (length(key_hash) = 32),
  event_id    uuid not null default gen_random_uuid(),
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  refused     integer not null default 1 check (refused >= 1),
  action      text not null,
  error       text not null,
  reason      text,
  user_id     uuid,
  client_id   text,
  grant_id    uuid,
  family_id   uuid,
  address     inet,
  request_id  text,
  detail      jsonb,
  recorded    boolean not null,
  covered_by   uuid,
  primary key (tenant_id, minute, key_hash)
) partition by range (minute);

comment on table pgrant.refusals is
  'Refusals of a kind from an address within a minute, as one row with their count. Of those that name a known client or person the first is an audit event besides; of others this is all that is kept, for days and not months.';
comment on column pgrant.refusals.minute is 'When the minute began.';
comment on column pgrant.refusals.key_hash is 'SHA-256 of what makes the kind: action, error, reason, known client, person, grant, family and address prefix.';
comment on column pgrant.refusals.event_id is 'The id of the audit event that will stand for the repeats where the first was one.';
comment on column pgrant.refusals.refused is 'How often, the first included.';
comment on column pgrant.refusals.client_id is 'As the first one named it; the client is known where recorded is true.';
comment on column pgrant.refusals.request_id is 'That of the first.';
comment on column pgrant.refusals.recorded is 'Whether the first is an audit event: a client or a person is known.';
comment on column pgrant.refusals.covered_by is
  'The audit event that the worker recorded for it when its minute was over, and that holds its digest; null = none yet.';

select pgrant.isolate('pgrant.refusals');
create index refusals_first_at on pgrant.refusals (tenant_id, first_at, event_id);
create index refusals_unsealed on pgrant.refusals (tenant_id, minute) where covered_by is null;
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('refusals', '1 day', '3 days', '7 days');

-- The janitor says for which tenants there is something to record.
create policy unsealed_seen on pgrant.refusals for select to pgrant_janitor
  using (covered_by is null and minute < now() - interval '2 minutes');
grant select (tenant_id, minute, covered_by) on pgrant.refusals to pgrant_janitor;

select pgrant.audited('pgrant.refusals', array[
  'tenant_id', 'minute', 'event_id', 'first_at', 'last_at', 'refused', 'action', 'error', 'reason', 'user_id', 'client_id', 'grant_id',
  'family_id', 'address', 'request_id', 'detail', 'recorded', 'covered_by']);

-- A request that waits for its person holds no more than real clients send.
alter table pgrant.authorization_requests
  add constraint authorization_requests_bounded check (
    length(state) <= 2048 and length(nonce) <= 512 and length(login_hint) <= 512 and length(hint_sub) <= 255
    and length(code_challenge) <= 128 and length(redirect_uri) <= 2048
    and pg_column_size(acr_values) <= 4096 and pg_column_size(claims_id_token) <= 16384 and pg_column_size(claims_userinfo) <= 16384);
