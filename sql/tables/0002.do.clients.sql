-- Clients, their secrets, and the people.

create function pgrant.redirect_uris_sound(p_uris text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (
    select from unnest(p_uris) u (uri)
     where not (u.uri ~ '^https://[^/?#@\\\s]+([/?]|$)'
                or u.uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?([/?]|$)'
                or u.uri ~ '^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+:/')
        or u.uri ~ '[#\s\\*]'
        or length(u.uri) > 2048)
$$;

comment on function pgrant.redirect_uris_sound(text[]) is
  'Whether codes may be sent to each of the URIs: https, http on a loopback host, or a private-use scheme (RFC 8252 7); no fragment, credentials, wildcard or white space (RFC 9700 4.1).';

revoke execute on function pgrant.redirect_uris_sound(text[]) from public;
grant execute on function pgrant.redirect_uris_sound(text[]) to pgrant_definer;

create function pgrant.grant_types() returns text[]
language sql immutable parallel safe
as $$ select array['authorization_code', 'refresh_token', 'client_credentials'] $$;

comment on function pgrant.grant_types() is 'The grant types of the token endpoint (RFC 6749 1.3).';

create function pgrant.auth_methods() returns text[]
language sql immutable parallel safe
as $$ select array['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] $$;

comment on function pgrant.auth_methods() is
  'How clients authenticate (token_endpoint_auth_method of RFC 7591 2); none = a public client, which does not.';

create function pgrant.client_algs() returns text[]
language sql immutable parallel safe
as $$ select array['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] $$;

comment on function pgrant.client_algs() is 'The algorithms by which clients sign (RFC 7518 3.1, RFC 9864).';

revoke execute on function pgrant.grant_types(), pgrant.auth_methods(), pgrant.client_algs() from public;
grant execute on function pgrant.grant_types(), pgrant.auth_methods(), pgrant.client_algs()
  to pgrant_definer, pgrant_janitor, pgrant_sealer, pgrant_auditor;
create function pgrant.origins_sound(p_origins text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (
    select from unnest(p_origins) o (origin)
     where (o.origin ~ '^[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$'
            and o.origin !~ '^(http://.*:80|https://.*:443)$'
            and length(o.origin) <= 300) is not true)
$$;

comment on function pgrant.origins_sound(text[]) is
  'Whether each is an origin as browsers write it (RFC 6454 6.2): scheme and host in lower case, no path, no port that the scheme means anyway; a packaged application''s own scheme is one.';

revoke execute on function pgrant.origins_sound(text[]) from public;
grant execute on function pgrant.origins_sound(text[]) to pgrant_definer;

create table pgrant.clients (
  tenant_id                   uuid not null references pgrant.tenants on delete cascade,
  client_id                   text not null check (client_id ~ '^[\x21-\x7E]{1,255}$'),
  name                        text not null,
  token_endpoint_auth_method  text not null default 'client_secret_basic'
    check (token_endpoint_auth_method = any (pgrant.auth_methods())),
  application_type            text not null default 'web' check (application_type in ('web', 'native')),
  redirect_uris               text[] not null default '{}' check (pgrant.redirect_uris_sound(redirect_uris)),
  post_logout_redirect_uris   text[] not null default '{}',
  allowed_origins             text[] not null default '{}' check (pgrant.origins_sound(allowed_origins)),
  grant_types                 text[] not null default '{authorization_code,refresh_token}'
    check (grant_types <@ pgrant.grant_types()),
  scopes                      text[],
  consent                     text not null default 'remember' check (consent in ('remember', 'assured', 'always', 'never')),
  require_pkce                boolean not null default true,
  access_token_format         text check (access_token_format in ('jwt', 'opaque')),
  access_token_alg            text check (access_token_alg = any (pgrant.signing_algs())),
  id_token_alg                text not null default 'RS256' check (id_token_alg = any (pgrant.signing_algs())),
  id_token_claims             boolean not null default false,
  access_token_lifetime       integer check (access_token_lifetime between 1 and 86400),
  id_token_lifetime           integer check (id_token_lifetime between 1 and 86400),
  refresh_idle_lifetime       integer check (refresh_idle_lifetime between 1 and 157680000),
  refresh_lifetime            integer check (refresh_lifetime between 1 and 157680000),
  replay_window               integer check (replay_window between 0 and 600),
  consent_lifetime            integer check (consent_lifetime between 0 and 1576800000),
  identity_changed_at         timestamptz not null default now(),
  created_at                  timestamptz not null default now(),
  disabled_at                 timestamptz,
  primary key (tenant_id, client_id),
  -- RFC 6749 4.4: client credentials are for confidential clients only.
  constraint clients_machine check (token_endpoint_auth_method <> 'none' or not 'client_credentials' = any (grant_types)),
  -- RFC 7636, OAuth 2.1 7.5.1: nothing waives PKCE for a public client.
  constraint clients_pkce check (token_endpoint_auth_method <> 'none' or require_pkce),
  constraint clients_redirects check (not 'authorization_code' = any (grant_types) or cardinality(redirect_uris) > 0)
);

comment on table pgrant.clients is 'Applications that may ask for tokens. A null lifetime, format or alg means the tenant''s.';
comment on column pgrant.clients.name is 'The name that people see at consent.';
comment on column pgrant.clients.token_endpoint_auth_method is 'How the client authenticates; none = a public client.';
comment on column pgrant.clients.application_type is 'native = runs on the person''s device (RFC 8252).';
comment on column pgrant.clients.redirect_uris is 'Where codes may be sent.';
comment on column pgrant.clients.post_logout_redirect_uris is 'Where browsers may go after logout.';
comment on column pgrant.clients.grant_types is 'What the client may use at the token endpoint.';
comment on column pgrant.clients.allowed_origins is
  'Web origins whose programs may read what the token endpoint and its neighbours answer (CORS), besides those of redirect_uris.';
comment on column pgrant.clients.scopes is 'What the client may ask for; null = every scope of the tenant.';
comment on column pgrant.clients.consent is 'remember = asked again only for more or after consent_lifetime; assured = so, where the client authenticates or the redirect URI is https, and each time where any program could be it (RFC 8252 8.6); always = asked each time; never = a first-party client.';
comment on column pgrant.clients.identity_changed_at is
  'When what people decide by last changed: the name, a page, the policy, the logo, a new redirect URI or key, how it authenticates. Consents from before are asked for again.';
comment on column pgrant.clients.require_pkce is
  'False lets a confidential client off PKCE: nothing but its own nonce then tells an injected code (RFC 9700 2.1.1).';
comment on column pgrant.clients.id_token_claims is
  'Whether the claims that the scopes ask for are in the ID token too, for clients that never ask userinfo (OpenID Connect Core 5.4).';
comment on column pgrant.clients.access_token_format is 'jwt = a signed token (RFC 9068); opaque = one that is introspected; null = the tenant''s.';
comment on column pgrant.clients.access_token_alg is 'How access tokens are signed; null = as the tenant says.';
comment on column pgrant.clients.id_token_alg is 'How ID tokens are signed.';
comment on column pgrant.clients.access_token_lifetime is 'For so long an access token is good; null = the tenant''s.';
comment on column pgrant.clients.id_token_lifetime is 'For so long an ID token is good; null = the tenant''s.';
comment on column pgrant.clients.refresh_idle_lifetime is 'A refresh token that is not used for so long dies; null = the tenant''s.';
comment on column pgrant.clients.refresh_lifetime is 'A refresh token and its successors die after so long; null = the tenant''s.';
comment on column pgrant.clients.replay_window is 'For so long a superseded refresh token gets the same successor again; null = the tenant''s.';
comment on column pgrant.clients.consent_lifetime is 'For so long a consent is remembered; null = the tenant''s.';
comment on column pgrant.clients.disabled_at is 'Since when everything that the client has is refused.';

-- Where a check has a list of values its words are that list.
comment on constraint clients_redirect_uris_check on pgrant.clients is 'a list of redirect URIs: https, http on a loopback host, or an application''s own scheme (RFC 8252 7); without fragment, credentials or wildcard';
comment on constraint clients_allowed_origins_check on pgrant.clients is 'a list of web origins as browsers write them: scheme, host and port, without a path';
comment on constraint clients_access_token_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 86400';
comment on constraint clients_id_token_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 86400';
comment on constraint clients_refresh_idle_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 157680000';
comment on constraint clients_refresh_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 157680000';
comment on constraint clients_replay_window_check on pgrant.clients is 'a whole number of seconds from 0 to 600';
comment on constraint clients_consent_lifetime_check on pgrant.clients is 'a whole number of seconds from 0 to 1576800000';
comment on constraint clients_machine on pgrant.clients is 'a client that cannot authenticate (token_endpoint_auth_method none) may not have the grant type client_credentials (RFC 6749 4.4)';
comment on constraint clients_pkce on pgrant.clients is 'a public client (token_endpoint_auth_method none) must have require_pkce (OAuth 2.1 7.5.1)';
comment on constraint clients_redirects on pgrant.clients is 'a client with the grant type authorization_code needs a redirect URI';

comment on constraint clients_client_id_check on pgrant.clients is '1 to 255 visible characters of ASCII';

select pgrant.isolate('pgrant.clients');

create table pgrant.client_secrets (
  tenant_id    uuid not null,
  client_id    text not null,
  secret_id    uuid not null default gen_random_uuid(),
  secret_hash  bytea not null check (length(secret_hash) = 32),
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null default 'infinity',
  primary key (tenant_id, client_id, secret_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.client_secrets is 'Live secrets of confidential clients; several at once, so that a secret can be replaced without an outage.';
comment on column pgrant.client_secrets.secret_hash is 'SHA-256 of 256 random bits.';

select pgrant.isolate('pgrant.client_secrets');
select pgrant.expire('pgrant.client_secrets');

create function pgrant.claims_fault(p_claims jsonb) returns text
language sql immutable parallel safe
as $$
  select format('the claim %s is no %s', c.key, c.type)
    from (select k.key, k.value, case
                   when k.key in ('email_verified', 'phone_number_verified') then 'boolean'
                   when k.key = 'updated_at' then 'number'
                   when k.key = 'address' then 'object'
                   when k.key in ('sub', 'name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username',
                                  'profile', 'picture', 'website', 'email', 'gender', 'birthdate', 'zoneinfo', 'locale',
                                  'phone_number') then 'string'
                 end as type
            from jsonb_each(case when jsonb_typeof(p_claims) = 'object' then p_claims end) k) c
   where jsonb_typeof(c.value) not in (c.type, 'null')
      or c.key = 'address' and jsonb_path_exists(c.value, '$.* ? (@.type() != "string" && @.type() != "null")')
   order by c.key
   limit 1
$$;

comment on function pgrant.claims_fault(jsonb) is
  'Which standard claim is of another type than OpenID Connect Core 5.1 gives it (of an address, its members too); null = none.';

revoke execute on function pgrant.claims_fault(jsonb) from public;
grant execute on function pgrant.claims_fault(jsonb) to pgrant_definer;

create table pgrant.users (
  tenant_id        uuid not null references pgrant.tenants on delete cascade,
  user_id          uuid not null default gen_random_uuid(),
  username         text not null check (length(username) between 1 and 255),
  claims           jsonb not null default '{}' check (jsonb_typeof(claims) = 'object' and pgrant.claims_fault(claims) is null),
  password_salt    bytea,
  password_params  jsonb,
  password_hash    bytea check (length(password_hash) = 32),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  disabled_at      timestamptz,
  primary key (tenant_id, user_id)
);

create unique index users_username on pgrant.users (tenant_id, lower(username));

comment on table pgrant.users is 'People who can sign in.';
comment on column pgrant.users.user_id is 'The sub of their tokens.';
comment on column pgrant.users.claims is 'Standard claims (OpenID Connect Core 5.1) as they leave at userinfo.';
comment on column pgrant.users.password_params is 'Argon2id parameters (RFC 9106): m in KiB, t, p.';
comment on column pgrant.users.password_hash is 'SHA-256 of the Argon2id key, which only the web process derives.';
comment on column pgrant.users.updated_at is 'When claims last changed (updated_at of OpenID Connect Core 5.1).';

comment on constraint users_username_check on pgrant.users is 'text of 1 to 255 characters';
comment on constraint users_claims_check on pgrant.users is 'a JSON object';

select pgrant.isolate('pgrant.users');
