-- The end of a session (OpenID Connect RP-Initiated Logout 1.0).

create function pgrant_rules.session_end(p_tenant uuid, p_session pgrant.sessions, p_client_id text) returns void
language plpgsql
as $$
begin
  update pgrant.sessions s
     set ended_at = now()
   where s.tenant_id = p_tenant
     and s.session_hash = p_session.session_hash
     and s.expires_at = p_session.expires_at;
  -- The session, the grants, then what hangs on them: the lock order of every function.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant
      and g.grant_id in (select f.grant_id from pgrant.token_families f
                          where f.tenant_id = p_tenant and f.session_id = p_session.session_id
                            and not f.offline and f.revoked_at is null)
    order by g.grant_id for no key update;
  -- Refresh tokens given without offline_access end with the session (OpenID Connect Core 11); grants do not.
  update pgrant.token_families f
     set revoked_at = now(), revoked_reason = 'logged out', sealed_successor = null
   where f.tenant_id = p_tenant
     and f.session_id = p_session.session_id
     and not f.offline
     and f.revoked_at is null;
  perform pgrant_rules.audit(p_tenant, 'session.logout', null, null, p_client_id, p_session.user_id);
end
$$;

comment on function pgrant_rules.session_end(uuid, pgrant.sessions, text) is
  'Ends a session and the families that hang on it.';

create function pgrant_api.session_logout(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_hint_sub text, p_hint_client_id text, p_client_id text, p_post_logout_redirect_uri text
) returns pgrant_api.logout
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.logout;
  v_session pgrant.sessions;
  v_redirect boolean;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if p_hint_client_id is not null and p_client_id is not null and p_hint_client_id <> p_client_id then
    v_out.error := 'invalid_request';
    v_out.reason := 'client_id is not the audience of id_token_hint';
    perform pgrant_rules.audit(p_tenant, 'session.logout', v_out.error, v_out.reason, p_hint_client_id, v_session.user_id);
    return v_out;
  end if;

  -- Only a hint proves who sent the browser here; without it nothing is redirected.
  select exists (
    select from pgrant_rules.client_policies c
     where c.tenant_id = p_tenant
       and c.client_id = p_hint_client_id
       and p_post_logout_redirect_uri = any (c.post_logout_redirect_uris)
  ) into v_redirect;
  if p_post_logout_redirect_uri is not null and p_hint_client_id is not null and not v_redirect then
    v_out.error := 'invalid_redirect_uri';
    v_out.reason := 'post_logout_redirect_uri is not registered';
    perform pgrant_rules.audit(p_tenant, 'session.logout', v_out.error, v_out.reason, p_hint_client_id, v_session.user_id);
    return v_out;
  end if;

  if v_session.session_id is not null then
    v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id);
    if coalesce(p_hint_sub = v_session.user_id::text, false) or coalesce(p_csrf_hash = v_session.csrf_hash, false) then
      perform pgrant_rules.session_end(p_tenant, v_session, p_hint_client_id);
    else
      v_out.next := 'confirm';
      return v_out;
    end if;
  end if;
  v_out.next := case when v_redirect then 'redirect' else 'done' end;
  v_out.redirect_uri := case when v_redirect then p_post_logout_redirect_uri end;
  return v_out;
end
$$;

comment on function pgrant_api.session_logout(uuid, text, inet, bytea, bigint, bytea, text, text, text, text) is
  'Logs out: at once with an id_token_hint of the same person (p_hint_*, verified by the web process; expired is fine) or the session''s CSRF token, else after a confirmation. Redirects only to a URI that is registered for the audience of the hint. Errors: invalid_request, invalid_redirect_uri.';
