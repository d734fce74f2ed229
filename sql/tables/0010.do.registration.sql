-- Clients that register themselves (RFC 7591, RFC 7592), and what bounds them.

alter table pgrant.tenants
  add column registration text not null default 'closed' check (registration in ('closed', 'token', 'open')),
  add column registration_quota integer not null default 1000 check (registration_quota between 0 and 1000000),
  add column registration_rate integer not null default 20 check (registration_rate between 1 and 1000000),
  -- Uses are noted once a day: a shorter one would kill clients that are used.
  add column registered_idle_lifetime integer not null default 7776000
    check (registered_idle_lifetime between 172800 and 157680000),
  add column registered_consent text not null default 'assured' check (registered_consent in ('remember', 'assured', 'always')),
  add column software_statement_issuers jsonb not null default '{}'
    check (jsonb_typeof(software_statement_issuers) = 'object');

comment on column pgrant.tenants.registration is
  'Who may register a client: nobody (closed), who has an initial access token (token), anybody (open).';
comment on column pgrant.tenants.registration_quota is 'How many clients that registered themselves may live at once.';
comment on column pgrant.tenants.registration_rate is
  'Registrations without an initial access token in an hour, per address (IPv4) or /64 (IPv6).';
comment on column pgrant.tenants.registered_idle_lifetime is
  'A client that registered itself, and by which nobody was sent here and which got no token for so long, is removed.';
comment on column pgrant.tenants.registered_consent is
  'The consent (see pgrant.clients) of clients that register themselves or come from a document, from then on.';
comment on column pgrant.tenants.software_statement_issuers is
  'Whose software statements (RFC 7591 2.3) are believed: {issuer: JWK set}. {} = nobody''s.';

comment on constraint tenants_registration_quota_check on pgrant.tenants is 'a whole number from 0 to 1000000';
comment on constraint tenants_registration_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_registered_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 172800 to 157680000';
comment on constraint tenants_software_statement_issuers_check on pgrant.tenants is 'a JSON object such as {"https://statements.example": {"keys": […]}}';

alter table pgrant.clients
  add column client_uri text,
  add column logo_uri text,
  add column tos_uri text,
  add column policy_uri text,
  add column contacts text[],
  add column software_id text,
  add column software_version text,
  add column default_max_age integer check (default_max_age >= 0),
  add column require_auth_time boolean,
  add column initiate_login_uri text check (initiate_login_uri like 'https://%'),
  add column jwks jsonb,
  add column jwks_uri text check (jwks_uri like 'https://%'),
  add column registered jsonb,
  add column registered_at timestamptz,
  add column registered_from cidr,
  add column registration_token_hash bytea check (length(registration_token_hash) = 32),
  add column left_out jsonb check (jsonb_typeof(left_out) = 'object'),
  add column requested_at timestamptz,
  add column last_used_at timestamptz,
  add column expires_at timestamptz,
  add constraint clients_jwks check (jwks is null or jwks_uri is null),
  add constraint clients_registered check ((registered_at is null) = (expires_at is null)
                                           and (registered_at is null) = (registration_token_hash is null));

comment on constraint clients_jwks on pgrant.clients is 'a client has jwks or jwks_uri, not both';

comment on column pgrant.clients.client_uri is 'Home page of the application.';
comment on column pgrant.clients.logo_uri is 'Echoed; never loaded by a page of ours, whose policy allows no foreign image.';
comment on column pgrant.clients.default_max_age is 'max_age of requests that do not say (OpenID Connect Registration 2).';
comment on column pgrant.clients.require_auth_time is 'Echoed: auth_time is in every ID token.';
comment on column pgrant.clients.initiate_login_uri is 'Where a third party may start a sign-in (OpenID Connect Core 4).';
comment on column pgrant.clients.registered is 'Registered metadata that have no column and change nothing here; echoed.';
comment on column pgrant.clients.registered_at is 'Set on a client that registered itself: when.';
comment on column pgrant.clients.registered_from is 'From which address (IPv4) or /64 (IPv6) it registered.';
comment on column pgrant.clients.registration_token_hash is 'SHA-256 of the registration access token (RFC 7592 1.3).';
comment on column pgrant.clients.left_out is
  'Redirect URIs and scopes that it asked for when it registered, or its document, and does not have (RFC 7591 3.2.1): {value: rule}. Told to whoever asks for one of them.';
comment on column pgrant.clients.requested_at is 'When a person was last sent here by a client that registered itself, to the day.';
comment on column pgrant.clients.last_used_at is 'When a client that registered itself last got a token, to the day.';
comment on column pgrant.clients.expires_at is
  'Until when a client that registered itself lives: an hour where nobody is ever sent here by it, then registered_idle_lifetime from each use. Null = for ever.';

create index clients_registered_live on pgrant.clients (tenant_id, expires_at) where registered_at is not null;
create index clients_expires_at on pgrant.clients ((expires_at at time zone 'UTC')) where registered_at is not null;

-- A client without an expiry is no business of the janitor's: null is not less than now().
select pgrant.expire('pgrant.clients', array['tenant_id', 'client_id', 'registered_at', 'disabled_at']);

create table pgrant.registration_tokens (
  tenant_id       uuid not null references pgrant.tenants on delete cascade,
  token_id        uuid not null default gen_random_uuid(),
  token_hash      bytea not null check (length(token_hash) = 32),
  name            text not null,
  uses_left       integer check (uses_left >= 0),
  used            integer not null default 0,
  machine_scopes  text[],
  created_at      timestamptz not null default now(),
  last_used_at    timestamptz,
  expires_at      timestamptz not null default 'infinity',
  primary key (tenant_id, token_id)
);

create unique index registration_tokens_hash on pgrant.registration_tokens (tenant_id, token_hash);

comment on table pgrant.registration_tokens is 'Initial access tokens (RFC 7591 1.2): who has one may register clients.';
comment on column pgrant.registration_tokens.token_hash is 'SHA-256 of 256 random bits.';
comment on column pgrant.registration_tokens.uses_left is 'How many more clients it may register; null = any number.';
comment on column pgrant.registration_tokens.machine_scopes is
  'The scopes that its clients may have for themselves, by client_credentials; null = they may not use that grant.';

comment on constraint registration_tokens_uses_left_check on pgrant.registration_tokens is 'a whole number from 0';

select pgrant.isolate('pgrant.registration_tokens');
select pgrant.expire('pgrant.registration_tokens');

comment on table pgrant.login_failures is
  'Counters in windows that end at expires_at: failed logins per username and address prefix, per username, and per address prefix; registrations per address prefix.';
