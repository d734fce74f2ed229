-- Logout, whole: who is told that a session is over, and how they hear of it (OpenID Connect Back-Channel Logout 1.0,
-- Front-Channel Logout 1.0, Session Management 1.0).

create function pgrant.uri_origin(p_uri text) returns text
language sql immutable parallel safe
as $$
  select lower(regexp_replace(substring(p_uri from '^https?://[^/?#]+'), case when p_uri ~ '^https' then ':443$' else ':80$' end, ''))
$$;

comment on function pgrant.uri_origin(text) is 'Scheme, host and port of an http or https URI, the default port left out; null for any other.';

create function pgrant.origin_among(p_uri text, p_uris text[]) returns boolean
language sql immutable parallel safe
as $$ select exists (select from unnest(p_uris) u (uri) where pgrant.uri_origin(u.uri) = pgrant.uri_origin(p_uri)) $$;

comment on function pgrant.origin_among(text, text[]) is 'Whether one of p_uris has the scheme, host and port of p_uri.';

revoke execute on function pgrant.uri_origin(text), pgrant.origin_among(text, text[]) from public;
grant execute on function pgrant.uri_origin(text), pgrant.origin_among(text, text[]) to pgrant_definer;

alter table pgrant.tenants
  add column session_management boolean not null default false,
  add column password_change_revokes boolean not null default true;

comment on column pgrant.tenants.session_management is
  'Whether clients may watch from a frame whether the browser is still signed in (OpenID Connect Session Management). Browsers that keep cookies from frames of other sites make every session look changed to such clients.';
comment on column pgrant.tenants.password_change_revokes is
  'Whether a changed password ends every refresh token of the person, those with offline_access too; their sessions end in any case.';

alter table pgrant.clients
  add column backchannel_logout_uri text,
  add column backchannel_logout_session_required boolean not null default false,
  add column frontchannel_logout_uri text,
  add column frontchannel_logout_session_required boolean not null default false;

alter table pgrant.clients add constraint clients_backchannel_logout_uri_check
    check (backchannel_logout_uri ~ '^(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][^#\\\s]*)?$'
           and length(backchannel_logout_uri) <= 2048);
alter table pgrant.clients add constraint clients_frontchannel_logout_uri_check
    check (frontchannel_logout_uri ~ '^(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][^#\\\s]*)?$'
           and length(frontchannel_logout_uri) <= 2048);
alter table pgrant.clients add constraint clients_frontchannel_logout
    check (frontchannel_logout_uri is null or pgrant.origin_among(frontchannel_logout_uri, redirect_uris));

comment on column pgrant.clients.backchannel_logout_uri is
  'Where a logout token is sent when a session ends in which the client got an ID token (OpenID Connect Back-Channel Logout 2.2); null = nowhere.';
comment on column pgrant.clients.backchannel_logout_session_required is 'Whether the client needs sid in logout tokens; they have it in any case.';
comment on column pgrant.clients.frontchannel_logout_uri is
  'What the page that ends such a session loads in a frame (OpenID Connect Front-Channel Logout 2); null = nothing.';
comment on column pgrant.clients.frontchannel_logout_session_required is 'Whether the client needs iss and sid at that URI; they are there in any case.';
comment on constraint clients_backchannel_logout_uri_check on pgrant.clients is
  'an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment';
comment on constraint clients_frontchannel_logout_uri_check on pgrant.clients is
  'an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment';
comment on constraint clients_frontchannel_logout on pgrant.clients is
  'frontchannel_logout_uri must have the scheme, host and port of a redirect URI (OpenID Connect Front-Channel Logout 2)';

select pgrant.audited('pgrant.tenants', array['session_management', 'password_change_revokes']);
select pgrant.audited('pgrant.clients', array['backchannel_logout_uri', 'backchannel_logout_session_required',
                                              'frontchannel_logout_uri', 'frontchannel_logout_session_required']);

create index sessions_user on pgrant.sessions (tenant_id, user_id);

create table pgrant.session_clients (
  tenant_id   uuid not null,
  session_id  uuid not null,
  client_id   text not null,
  user_id     uuid not null,
  expires_at  timestamptz not null,
  primary key (tenant_id, session_id, client_id)
);

create index session_clients_expires_at on pgrant.session_clients ((expires_at at time zone 'UTC'));

comment on table pgrant.session_clients is
  'Clients that got an ID token in a session and want to be told when it ends. The row goes when they are.';
comment on column pgrant.session_clients.expires_at is 'That of the session.';

select pgrant.isolate('pgrant.session_clients');
select pgrant.expire('pgrant.session_clients');
select pgrant.audited('pgrant.session_clients', array['tenant_id', 'session_id', 'client_id', 'user_id', 'expires_at']);

create table pgrant.logout_deliveries (
  tenant_id        uuid not null,
  delivery_id      uuid not null default gen_random_uuid(),
  client_id        text not null,
  subject          text not null,
  sid              text not null,
  ended_at         timestamptz not null default now(),
  state            text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  attempts         integer not null default 0,
  next_attempt_at  timestamptz not null default now(),
  give_up_at       timestamptz not null default now() + interval '1 day',
  last_status      integer,
  last_error       text check (length(last_error) <= 500),
  finished_at      timestamptz,
  expires_at       timestamptz not null default 'infinity',
  primary key (tenant_id, delivery_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  check ((state = 'pending') = (finished_at is null)),
  check ((state = 'pending') = (expires_at = 'infinity'))
);

create index logout_deliveries_due on pgrant.logout_deliveries (tenant_id, client_id, next_attempt_at) where state = 'pending';
create index logout_deliveries_client on pgrant.logout_deliveries (tenant_id, client_id);
create index logout_deliveries_expires_at on pgrant.logout_deliveries ((expires_at at time zone 'UTC'));

comment on table pgrant.logout_deliveries is
  'One row per ended session and client that is told of it, written in the transaction that ended the session; kept as the log. The logout token is made and signed anew for each attempt.';
comment on column pgrant.logout_deliveries.subject is 'The sub of the logout token: what the client calls the person; empty once it is delivered.';
comment on column pgrant.logout_deliveries.sid is 'The sid of the logout token: what the client calls the session.';
comment on column pgrant.logout_deliveries.ended_at is 'When the session ended.';
comment on column pgrant.logout_deliveries.state is 'pending = to be delivered; delivered = the client said so; dead = given up.';
comment on column pgrant.logout_deliveries.attempts is 'Begun so far since it was queued or sent again; the number of the one that runs.';
comment on column pgrant.logout_deliveries.next_attempt_at is 'While an attempt runs: when it counts as lost with its worker.';
comment on column pgrant.logout_deliveries.give_up_at is 'The last attempt is made no later: a day after it was queued or sent again.';
comment on column pgrant.logout_deliveries.last_status is 'HTTP status of the last attempt; null where there was no answer.';
comment on column pgrant.logout_deliveries.expires_at is 'When the row goes: 7 days after it was delivered, 30 days after it was given up.';

select pgrant.isolate('pgrant.logout_deliveries');
select pgrant.expire('pgrant.logout_deliveries', array['tenant_id', 'client_id', 'state', 'next_attempt_at']);
select pgrant.audited('pgrant.logout_deliveries', array['tenant_id', 'delivery_id', 'client_id', 'sid', 'ended_at', 'state',
  'attempts', 'next_attempt_at', 'give_up_at', 'last_status', 'last_error', 'finished_at', 'expires_at']);

-- The worker asks which clients of all tenants have a logout to be told of: answered by names and times alone.
create policy pending_seen on pgrant.logout_deliveries for select to pgrant_janitor using (state = 'pending');
