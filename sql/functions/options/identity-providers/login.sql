-- Upstream login: to the upstream, back with state, and signed in.

create type pgrant_api.upstream_login as (
  error                       pgrant_api.error,
  reason                      text,
  state_expires_at            bigint,
  sealed_request              bytea,
  name                        text,
  kind                        text,
  title                       text,
  issuer                      text,
  authorization_endpoint      text,
  token_endpoint              text,
  userinfo_endpoint           text,
  client_id                   text,
  token_endpoint_auth_method  text,
  sealed_secrets              bytea,
  scopes                      text[],
  settings                    jsonb,
  force_login                 boolean,
  login_hint                  text
);

comment on type pgrant_api.upstream_login is 'A sign-in at an upstream, and how that upstream is reached.';
comment on column pgrant_api.upstream_login.sealed_request is 'The handle of the authorization request as it was given; null where an account is being linked.';
comment on column pgrant_api.upstream_login.force_login is 'The client wants the person to sign in anew (prompt, max_age): an OpenID Connect upstream is told so.';
comment on column pgrant_api.upstream_login.issuer is 'Issuer identifier; null for a kind without discovery.';
comment on column pgrant_api.upstream_login.authorization_endpoint is 'Null where it is discovered.';
comment on column pgrant_api.upstream_login.token_endpoint is 'Null where it is discovered.';
comment on column pgrant_api.upstream_login.userinfo_endpoint is 'Null where it is discovered.';
comment on column pgrant_api.upstream_login.sealed_secrets is 'Null = it has none.';
comment on column pgrant_api.upstream_login.login_hint is 'As the client sent it; null where it sent none.';

create function pgrant_rules.upstream_login_row(
  p_tenant uuid, p_login pgrant.upstream_logins
) returns pgrant_api.upstream_login
language plpgsql
as $$
declare
  v_out pgrant_api.upstream_login;
  v_upstream pgrant.upstreams := pgrant_rules.upstream_live(p_tenant, p_login.upstream);
begin
  if v_upstream.name is null then
    v_out.error := 'not_found';
    v_out.reason := 'upstream unknown or disabled';
    return v_out;
  end if;
  v_out := jsonb_populate_record(v_out, to_jsonb(v_upstream) - 'sealed_secrets');
  v_out.sealed_secrets := v_upstream.sealed_secrets;
  v_out.sealed_request := p_login.sealed_request;
  v_out.state_expires_at := pgrant_rules.epoch(p_login.expires_at);
  select r.prompt && array['login', 'select_account'] or r.max_age is not null, r.login_hint
    into v_out.force_login, v_out.login_hint
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant
     and r.request_hash = p_login.request_hash
     and r.expires_at = p_login.request_expires_at;
  v_out.force_login := coalesce(v_out.force_login, false);
  return v_out;
end
$$;

comment on function pgrant_rules.upstream_login_row(uuid, pgrant.upstream_logins) is
  'What the web process needs for a sign-in at an upstream. Errors: not_found.';

create function pgrant_rules.upstream_login_start(p_tenant uuid, p_state_hash bytea, p_login pgrant.upstream_logins)
returns pgrant_api.upstream_login
language plpgsql
as $$
declare
  v_out pgrant_api.upstream_login;
  v_login pgrant.upstream_logins := p_login;
begin
  select pgrant_rules.after(t.request_lifetime) into v_login.expires_at
    from pgrant.tenants t where t.tenant_id = p_tenant;
  perform pgrant_rules.upstream_hold(p_tenant, v_login.upstream);
  v_out := pgrant_rules.upstream_login_row(p_tenant, v_login);
  if v_out.error is null then
    insert into pgrant.upstream_logins (tenant_id, state_hash, expires_at, upstream, browser_hash, request_hash,
                                        request_expires_at, sealed_request, session_id)
    values (p_tenant, p_state_hash, v_login.expires_at, v_login.upstream, v_login.browser_hash, v_login.request_hash,
            v_login.request_expires_at, v_login.sealed_request, v_login.session_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.upstream_login_start(uuid, bytea, pgrant.upstream_logins) is
  'Stores that a person goes to an upstream, and gives what the web process sends them there with. Errors: not_found.';

create function pgrant_api.upstream_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_sealed_request bytea, p_upstream text, p_state_hash bytea
) returns pgrant_api.upstream_login
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.upstream_login;
  v_login pgrant.upstream_logins;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash) is null then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s';
  elsif exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.login_url is not null) then
    v_out.error := 'access_denied';
    v_out.reason := 'people sign in on the product''s own page';
  elsif pgrant_rules.begun_too_often(p_tenant) then
    v_out.error := 'too_many_attempts';
    v_out.reason := 'authorization_rate reached';
  else
    v_login.upstream := p_upstream;
    v_login.browser_hash := p_browser_hash;
    v_login.request_hash := p_request_hash;
    v_login.request_expires_at := pgrant_rules.moment(p_request_expires_at);
    v_login.sealed_request := p_sealed_request;
    v_out := pgrant_rules.upstream_login_start(p_tenant, p_state_hash, v_login);
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'upstream.begin', v_out.error, v_out.reason, null);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.upstream_begin(uuid, text, inet, bytea, bigint, bytea, bytea, text, bytea) is
  'Sends a person to an upstream, to sign in for an authorization request of this browser. Errors: expired_request, access_denied (the tenant has a login_url), not_found, too_many_attempts, flood.';

create function pgrant_api.upstream_link_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_browser_hash bytea, p_upstream text, p_state_hash bytea
) returns pgrant_api.upstream_login
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.upstream_login;
  v_login pgrant.upstream_logins;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  -- An account elsewhere is a way to sign in for good, as a password is.
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.account_refusal(v_session, p_csrf_hash, true) r;
  if v_out.error is null then
    v_login.upstream := p_upstream;
    v_login.browser_hash := p_browser_hash;
    v_login.session_id := v_session.session_id;
    v_out := pgrant_rules.upstream_login_start(p_tenant, p_state_hash, v_login);
  end if;
  if v_out.error is not null then
    perform pgrant_rules.audit(p_tenant, 'upstream.link', v_out.error, v_out.reason, null, v_session.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.upstream_link_begin(uuid, text, inet, bytea, bigint, bytea, bytea, text, bytea) is
  'Sends the signed-in person to an upstream, to link the account there, after a recent sign-in; the form carries the token of the session. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), not_found.';

create function pgrant_api.upstream_resume(
  p_tenant uuid, p_request_id text, p_address inet, p_browser_hash bytea, p_state_hash bytea, p_state_expires_at bigint,
  p_upstream text
) returns pgrant_api.upstream_login
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_out pgrant_api.upstream_login;
  v_login pgrant.upstream_logins;
  v_detail jsonb;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- Taken once, before anything is asked of the upstream: a replayed callback finds nothing. A state that comes to the
  -- redirect URI of another upstream is over as well (RFC 9700 4.4.2.2: abort): it is with its own browser, so that nobody
  -- else can end it, and whoever sent it there may have mixed up the two to be given a code of the other.
  update pgrant.upstream_logins l
     set used_at = now(),
         finished_at = case when l.upstream is distinct from p_upstream then v_at end
   where l.tenant_id = p_tenant
     and l.state_hash = p_state_hash
     and l.expires_at = pgrant_rules.moment(p_state_expires_at)
     and l.expires_at > now()
     and l.browser_hash = p_browser_hash
     and l.used_at is null
  returning l.* into v_login;
  if not found then
    v_out.error := 'expired_request';
    v_out.reason := 'state unknown, used, expired, or another browser''s';
  elsif v_login.upstream is distinct from p_upstream then
    v_out.error := 'expired_request';
    v_out.reason := 'state of one upstream at the redirect URI of another';
    v_detail := jsonb_build_object('upstream', v_login.upstream);
  else
    v_out := pgrant_rules.upstream_login_row(p_tenant, v_login);
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'upstream.resume', v_out.error, v_out.reason, null, p_detail => v_detail);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.upstream_resume(uuid, text, inet, bytea, bytea, bigint, text) is
  'Takes state back from an upstream, once, in the browser that it was given to and at the redirect URI of that upstream (RFC 9700 4.4.2.2). Errors: expired_request, not_found, too_many_attempts, flood.';

create function pgrant_api.upstream_fail(
  p_tenant uuid, p_request_id text, p_address inet, p_browser_hash bytea, p_state_hash bytea, p_state_expires_at bigint,
  p_error pgrant_api.error, p_error_reason text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_out pgrant_api.done;
  v_upstream text;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  update pgrant.upstream_logins l
     set used_at = coalesce(l.used_at, v_at), finished_at = now()
   where l.tenant_id = p_tenant
     and l.state_hash = p_state_hash
     and l.expires_at = pgrant_rules.moment(p_state_expires_at)
     and l.browser_hash = p_browser_hash
     and l.finished_at is null
  returning l.upstream into v_upstream;
  if not found then
    v_out.error := 'expired_request';
    v_out.reason := 'state unknown, finished, or another browser''s';
    return v_out;
  end if;
  perform pgrant_rules.audit(p_tenant, 'session.login', p_error, p_error_reason, null,
                             p_detail => jsonb_build_object('upstream', v_upstream));
  return v_out;
end
$$;

comment on function pgrant_api.upstream_fail(uuid, text, inet, bytea, bytea, bigint, pgrant_api.error, text) is
  'Ends a sign-in at an upstream that came to nothing, and records why. Errors: expired_request.';
