-- Second factors: codes of an authenticator app (RFC 6238), recovery codes, and who has shown the first factor only.

alter table pgrant.tenants add column second_factor text not null default 'off';
alter table pgrant.tenants
  add constraint tenants_second_factor_check check (second_factor in ('off', 'optional', 'sensitive', 'required'));
comment on column pgrant.tenants.second_factor is
  'Whether people show a second factor when they sign in here: off = nobody does; optional = those who have set one up; sensitive = and all others once a sensitive scope is asked for; required = everybody. Whoever has none then sets one up. Not asked where the tenant has a login_url.';
select pgrant.audited('pgrant.tenants', '{second_factor}');
comment on column pgrant.tenants.acr_values_supported is
  'The acr that sign-ins here can have, as the metadata say (acr_values_supported): 1 = a password that pgrant asked for; 2, two factors, comes with second_factor by itself; the others are those of your own login page. Somebody who signed in with none of the acr_values that a request asks for signs in once more where one of them is here.';

create table pgrant.totp_authenticators (
  tenant_id      uuid not null,
  user_id        uuid not null,
  sealed_secret  bytea not null,
  last_step      bigint not null check (last_step >= 0),
  failures       integer not null default 0 check (failures >= 0),
  created_at     timestamptz not null default now(),
  last_used_at   timestamptz,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

comment on table pgrant.totp_authenticators is 'Authenticator apps of people (RFC 6238), one of each person.';
comment on column pgrant.totp_authenticators.sealed_secret is
  'The key of its codes, sealed under PGRANT_SECRET for this person; empty after an import: no code is good then.';
comment on column pgrant.totp_authenticators.last_step is
  'The time step (30 seconds, since 1970) of the last code that was taken: only a later one is (RFC 6238 5.2).';
comment on column pgrant.totp_authenticators.failures is
  'Wrong codes since the last right one: beyond 100 none is taken (NIST SP 800-63B-4 3.2.2) before a recovery code was.';
comment on column pgrant.totp_authenticators.created_at is 'When it was set up.';

select pgrant.isolate('pgrant.totp_authenticators');
select pgrant.audited('pgrant.totp_authenticators', '{tenant_id, user_id, last_step, failures, created_at, last_used_at}');

create table pgrant.recovery_codes (
  tenant_id   uuid not null,
  user_id     uuid not null,
  code_hash   bytea not null check (length(code_hash) = 32),
  created_at  timestamptz not null default now(),
  used_at     timestamptz,
  primary key (tenant_id, user_id, code_hash),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

comment on table pgrant.recovery_codes is 'Codes on paper, each good once in place of another second factor.';
comment on column pgrant.recovery_codes.code_hash is 'SHA-256 of the code, which has 80 random bits.';
comment on column pgrant.recovery_codes.used_at is 'When it was used; null = it is still good.';

select pgrant.isolate('pgrant.recovery_codes');
select pgrant.audited('pgrant.recovery_codes', '{tenant_id, user_id, created_at, used_at}');

create table pgrant.first_factors (
  tenant_id     uuid not null,
  request_hash  bytea not null check (length(request_hash) = 32),
  expires_at    timestamptz not null,
  user_id       uuid not null,
  auth_time     timestamptz not null default now(),
  amr           text[] not null,
  primary key (tenant_id, request_hash, expires_at)
) partition by range (expires_at);

create index first_factors_user on pgrant.first_factors (tenant_id, user_id);

comment on table pgrant.first_factors is
  'People who have shown the first factor for an authorization request, and are asked for the second: nobody is signed in yet.';
comment on column pgrant.first_factors.request_hash is 'The authorization request.';
comment on column pgrant.first_factors.expires_at is 'That of the request.';
comment on index pgrant.first_factors_user is 'What is under way of a person, when their password changes.';

select pgrant.isolate('pgrant.first_factors');
select pgrant.expire('pgrant.first_factors');
select pgrant.audited('pgrant.first_factors', '{tenant_id, expires_at, user_id, auth_time, amr}');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('first_factors', '1 day', '3 days', '1 hour');
