-- Logging out (OpenID Connect RP-Initiated Logout 1.0): of this browser, or of the session that an ID token names.

create type pgrant_api.logout as (
  error                   pgrant_api.error,
  reason                  text,
  next                    text,
  redirect_uri            text,
  username                text,
  confirmed_redirect_uri  text,
  frames                  jsonb,
  untrusted               boolean
);

comment on type pgrant_api.logout is 'Where a logout stands.';
comment on column pgrant_api.logout.next is 'redirect = to redirect_uri; confirm = ask the person first; done = show the logged-out page.';
comment on column pgrant_api.logout.frames is
  'With next = redirect or done: what the page loads first, [{uri, sid}] (OpenID Connect Front-Channel Logout 3).';
comment on column pgrant_api.logout.redirect_uri is 'With next = redirect: where the browser goes.';
comment on column pgrant_api.logout.untrusted is
  'With next = redirect: whether the person says first that they go there, because nobody vouches for it (see redirect_trusted).';
comment on column pgrant_api.logout.username is 'Whose session it is; null = nobody is signed in.';
comment on column pgrant_api.logout.confirmed_redirect_uri is 'With confirm: where the browser goes if the person says yes; null = nowhere.';

create function pgrant_rules.session_named(p_tenant uuid, p_client pgrant_rules.client_policies, p_sub text, p_sid text)
returns pgrant.sessions
language plpgsql
as $$
declare
  v_user_id uuid := case when p_sub ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_sub::uuid end;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.user_hold(p_tenant, v_user_id);
  select s.* into v_session
    from pgrant.sessions s
   where s.tenant_id = p_tenant
     and s.user_id = v_user_id
     and s.expires_at > now()
     and s.ended_at is null
     and pgrant_rules.client_subject(p_client, s.session_id) = p_sid
     for update;
  return v_session;
end
$$;

comment on function pgrant_rules.session_named(uuid, pgrant_rules.client_policies, text, text) is
  'The session of the person p_sub that has not ended and that the sid of an ID token of the client names, locked, or null.';

create function pgrant_api.session_logout(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_hint_sub text, p_hint_client_id text, p_hint_sid text, p_client_id text, p_post_logout_redirect_uri text
) returns pgrant_api.logout
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.logout;
  v_session pgrant.sessions;
  v_confirmed boolean;
  v_client_id text := coalesce(p_hint_client_id, p_client_id);
  v_target text;
  v_hinted pgrant_rules.client_policies;
  v_client pgrant_rules.client_policies;
  v_user_id uuid;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_hinted := pgrant_rules.client_find(p_tenant, p_hint_client_id);
  p_hint_sub := pgrant_rules.subject_user(p_tenant, v_hinted, p_hint_sub);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  -- Who sits here: an ID token may be another person's, who has sent it around.
  v_user_id := v_session.user_id;
  v_confirmed := coalesce(p_csrf_hash = v_session.csrf_hash, false);
  v_client := pgrant_rules.client_find(p_tenant, v_client_id);
  if p_client_id <> p_hint_client_id then
    v_out.error := 'invalid_request';
    v_out.reason := 'client_id is not the audience of id_token_hint';
  else
    if p_post_logout_redirect_uri = any (v_client.post_logout_redirect_uris) then
      v_target := p_post_logout_redirect_uri;
    end if;
    if v_target is null and p_post_logout_redirect_uri is not null and p_hint_client_id is not null then
      v_out.error := 'invalid_redirect_uri';
      v_out.reason := 'post_logout_redirect_uri is not registered';
    end if;
  end if;
  if v_out.error is not null then
    perform pgrant_rules.audit(p_tenant, 'session.logout', v_out.error, v_out.reason, p_hint_client_id, v_session.user_id);
    return v_out;
  end if;

  if v_session.session_id is null then
    -- Another browser, or one that kept its cookie to itself: the session that the hint names is over all the same.
    v_session := pgrant_rules.session_named(p_tenant, v_hinted, p_hint_sub, p_hint_sid);
  elsif not v_confirmed and (p_hint_sub = v_session.user_id::text) is not true then
    v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id);
    v_out.next := 'confirm';
    v_out.confirmed_redirect_uri := v_target;
    return v_out;
  end if;
  v_out.frames := '[]';
  if v_session.session_id is not null then
    v_out.frames := pgrant_rules.session_end(p_tenant, v_session, v_client_id);
  end if;
  -- Only a hint, or the person, says that the client sent the browser here: nobody else has it redirected.
  v_out.redirect_uri := case when p_hint_client_id is not null or v_confirmed then v_target end;
  v_out.next := case when v_out.redirect_uri is not null then 'redirect' else 'done' end;
  -- RFC 9700 4.11.2: whoever registers a client gets no open redirector by a hint, or by what the person says to signing out.
  v_out.untrusted := v_out.redirect_uri is not null and not pgrant_rules.redirect_trusted(p_tenant, v_client, v_user_id);
  return v_out;
end
$$;

comment on function pgrant_api.session_logout(uuid, text, inet, bytea, bigint, bytea, text, text, text, text, text) is
  'Logs out: at once with an id_token_hint of the same person (p_hint_*, verified by the web process; expired is fine) or the session''s CSRF token, else after a confirmation. Without a live session in the browser, the one that the hint names is ended. Redirects only to a URI that is registered for the audience of the hint, or for p_client_id where the person has confirmed; there at once only where that is trusted (see untrusted). Errors: invalid_request, invalid_redirect_uri.';
