-- Devices without a browser of their own (RFC 8628): what waits for a person elsewhere to decide.

create or replace function pgrant.grant_types() returns text[]
language sql immutable parallel safe
as $$
  select array['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code']
$$;

create table pgrant.device_codes (
  tenant_id       uuid not null,
  device_hash     bytea not null check (length(device_hash) = 32),
  expires_at      timestamptz not null,
  user_code_hash  bytea not null check (length(user_code_hash) = 32),
  client_id       text not null,
  scopes          text[] not null,
  resources       text[] not null default '{}',
  address         inet,
  created_at      timestamptz not null default now(),
  poll_interval   integer not null default 5,
  polled_at       timestamptz,
  allowed_at      timestamptz,
  denied_at       timestamptz,
  primary key (tenant_id, device_hash, expires_at),
  check (num_nonnulls(allowed_at, denied_at) <= 1)
) partition by range (expires_at);

comment on table pgrant.device_codes is 'Device codes while a person decides. One that is allowed has a row in codes, which its tokens come from.';
comment on column pgrant.device_codes.device_hash is 'SHA-256 of the device code''s secret.';
comment on column pgrant.device_codes.user_code_hash is 'HMAC of the user code under a key that no dump has: it is short, and every one could be tried.';
comment on column pgrant.device_codes.address is 'From where the device asked.';
comment on column pgrant.device_codes.poll_interval is 'Seconds that the device has to wait between two polls.';
comment on column pgrant.device_codes.polled_at is 'When it last polled; null = not yet.';
comment on column pgrant.device_codes.allowed_at is 'When a person allowed it.';
comment on column pgrant.device_codes.denied_at is 'When a person denied it, or could not allow it.';

create index device_codes_user_code on pgrant.device_codes (tenant_id, user_code_hash);

select pgrant.isolate('pgrant.device_codes');
select pgrant.expire('pgrant.device_codes');
select pgrant.audited('pgrant.device_codes', '{tenant_id,expires_at,client_id,scopes,resources,address,created_at,poll_interval,polled_at,
                                               allowed_at,denied_at}');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('device_codes', '1 day', '3 days', '1 hour');

alter table pgrant.authorization_requests add column device_hash bytea;
alter table pgrant.authorization_requests add column device_expires_at timestamptz;
alter table pgrant.authorization_requests
  add constraint authorization_requests_device check ((device_hash is null) = (device_expires_at is null));
comment on column pgrant.authorization_requests.device_hash is 'The device code that the person typed the user code of; null = a client asked by redirect.';
comment on column pgrant.authorization_requests.device_expires_at is 'When that device code expires.';
select pgrant.audited('pgrant.authorization_requests', '{device_expires_at}');

alter table pgrant.tenants add column device_code_lifetime integer not null default 600;
alter table pgrant.tenants
  add constraint tenants_device_code_lifetime_check check (device_code_lifetime between 60 and 3600);
comment on column pgrant.tenants.device_code_lifetime is 'How long a device code may wait for its person (RFC 8628 3.2).';
comment on constraint tenants_device_code_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 3600';
select pgrant.audited('pgrant.tenants', '{device_code_lifetime}');
