-- Clients that prove who they are by a signature (RFC 7523 2.2): their keys, and the signatures that have been used.

create function pgrant.jwks_sound(p_jwks jsonb) returns boolean
language sql immutable parallel safe
as $$
  select case when jsonb_typeof(p_jwks -> 'keys') = 'array'
              then jsonb_array_length(p_jwks -> 'keys') <= 20
               and octet_length(p_jwks::text) <= 20480
               and not jsonb_path_exists(p_jwks, '$.keys[*] ? (exists (@.d) || exists (@.p) || exists (@.q) || exists (@.k))')
              else false end
$$;

comment on function pgrant.jwks_sound(jsonb) is
  'Whether it is a JWK set (RFC 7517 5) of at most 20 keys in 20 KiB that holds no private and no symmetric key.';

revoke execute on function pgrant.jwks_sound(jsonb) from public;
grant execute on function pgrant.jwks_sound(jsonb) to pgrant_definer;

alter table pgrant.tenants
  add column assertion_audience text not null default 'issuer' check (assertion_audience in ('issuer', 'token_endpoint')),
  add column assertion_lifetime integer not null default 600 check (assertion_lifetime between 60 and 86400);

comment on column pgrant.tenants.assertion_audience is
  'The aud of private_key_jwt, of clients that registered themselves too: issuer = the issuer alone (RFC 10070); token_endpoint = the URL of the token endpoint will do as well.';
comment on column pgrant.tenants.assertion_lifetime is 'For how many seconds from now an assertion may be good at most; its jti is remembered for as long.';

alter table pgrant.clients
  drop constraint clients_jwks_uri_check,
  add constraint clients_jwks_uri_check
    check (jwks_uri ~ '^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$))' and length(jwks_uri) <= 2048),
  add column token_endpoint_auth_signing_alg text
    check (token_endpoint_auth_signing_alg = any (pgrant.client_algs())),
  add column assertion_audience text check (assertion_audience in ('issuer', 'token_endpoint')),
  add column assertion_lifetime integer check (assertion_lifetime between 60 and 86400),
  add constraint clients_jwks_sound check (jwks is null or pgrant.jwks_sound(jwks)),
  add constraint clients_keys
    check (token_endpoint_auth_method <> 'private_key_jwt' or jwks is not null or jwks_uri is not null);

comment on column pgrant.clients.jwks is 'JWK set (RFC 7517) with the public keys by which the client signs private_key_jwt.';
comment on column pgrant.clients.jwks_uri is
  'Where that JWK set is instead; https, or http on a loopback host (fetched by a server on a loopback address only).';
comment on column pgrant.clients.token_endpoint_auth_signing_alg is
  'The one alg (RFC 7518 3.1, RFC 9864) by which the client signs private_key_jwt; null = any of them.';
comment on column pgrant.clients.assertion_audience is 'The same for this client; null = the tenant''s.';
comment on column pgrant.clients.assertion_lifetime is 'The same for this client; null = the tenant''s.';

comment on constraint clients_jwks_uri_check on pgrant.clients is 'an https URL (http on a loopback host) of at most 2048 characters';
comment on constraint clients_jwks_sound on pgrant.clients is 'a JWK set (RFC 7517) of at most 20 public keys in 20 KiB';
comment on constraint clients_keys on pgrant.clients is 'a client with token_endpoint_auth_method private_key_jwt needs jwks or jwks_uri';

create table pgrant.client_key_sets (
  tenant_id    uuid not null,
  client_id    text not null,
  jwks_uri     text not null,
  claimed_at   timestamptz not null,
  settled_at   timestamptz,
  jwks         jsonb check (jwks is null or pgrant.jwks_sound(jwks)),
  fetched_at   timestamptz,
  fresh_until  timestamptz,
  last_error   text,
  primary key (tenant_id, client_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  check ((jwks is null) = (fetched_at is null))
);

comment on table pgrant.client_key_sets is 'What clients'' jwks_uri answered. A copy is good only while the client''s jwks_uri is the one here.';
comment on column pgrant.client_key_sets.claimed_at is 'When a web process last set out to fetch; the next may do so 30 seconds later.';
comment on column pgrant.client_key_sets.settled_at is 'When that process was back, with or without an answer; null = it is under way.';
comment on column pgrant.client_key_sets.jwks is 'The usable public keys of the last good answer; null = there has been none.';
comment on column pgrant.client_key_sets.fetched_at is 'When that answer came.';
comment on column pgrant.client_key_sets.fresh_until is 'Until when it is used without asking again; while the host is down it is used for longer.';
comment on column pgrant.client_key_sets.last_error is 'Why the last fetch gave nothing; null where it gave an answer.';

select pgrant.isolate('pgrant.client_key_sets');

create table pgrant.client_assertions (
  tenant_id   uuid not null,
  client_id   text not null,
  jti_hash    bytea not null check (length(jti_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, client_id, jti_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.client_assertions is 'Signatures of private_key_jwt that have been used (jti, RFC 7523 3), until no other with the same jti could be good.';
comment on column pgrant.client_assertions.jti_hash is 'SHA-256 of the jti.';

select pgrant.isolate('pgrant.client_assertions');
select pgrant.expire('pgrant.client_assertions');

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('client_assertions', '1 day', '3 days', '1 hour');
