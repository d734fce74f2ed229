-- The host product's own login: a challenge goes out with the browser, an answer comes from the product.

alter table pgrant.tenants add column login_url text
  check (login_url ~ '^(https://[a-z0-9][a-z0-9.-]*|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?([/?]|$)'
         and length(login_url) <= 2000 and login_url ~ '^[\x21\x24-\x7E]+$');
alter table pgrant.tenants add column login_issuer text check (length(login_issuer) between 1 and 512);
alter table pgrant.tenants add column login_jwks jsonb check (
  login_jwks ? 'keys'
  and jsonb_typeof(login_jwks -> 'keys') = 'array'
  and jsonb_array_length(login_jwks -> 'keys') <= 20
  and not jsonb_path_exists(login_jwks, '$.keys[*] ? (exists (@.d) || exists (@.p) || exists (@.q) || exists (@.k))'));

comment on column pgrant.tenants.login_url is 'The product''s own login page, to which browsers are sent instead of the one of pgrant; https, or http on a loopback host. Null = pgrant asks for the password.';
comment on column pgrant.tenants.login_issuer is 'The iss of the product''s signed answers; the origin of login_url where null.';
comment on column pgrant.tenants.login_jwks is 'JWK set (RFC 7517) with the public keys of the product''s signed answers; null = the product answers by SQL only.';

comment on constraint tenants_login_url_check on pgrant.tenants is 'an https URL (http on a loopback host) of at most 2000 characters, without fragment';
comment on constraint tenants_login_issuer_check on pgrant.tenants is 'text of 1 to 512 characters';
comment on constraint tenants_login_jwks_check on pgrant.tenants is 'a JWK set (RFC 7517) of at most 20 public keys';

alter table pgrant.users add column external_subject text check (length(external_subject) between 1 and 255);
comment on constraint users_external_subject_check on pgrant.users is 'text of 1 to 255 characters';

create unique index users_external_subject on pgrant.users (tenant_id, external_subject) where external_subject is not null;

comment on column pgrant.users.external_subject is 'What the product calls this person when it answers a login challenge; null for people whom it has not signed in.';

alter table pgrant.user_roles add column source text not null default 'operator' check (source in ('operator', 'login'));
alter table pgrant.user_roles drop constraint user_roles_pkey;
alter table pgrant.user_roles add primary key (tenant_id, user_id, scope, source);

comment on column pgrant.user_roles.source is 'operator, or login: what the product said at the last login, and replaces at the next.';

create table pgrant.login_challenges (
  tenant_id       uuid not null,
  challenge_hash  bytea not null check (length(challenge_hash) = 32),
  expires_at      timestamptz not null,
  request_hash    bytea not null check (length(request_hash) = 32),
  browser_hash    bytea not null check (length(browser_hash) = 32),
  created_at      timestamptz not null default now(),
  answered_at     timestamptz,
  verifier_hash   bytea check (length(verifier_hash) = 32),
  user_id         uuid,
  auth_time       timestamptz,
  acr             text check (length(acr) <= 255),
  amr             text[],
  reject_reason   text check (length(reject_reason) <= 500),
  used_at         timestamptz,
  primary key (tenant_id, challenge_hash, expires_at),
  check ((answered_at is null) = (verifier_hash is null)),
  check ((user_id is null) = (auth_time is null) and (user_id is null) = (amr is null)),
  check (user_id is null or answered_at is not null),
  check (used_at is null or answered_at is not null)
) partition by range (expires_at);

create index login_challenges_verifier on pgrant.login_challenges (tenant_id, verifier_hash) where verifier_hash is not null;

comment on table pgrant.login_challenges is 'People who are at the product''s own login page at this moment. Expires with its authorization request.';
comment on column pgrant.login_challenges.challenge_hash is 'SHA-256 of login_challenge, which goes to the product with the browser.';
comment on column pgrant.login_challenges.request_hash is 'The authorization request; its expires_at is the one of this row.';
comment on column pgrant.login_challenges.browser_hash is 'SHA-256 of the cookie of the browser that began, the only one that may come back.';
comment on column pgrant.login_challenges.answered_at is 'When the product accepted or rejected; it never answers twice.';
comment on column pgrant.login_challenges.verifier_hash is 'SHA-256 of login_verifier, which only the browser that the product signed in is given: whoever sent somebody else to the product with a challenge of their own has no use of the answer.';
comment on column pgrant.login_challenges.user_id is 'Who was signed in; null where the product rejected.';
comment on column pgrant.login_challenges.used_at is 'When the browser came back with the verifier.';

create table pgrant.login_assertions (
  tenant_id   uuid not null,
  jti_hash    bytea not null check (length(jti_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, jti_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.login_assertions is 'Signed answers of the product that have been used (jti, RFC 7519 4.1.7), until no other with the same jti could be good.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['login_challenges', 'login_assertions'] loop
    perform pgrant.isolate(('pgrant.' || v_table)::regclass);
    perform pgrant.expire(('pgrant.' || v_table)::regclass);
  end loop;
end
$$;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('login_challenges', '1 day', '3 days', '1 hour'),
  ('login_assertions', '1 day', '3 days', '1 hour');
