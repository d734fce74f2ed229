-- The kernel: the tenant of the running transaction, isolation as one call per table, and the tenants themselves.

create function pgrant.tenant() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('pgrant.tenant', true), '')::uuid $$;

comment on function pgrant.tenant() is
  'The tenant that the running transaction has entered, or null. After a transaction the setting is '''' and not null.';

create function pgrant.distribute(p_table regclass) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('select create_distributed_table(%L, ''tenant_id'')', p_table);
  end if;
end
$$;

comment on function pgrant.distribute(regclass) is
  'Distributes a tenant table by tenant_id where Citus is installed; does nothing without it.';

create function pgrant.isolate(p_table regclass) returns void
language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('create policy tenant_isolation on %s to pgrant_definer
                    using (tenant_id = pgrant.tenant()) with check (tenant_id = pgrant.tenant())', p_table);
  execute format('grant select, insert, update, delete on %s to pgrant_definer', p_table);
  perform pgrant.distribute(p_table);
end
$$;

comment on function pgrant.isolate(regclass) is
  'Makes a table a tenant table: row-level security enabled and forced, one policy: tenant_id = pgrant.tenant().';

create function pgrant.expire(p_table regclass, p_columns text[] default '{}') returns void
language plpgsql
as $$
declare
  v_expired constant text := '(expires_at at time zone ''UTC'') < (now() at time zone ''UTC'')';
begin
  execute format('create policy expired_seen on %s for select to pgrant_janitor using (%s)', p_table, v_expired);
  execute format('create policy expired_deleted on %s for delete to pgrant_janitor using (%s)', p_table, v_expired);
  -- SELECT … FOR UPDATE asks for the right to update. No row passes the check, so nothing can be changed.
  execute format('create policy expired_locked on %s for update to pgrant_janitor using (%s) with check (false)', p_table, v_expired);
  execute format('grant select (%s), update (expires_at), delete on %s to pgrant_janitor',
                 (select string_agg(quote_ident(c.name), ', ') from unnest(array['ctid', 'tableoid', 'expires_at'] || p_columns) c (name)),
                 p_table);
end
$$;

comment on function pgrant.expire(regclass, text[]) is
  'Lets the janitor find, lock and delete the rows of a table that are past expires_at, of any tenant, and no others; it reads nothing of them but the expiry and p_columns. An index for it is on (expires_at at time zone ''UTC''), which no condition of an auditor can use (see audited).';

revoke execute on function pgrant.tenant(), pgrant.distribute(regclass), pgrant.isolate(regclass), pgrant.expire(regclass, text[])
  from public;
grant execute on function pgrant.tenant() to pgrant_definer;

create table pgrant.partition_plans (
  table_name  text primary key,
  step        interval not null,
  ahead       interval not null,
  retention   interval not null
);

comment on table pgrant.partition_plans is 'Global: how each partitioned table is cut by time.';
comment on column pgrant.partition_plans.table_name is 'Table of schema pgrant, partitioned by range of a timestamptz.';
comment on column pgrant.partition_plans.step is 'Width of one partition.';
comment on column pgrant.partition_plans.ahead is 'How far ahead of now partitions are made: the longest lifetime, and room for a worker that is down.';
comment on column pgrant.partition_plans.retention is 'How long after its upper bound a partition is kept before it is dropped.';

alter table pgrant.partition_plans enable row level security;
alter table pgrant.partition_plans force row level security;
create policy plans_seen on pgrant.partition_plans for select to pgrant_owner, pgrant_janitor, pgrant_definer using (true);
create policy plans_written on pgrant.partition_plans for insert to pgrant_owner with check (true);
-- The rest of the plans is what the lifetimes need.
create policy plans_changed on pgrant.partition_plans for update to pgrant_owner
  using (table_name in ('audit_events', 'audit_seals')) with check (retention >= interval '1 month');
grant select on pgrant.partition_plans to pgrant_janitor, pgrant_definer;

create function pgrant.host_fault(p_host text) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  if p_host !~ '^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:(0|[1-9][0-9]{0,4}))?$' then
    return 'has a host that is not a plain lower-case name or address';
  elsif coalesce(substring(p_host from ':([0-9]+)$')::integer, 0) > 65535 and p_host !~ '\]$' then
    return 'has a port above 65535';
  -- What ends in a number is an address to every parser of URLs, and in its normal form is written as PostgreSQL writes it.
  elsif p_host ~ '^\[' and format('[%s]', host(substring(p_host from '^\[(.*)\]')::inet)) <> substring(p_host from '^\[.*\]')
     or p_host ~ '(^|\.)([0-9]+|0x[0-9a-f]*)(:[0-9]+)?$' and host(split_part(p_host, ':', 1)::inet) <> split_part(p_host, ':', 1) then
    return 'has an address that is not in its normal form';
  end if;
  return null;
exception
  when invalid_text_representation then
    return 'has an address that is none';
end
$$;

comment on function pgrant.host_fault(text) is 'Why this cannot be the host of an issuer, with the port where it is not the scheme''s own; null = it can.';

create function pgrant.issuer_fault(p_issuer text, p_host text, p_path text) returns text
language sql immutable parallel safe
return case
  when p_issuer is null or p_host is null or p_path is null then 'is not there'
  when length(p_issuer) > 255 then 'is longer than 255 characters'
  when p_issuer not in ('https://' || p_host || p_path, 'http://' || p_host || p_path) then 'is not the URL of its host and path'
  when pgrant.host_fault(p_host) is not null then pgrant.host_fault(p_host)
  when p_issuer ~ '^(https://[^/]*:443|http://[^/]*:80)(/|$)' then 'has a port that is the scheme''s own'
  when p_issuer ~ '^http:' and p_host !~ '^(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?$' then
    'is not https: http is for loopback hosts only (RFC 8414 2)'
  when p_path !~ '^(/[A-Za-z0-9._~-]+)*$' then 'has a path that is not of plain segments, or ends in a slash'
  when p_path ~* '/(\.{1,2}|\.well-known|oauth)(/|$)' then 'has a segment in its path that is reserved'
end;

comment on function pgrant.issuer_fault(text, text, text) is
  'Why a URL, with its host and path, cannot be an issuer (RFC 8414 2, OpenID Connect Discovery 3): the twin of src/protocol/issuer.ts; null = it can.';

revoke execute on function pgrant.host_fault(text), pgrant.issuer_fault(text, text, text) from public;
grant execute on function pgrant.host_fault(text), pgrant.issuer_fault(text, text, text) to pgrant_definer;

create table pgrant.issuers (
  tenant_id    uuid primary key,
  name         text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  issuer       text not null,
  title        text not null,
  host         text not null,
  path         text not null,
  disabled_at  timestamptz,
  check (pgrant.issuer_fault(issuer, host, path) is null)
);

-- Expressions, so that no condition of an auditor can use them and tell who else is here (see pgrant.audited).
create unique index issuers_name on pgrant.issuers ((name || ''));
create unique index issuers_issuer on pgrant.issuers ((issuer || ''));
create unique index issuers_host_path on pgrant.issuers ((host || ''), path);

comment on table pgrant.issuers is 'Global catalogue: which tenant answers under which host and path. Read, never written, by pgrant_api.';
comment on column pgrant.issuers.name is 'The operator''s short name of the tenant.';
comment on column pgrant.issuers.issuer is 'Issuer identifier (RFC 8414 2): the URL, byte for byte as published.';
comment on column pgrant.issuers.title is 'The name that people see on the pages; the twin of pgrant.tenants.title.';
comment on column pgrant.issuers.host is 'Host of the issuer, lower case, with the port where it is not the scheme''s own.';
comment on column pgrant.issuers.path is 'Path of the issuer, '''' for none; never ends in a slash.';
comment on column pgrant.issuers.disabled_at is 'Since when every endpoint of the tenant refuses; the twin of pgrant.tenants.disabled_at.';

comment on constraint issuers_name_check on pgrant.issuers is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint issuers_check on pgrant.issuers is 'an issuer is an https URL (http for loopback hosts) of its host and path, in their normal form (RFC 8414 2)';

alter table pgrant.issuers enable row level security;
alter table pgrant.issuers force row level security;
create policy catalogue on pgrant.issuers to pgrant_definer using (true) with check (true);
grant select, insert, update, delete on pgrant.issuers to pgrant_definer;

create table pgrant.tenants (
  tenant_id               uuid primary key,
  name                    text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  title                   text not null,
  issuer                  text not null,
  audience                text check (length(audience) between 1 and 512),
  code_lifetime           integer not null default 60 check (code_lifetime between 1 and 600),
  request_lifetime        integer not null default 600 check (request_lifetime between 60 and 3600),
  access_token_format     text not null default 'jwt' check (access_token_format in ('jwt', 'opaque')),
  access_token_alg        text not null default 'ES256' check (access_token_alg in ('ES256', 'RS256')),
  access_token_typ        text not null default 'at+jwt' check (access_token_typ in ('at+jwt', 'JWT')),
  access_token_lifetime   integer not null default 900 check (access_token_lifetime between 1 and 86400),
  id_token_lifetime       integer not null default 3600 check (id_token_lifetime between 1 and 86400),
  refresh_idle_lifetime   integer not null default 2592000 check (refresh_idle_lifetime between 1 and 157680000),
  refresh_lifetime        integer not null default 31536000 check (refresh_lifetime between 1 and 157680000),
  replay_window           integer not null default 60 check (replay_window between 0 and 600),
  require_pkce            boolean not null default true,
  consent_lifetime        integer not null default 2592000 check (consent_lifetime between 0 and 1576800000),
  session_lifetime        integer not null default 43200 check (session_lifetime between 60 and 2592000),
  session_idle_lifetime   integer not null default 28800 check (session_idle_lifetime between 60 and 2592000),
  login_failure_limit     integer not null default 10 check (login_failure_limit between 1 and 1000),
  login_failure_window    integer not null default 900 check (login_failure_window between 1 and 86400),
  key_rotation_interval   integer not null default 7776000 check (key_rotation_interval between 3600 and 63072000),
  key_publish_lead        integer not null default 86400 check (key_publish_lead between 120 and 604800),
  decoy_salt              bytea not null check (length(decoy_salt) = 32),
  created_at              timestamptz not null default now(),
  disabled_at             timestamptz
);

comment on table pgrant.tenants is 'One row per tenant: its policy. Lifetimes are in seconds.';
comment on column pgrant.tenants.title is 'The name that people see on the pages.';
comment on column pgrant.tenants.audience is 'The aud of access tokens (RFC 9068 3); null = the issuer.';
comment on column pgrant.tenants.code_lifetime is 'For so long an authorization code is good.';
comment on column pgrant.tenants.request_lifetime is 'For so long an authorization request is good, while the person signs in.';
comment on column pgrant.tenants.access_token_lifetime is 'For so long an access token is good.';
comment on column pgrant.tenants.id_token_lifetime is 'For so long an ID token is good.';
comment on column pgrant.tenants.refresh_idle_lifetime is 'A refresh token that is not used for so long dies; each use starts it anew.';
comment on column pgrant.tenants.refresh_lifetime is 'A refresh token and its successors die after so long, however often they are used.';
comment on column pgrant.tenants.access_token_format is 'Of access tokens whose resource and client say nothing else; so are alg and lifetime.';
comment on column pgrant.tenants.access_token_alg is 'What JWT access tokens are signed by (RFC 7518 3.1).';
comment on column pgrant.tenants.access_token_typ is 'typ of JWT access tokens (RFC 9068 2.1), unless their resource says otherwise; JWT is for resource servers that refuse at+jwt.';
comment on column pgrant.tenants.require_pkce is 'Whether confidential clients that are made from now on have to send a code_challenge (RFC 7636); public clients always have to.';
comment on column pgrant.tenants.replay_window is 'For so long a superseded refresh token gets the same successor again; 0 = never.';
comment on column pgrant.tenants.consent_lifetime is 'For so long a consent is remembered; 0 = it never expires.';
comment on column pgrant.tenants.session_lifetime is 'For so long a person stays signed in.';
comment on column pgrant.tenants.session_idle_lifetime is 'A session that is not used for so long ends.';
comment on column pgrant.tenants.login_failure_limit is 'How many logins may fail per username and address prefix within login_failure_window.';
comment on column pgrant.tenants.login_failure_window is 'For so long a failed login counts.';
comment on column pgrant.tenants.key_rotation_interval is 'A signing key signs for so long before the next one does.';
comment on column pgrant.tenants.key_publish_lead is 'A new signing key is in the JWKS for so long before it signs.';
comment on column pgrant.tenants.decoy_salt is 'Makes the salt shown for an unknown username stable.';

-- What a setting may be, in words: pgrant_ops.setting_list() shows them, and a refusal says them.
comment on constraint tenants_name_check on pgrant.tenants is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint tenants_audience_check on pgrant.tenants is 'text of 1 to 512 characters';
comment on constraint tenants_code_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 600';
comment on constraint tenants_request_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 3600';
comment on constraint tenants_access_token_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_id_token_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_refresh_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 157680000';
comment on constraint tenants_refresh_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 157680000';
comment on constraint tenants_replay_window_check on pgrant.tenants is 'a whole number of seconds from 0 to 600';
comment on constraint tenants_consent_lifetime_check on pgrant.tenants is 'a whole number of seconds from 0 to 1576800000';
comment on constraint tenants_session_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 2592000';
comment on constraint tenants_session_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 2592000';
comment on constraint tenants_login_failure_limit_check on pgrant.tenants is 'a whole number from 1 to 1000';
comment on constraint tenants_login_failure_window_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_key_rotation_interval_check on pgrant.tenants is 'a whole number of seconds from 3600 to 63072000';
comment on constraint tenants_key_publish_lead_check on pgrant.tenants is 'a whole number of seconds from 120 to 604800';

select pgrant.isolate('pgrant.tenants');

-- What the checks allow, the metadata publish and the command line takes: one list of each, read by the generator.
create function pgrant.signing_algs() returns text[]
language sql immutable parallel safe
as $$ select array['RS256', 'ES256'] $$;

comment on function pgrant.signing_algs() is 'The algorithms by which the server signs tokens (RFC 7518 3.1).';

revoke execute on function pgrant.signing_algs() from public;
-- Whoever reads a table evaluates what is constant in its checks.
grant execute on function pgrant.signing_algs() to pgrant_definer, pgrant_janitor, pgrant_sealer, pgrant_auditor;

create table pgrant.signing_keys (
  tenant_id       uuid not null references pgrant.tenants on delete cascade,
  kid             text not null,
  alg             text not null check (alg = any (pgrant.signing_algs())),
  public_jwk      jsonb not null check (not public_jwk ?| array['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']),
  sealed_private  bytea not null,
  created_at      timestamptz not null default now(),
  active_at       timestamptz not null,
  expires_at      timestamptz not null default 'infinity',
  primary key (tenant_id, kid)
);

comment on table pgrant.signing_keys is 'Signing keys: published from created_at, signing from active_at until a younger one is active, published until expires_at.';
comment on column pgrant.signing_keys.sealed_private is 'Private half, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.signing_keys.expires_at is 'When the last token that it signed is dead: infinity until a successor is published.';

select pgrant.isolate('pgrant.signing_keys');
select pgrant.expire('pgrant.signing_keys');
create index signing_keys_expires_at on pgrant.signing_keys (tenant_id, expires_at);

create table pgrant.scopes (
  tenant_id    uuid not null references pgrant.tenants on delete cascade,
  scope        text not null check (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,128}$'),
  title        text not null,
  description  text not null default '',
  sensitive    boolean not null default false,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, scope)
);

comment on table pgrant.scopes is 'What may be asked for at a tenant, in words for people.';
comment on column pgrant.scopes.scope is 'scope-token (RFC 6749 3.3).';
comment on column pgrant.scopes.sensitive is 'Shown with a warning at consent.';

comment on constraint scopes_scope_check on pgrant.scopes is 'a scope-token (RFC 6749 3.3): 1 to 128 visible characters of ASCII without quotation mark and backslash';

select pgrant.isolate('pgrant.scopes');
