-- What lives for minutes or hours: partitioned by expiry and dropped, never deleted. The secret carries its
-- expiry, so a lookup touches one partition. No foreign keys: a partition with one locks its parent table each
-- time it is made, and every reader joins the live parents anyway.

create table pgrant.sessions (
  tenant_id        uuid not null,
  session_hash     bytea not null check (length(session_hash) = 32),
  expires_at       timestamptz not null,
  session_id       uuid not null default gen_random_uuid(),
  user_id          uuid not null,
  auth_time        timestamptz not null default now(),
  acr              text,
  amr              text[] not null,
  csrf_hash        bytea not null check (length(csrf_hash) = 32),
  idle_expires_at  timestamptz not null,
  last_seen_at     timestamptz not null default now(),
  ended_at         timestamptz,
  primary key (tenant_id, session_hash, expires_at),
  check (idle_expires_at <= expires_at)
) partition by range (expires_at);

create index sessions_session_id on pgrant.sessions (tenant_id, session_id);

comment on table pgrant.sessions is 'Signed-in browsers.';
comment on column pgrant.sessions.session_hash is 'SHA-256 of the cookie.';
comment on column pgrant.sessions.session_id is 'The sid of ID tokens: names the session without being its key.';
comment on column pgrant.sessions.csrf_hash is 'SHA-256 of the token that forms of this session must carry.';

create table pgrant.authorization_requests (
  tenant_id        uuid not null,
  request_hash     bytea not null check (length(request_hash) = 32),
  expires_at       timestamptz not null,
  browser_hash     bytea check (length(browser_hash) = 32),
  client_id        text not null,
  redirect_uri     text not null,
  redirect_uri_sent boolean not null,
  response_mode    text not null check (response_mode in ('query', 'form_post')),
  state            text,
  nonce            text,
  code_challenge   text,
  scopes           text[] not null,
  prompt           text[] not null,
  max_age          integer check (max_age >= 0),
  hint_sub         text,
  login_hint       text,
  acr_values       text[] not null,
  essential_acr    text[] not null default '{}',
  claims_id_token  text[] not null,
  claims_userinfo  text[] not null,
  session_id       uuid,
  shown_identity_at timestamptz,
  created_at       timestamptz not null default now(),
  completed_at     timestamptz,
  code_expires_at  timestamptz,
  response_error   text,
  check (num_nonnulls(code_expires_at, response_error) <= case when completed_at is null then 0 else 1 end),
  primary key (tenant_id, request_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.authorization_requests is 'Authorization requests while the person signs in and decides. Only such a row can become a code.';
comment on column pgrant.authorization_requests.browser_hash is 'SHA-256 of the cookie of the browser that it belongs to: the first that continued it.';
comment on column pgrant.authorization_requests.essential_acr is 'The acr that the ID token must have, one of these (OpenID Connect Core 5.5.1.1); {} = any or none.';
comment on column pgrant.authorization_requests.session_id is 'The session to which the consent page was shown.';
comment on column pgrant.authorization_requests.shown_identity_at is 'identity_changed_at of the client as that page showed it: consent is to what was seen.';
comment on column pgrant.authorization_requests.completed_at is 'When it was answered; it is never answered in two ways.';
comment on column pgrant.authorization_requests.code_expires_at is 'Until when the code that it was answered with is good.';
comment on column pgrant.authorization_requests.response_error is 'The error that it was answered with instead.';

create table pgrant.codes (
  tenant_id        uuid not null,
  code_hash        bytea not null check (length(code_hash) = 32),
  expires_at       timestamptz not null,
  client_id        text not null,
  user_id          uuid not null,
  grant_id         uuid not null,
  session_id       uuid not null,
  redirect_uri     text not null,
  redirect_uri_sent boolean not null,
  code_challenge   text,
  scopes           text[] not null,
  claims_id_token  text[] not null,
  claims_userinfo  text[] not null,
  nonce            text,
  auth_time        timestamptz not null,
  acr              text,
  amr              text[] not null,
  used_at          timestamptz,
  family_id        uuid,
  primary key (tenant_id, code_hash, expires_at),
  check ((used_at is null) = (family_id is null))
) partition by range (expires_at);

comment on table pgrant.codes is 'Authorization codes. A used one is kept with the family it gave, so that a second use can revoke it (RFC 9700 4.5).';

create table pgrant.access_tokens (
  tenant_id          uuid not null,
  token_hash         bytea not null check (length(token_hash) = 32),
  expires_at         timestamptz not null,
  client_id          text not null,
  user_id            uuid,
  family_id          uuid,
  family_expires_at  timestamptz,
  scopes             text[] not null,
  audience           text[] not null,
  issued_at          timestamptz not null,
  revoked_at         timestamptz,
  primary key (tenant_id, token_hash, expires_at),
  check ((family_id is null) = (family_expires_at is null)),
  check (expires_at <= family_expires_at)
) partition by range (expires_at);

comment on table pgrant.access_tokens is 'Opaque access tokens. One that belongs to a family is good only while the family is.';

create table pgrant.revoked_tokens (
  tenant_id   uuid not null,
  jti         text not null,
  expires_at  timestamptz not null,
  revoked_at  timestamptz not null default now(),
  primary key (tenant_id, jti, expires_at)
) partition by range (expires_at);

comment on table pgrant.revoked_tokens is 'JWT access tokens that were revoked one by one (RFC 7009), until they expire.';

create table pgrant.login_failures (
  tenant_id   uuid not null,
  key_hash    bytea not null check (length(key_hash) = 32),
  expires_at  timestamptz not null,
  failures    integer not null,
  primary key (tenant_id, key_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.login_failures is 'Failed logins per username and address prefix, per username, and per address prefix, in windows that end at expires_at.';

create table pgrant.audit_events (
  tenant_id   uuid not null,
  at          timestamptz not null default now(),
  event_id    uuid not null default gen_random_uuid(),
  action      text not null,
  error       text,
  reason      text,
  user_id     uuid,
  client_id   text,
  grant_id    uuid,
  family_id   uuid,
  address     inet,
  request_id  text,
  detail      jsonb,
  primary key (tenant_id, at, event_id)
) partition by range (at);

comment on table pgrant.audit_events is 'One row per decision, written in the transaction that took it.';
comment on column pgrant.audit_events.action is 'noun.verb, e.g. refresh.rotate.';
comment on column pgrant.audit_events.error is 'The error that was returned; null where the request was granted.';
comment on column pgrant.audit_events.reason is 'Why, in words that no client sees.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['sessions', 'authorization_requests', 'codes', 'access_tokens', 'revoked_tokens',
                                 'login_failures', 'audit_events'] loop
    perform pgrant.isolate(('pgrant.' || v_table)::regclass);
    if v_table <> 'audit_events' then
      perform pgrant.expire(('pgrant.' || v_table)::regclass);
    end if;
  end loop;
end
$$;

-- Append-only: whoever decides can neither change nor remove what it recorded.
revoke update, delete on pgrant.audit_events from pgrant_definer;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('sessions', '7 days', '37 days', '1 day'),
  ('authorization_requests', '1 day', '3 days', '1 hour'),
  ('codes', '1 day', '3 days', '1 day'),
  ('access_tokens', '1 day', '4 days', '1 hour'),
  ('revoked_tokens', '1 day', '4 days', '1 hour'),
  ('login_failures', '1 day', '4 days', '1 hour'),
  ('audit_events', '1 month', '2 months', '13 months');

-- What is left of a tenant that was removed.
create policy removed_seen on pgrant.audit_events for select to pgrant_janitor
  using (not exists (select from pgrant.issuers i where i.tenant_id = audit_events.tenant_id));
create policy removed_deleted on pgrant.audit_events for delete to pgrant_janitor
  using (not exists (select from pgrant.issuers i where i.tenant_id = audit_events.tenant_id));
create policy catalogue_seen on pgrant.issuers for select to pgrant_janitor using (true);
grant select (tenant_id), delete on pgrant.audit_events to pgrant_janitor;
grant select (tenant_id, disabled_at) on pgrant.issuers to pgrant_janitor;
grant usage on schema pgrant to pgrant_janitor;
