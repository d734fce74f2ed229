-- Upstreams: where people sign in with an account that they have elsewhere.

create table pgrant.upstreams (
  tenant_id                   uuid not null references pgrant.tenants on delete cascade,
  -- operator is the source of memberships that no upstream gave.
  name                        text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' and name <> 'operator'),
  kind                        text not null check (kind in ('oidc', 'oauth2', 'discord')),
  title                       text not null check (length(title) between 1 and 100),
  issuer                      text check (issuer ~ '^https?://'),
  authorization_endpoint      text check (authorization_endpoint ~ '^https?://'),
  token_endpoint              text check (token_endpoint ~ '^https?://'),
  userinfo_endpoint           text check (userinfo_endpoint ~ '^https?://'),
  client_id                   text not null check (client_id ~ '^[\x20-\x7E]{1,255}$'),
  token_endpoint_auth_method  text not null default 'client_secret_basic'
    check (token_endpoint_auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
  sealed_secrets              bytea,
  scopes                      text[] not null default '{}',
  settings                    jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  just_in_time                boolean not null default false,
  recheck_interval            integer not null default 3600 check (recheck_interval = 0 or recheck_interval between 60 and 31536000),
  created_at                  timestamptz not null default now(),
  disabled_at                 timestamptz,
  primary key (tenant_id, name),
  constraint upstreams_endpoints check (case kind when 'oidc' then issuer is not null
              else authorization_endpoint is not null and token_endpoint is not null and userinfo_endpoint is not null end),
  constraint upstreams_discord check (kind <> 'discord' or userinfo_endpoint like '%/users/@me'),
  constraint upstreams_secret check (token_endpoint_auth_method = 'none' or sealed_secrets is not null)
);

comment on table pgrant.upstreams is 'Other authorization servers that people of the tenant may sign in with.';
comment on column pgrant.upstreams.name is 'Stands in addresses, and is the source of the group memberships that it gives.';
comment on column pgrant.upstreams.kind is
  'oidc = OpenID Connect provider, found by discovery; oauth2 = plain OAuth 2.0 with an endpoint that tells who the person is; discord = Discord, with its guilds.';
comment on column pgrant.upstreams.title is 'What people know it by: Continue with <title>.';
comment on column pgrant.upstreams.issuer is 'Issuer identifier of an oidc upstream.';
comment on column pgrant.upstreams.userinfo_endpoint is 'Where an access token is exchanged for a JSON object about the person.';
comment on column pgrant.upstreams.client_id is 'What the upstream has registered this tenant as.';
comment on column pgrant.upstreams.sealed_secrets is
  'JSON {client_secret, bot_token}, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.upstreams.scopes is 'What is asked for at the upstream.';
comment on column pgrant.upstreams.settings is
  '{claims: {claim of ours: field of theirs}, roles_claim: the field that lists the person''s roles there, role_groups: {role there: group here}, subteams: {role there: value of the claim subteams}, guild_id: the Discord guild}.';
comment on column pgrant.upstreams.just_in_time is 'Whether an account that nobody has linked makes a new user.';
comment on column pgrant.upstreams.recheck_interval is 'After so long the worker asks the upstream again about a person; 0 = never.';
comment on column pgrant.upstreams.disabled_at is 'Since when nobody signs in with it; the memberships that it gave are gone.';

comment on column pgrant.upstreams.authorization_endpoint is 'Where browsers are sent to sign in; discovered for kind oidc.';
comment on column pgrant.upstreams.token_endpoint is 'Where a code is exchanged; discovered for kind oidc.';
comment on column pgrant.upstreams.token_endpoint_auth_method is 'How this server authenticates there.';

comment on constraint upstreams_name_check on pgrant.upstreams is '1 to 63 lower-case letters, digits and inner hyphens, and not operator';
comment on constraint upstreams_title_check on pgrant.upstreams is 'text of 1 to 100 characters';
comment on constraint upstreams_issuer_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_authorization_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_token_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_userinfo_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_client_id_check on pgrant.upstreams is '1 to 255 characters of ASCII';
comment on constraint upstreams_settings_check on pgrant.upstreams is 'a JSON object';
comment on constraint upstreams_recheck_interval_check on pgrant.upstreams is '0, or a whole number of seconds from 60 to 31536000';
comment on constraint upstreams_endpoints on pgrant.upstreams is 'an upstream of kind oidc needs an issuer, any other authorization_endpoint, token_endpoint and userinfo_endpoint';
comment on constraint upstreams_discord on pgrant.upstreams is 'the userinfo_endpoint of an upstream of kind discord ends in /users/@me';
comment on constraint upstreams_secret on pgrant.upstreams is 'an upstream has a client_secret, unless its token_endpoint_auth_method is none';

create table pgrant.upstream_accounts (
  tenant_id      uuid not null,
  upstream       text not null,
  subject        text not null check (length(subject) between 1 and 255),
  user_id        uuid not null,
  made_user      boolean not null default false,
  profile        jsonb not null default '{}' check (jsonb_typeof(profile) = 'object' and pgrant.claims_fault(profile) is null),
  claims         jsonb not null default '{}' check (jsonb_typeof(claims) = 'object' and pgrant.claims_fault(claims) is null),
  sealed_tokens  bytea,
  created_at     timestamptz not null default now(),
  checked_at     timestamptz,
  check_after    timestamptz not null default 'infinity',
  lost_at        timestamptz,
  last_error     text,
  primary key (tenant_id, upstream, subject),
  unique (tenant_id, user_id, upstream),
  foreign key (tenant_id, upstream) references pgrant.upstreams on delete cascade,
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index upstream_accounts_due on pgrant.upstream_accounts (tenant_id, check_after);

comment on table pgrant.upstream_accounts is
  'Which account of an upstream is which user: made just in time, or linked on purpose; never by e-mail address.';
comment on column pgrant.upstream_accounts.subject is 'The upstream''s lasting identifier of the person: sub, or the id of a Discord user.';
comment on column pgrant.upstream_accounts.made_user is 'The user exists because of this account, and has its profile from it.';
comment on column pgrant.upstream_accounts.profile is 'Standard claims (OpenID Connect Core 5.1) from the upstream; empty where the account was linked to a user.';
comment on column pgrant.upstream_accounts.claims is 'Other claims: roles, subteams, discord_id, discord_username.';
comment on column pgrant.upstream_accounts.sealed_tokens is
  'The upstream''s tokens for the recheck, AES-256-GCM under a key that the database does not have; null where none is needed.';
comment on column pgrant.upstream_accounts.checked_at is 'When the upstream last answered about the person.';
comment on column pgrant.upstream_accounts.check_after is 'When the worker asks again; infinity = it has nothing to ask with.';
comment on column pgrant.upstream_accounts.lost_at is 'Since when the upstream no longer vouches for the person; the memberships that it gave are gone.';
comment on column pgrant.upstream_accounts.last_error is 'Why the last recheck got no answer; what it found before stays.';

create table pgrant.upstream_logins (
  tenant_id           uuid not null,
  state_hash          bytea not null check (length(state_hash) = 32),
  expires_at          timestamptz not null,
  upstream            text not null,
  browser_hash        bytea not null check (length(browser_hash) = 32),
  request_hash        bytea check (length(request_hash) = 32),
  request_expires_at  timestamptz,
  sealed_request      bytea,
  session_id          uuid,
  created_at          timestamptz not null default now(),
  used_at             timestamptz,
  finished_at         timestamptz,
  primary key (tenant_id, state_hash, expires_at),
  -- A sign-in for an authorization request, or a signed-in person who links an account.
  check ((request_hash is null) = (session_id is not null)),
  check ((request_hash is null) = (request_expires_at is null) and (request_hash is null) = (sealed_request is null))
) partition by range (expires_at);

comment on table pgrant.upstream_logins is 'People who are at an upstream at this moment.';
comment on column pgrant.upstream_logins.state_hash is 'SHA-256 of state (RFC 6749 10.12). The PKCE verifier and the nonce are derived from state, and so are not stored.';
comment on column pgrant.upstream_logins.browser_hash is 'SHA-256 of the cookie of the browser that it was begun in.';
comment on column pgrant.upstream_logins.sealed_request is 'The handle of the authorization request, sealed for whoever brings state.';
comment on column pgrant.upstream_logins.session_id is 'The session of the person who links an account.';
comment on column pgrant.upstream_logins.used_at is 'When state came back; it is never taken twice.';
comment on column pgrant.upstream_logins.finished_at is 'When the person was signed in, or the account linked.';

select pgrant.isolate('pgrant.upstreams');
select pgrant.isolate('pgrant.upstream_accounts');
select pgrant.isolate('pgrant.upstream_logins');
select pgrant.expire('pgrant.upstream_logins');

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('upstream_logins', '1 day', '3 days', '1 hour');
