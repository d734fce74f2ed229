-- Revoking, in one place: a family of refresh tokens, a grant with its families, a session with the families that hang on it.

create function pgrant_rules.families_revoke(p_tenant uuid, p_family_ids uuid[], p_reason text) returns setof uuid
language plpgsql
as $$
begin
  return query
  update pgrant.token_families f
     set revoked_at = now(),
         revoked_reason = p_reason,
         successor_salt = null
   where f.tenant_id = p_tenant
     and f.family_id = any (p_family_ids)
     and f.revoked_at is null
  returning f.family_id;
end
$$;

comment on function pgrant_rules.families_revoke(uuid, uuid[], text) is
  'Revokes families for good: their refresh tokens, and every access token that hangs on them. Returns those that had not been revoked before.';

create function pgrant_rules.grant_end(p_tenant uuid, p_grant_id uuid, p_reason text) returns pgrant.grants
language plpgsql
as $$
declare
  v_grant pgrant.grants;
begin
  -- The session, the grants, then what hangs on them: the lock order of every function.
  update pgrant.grants g
     set revoked_at = now(),
         revoked_reason = p_reason,
         expires_at = now() + interval '90 days'
   where g.tenant_id = p_tenant
     and g.grant_id = p_grant_id
     and g.revoked_at is null
     -- What has expired has ended, and says when.
     and g.expires_at > now()
  returning g.* into v_grant;
  perform pgrant_rules.grant_remember(p_tenant, p_grant_id, 'grant.revoke');
  perform pgrant_rules.families_revoke(
    p_tenant, array(select f.family_id from pgrant.token_families f where f.tenant_id = p_tenant and f.grant_id = p_grant_id), p_reason);
  return v_grant;
end
$$;

comment on function pgrant_rules.grant_end(uuid, uuid, text) is
  'Revokes a grant with all its families; its access tokens are dead at once. Returns the grant; null where there is no such live one.';

create function pgrant_rules.sessions_leave(p_tenant uuid, p_session_ids uuid[]) returns jsonb
language plpgsql
as $$
declare
  v_told pgrant.session_clients;
  v_client pgrant_rules.client_policies;
  v_sid text;
  v_frames jsonb := jsonb_build_array();
begin
  for v_told in
    delete from pgrant.session_clients s where s.tenant_id = p_tenant and s.session_id = any (p_session_ids) returning s.*
  loop
    v_client := pgrant_rules.client_find(p_tenant, v_told.client_id);
    v_sid := pgrant_rules.client_subject(v_client, v_told.session_id);
    if v_client.backchannel_logout_uri is not null then
      perform pgrant_rules.logout_queue(p_tenant, v_client.client_id, pgrant_rules.client_subject(v_client, v_told.user_id), v_sid);
    end if;
    if v_client.frontchannel_logout_uri is not null then
      v_frames := v_frames || jsonb_build_object('uri', v_client.frontchannel_logout_uri, 'sid', v_sid);
    end if;
  end loop;
  return v_frames;
end
$$;

comment on function pgrant_rules.sessions_leave(uuid, uuid[]) is
  'Tells the clients of sessions that have ended, each once: by the back channel, and by the frames that it returns, for the browser of the session: [{uri, sid}].';

create function pgrant_rules.session_end(p_tenant uuid, p_session pgrant.sessions, p_client_id text) returns jsonb
language plpgsql
as $$
begin
  update pgrant.sessions s
     set ended_at = now()
   where s.tenant_id = p_tenant
     and s.session_hash = p_session.session_hash
     and s.expires_at = p_session.expires_at;
  -- The session, the grants, then what hangs on them: the lock order of every function. All grants of the person, or a code
  -- that is being redeemed would give a family that is not seen here.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant and g.user_id = p_session.user_id order by g.grant_id for no key update;
  -- Refresh tokens given without offline_access end with the session (OpenID Connect Core 11); grants do not.
  perform pgrant_rules.families_revoke(
    p_tenant, array(select f.family_id from pgrant.token_families f
                     where f.tenant_id = p_tenant and f.session_id = p_session.session_id and not f.offline), 'logged out');
  perform pgrant_rules.audit(p_tenant, 'session.logout', null, null, p_client_id, p_session.user_id);
  return pgrant_rules.sessions_leave(p_tenant, array[p_session.session_id]);
end
$$;

comment on function pgrant_rules.session_end(uuid, pgrant.sessions, text) is
  'Ends a session and the families that hang on it, and tells its clients. Returns what sessions_leave does.';

create function pgrant_rules.user_hold(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$
begin
  perform from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id for no key update;
end
$$;

comment on function pgrant_rules.user_hold(uuid, uuid) is
  'Waits for whoever signs this person in, or ends their sessions, and has others wait until the transaction ends: a password, factor or session that is read after it is good as long as it. To be called before any of them is locked.';

create function pgrant_rules.user_sessions_end(p_tenant uuid, p_user_id uuid, p_offline boolean, p_reason text) returns void
language plpgsql
as $$
declare
  v_session_ids uuid[];
begin
  perform pgrant_rules.user_hold(p_tenant, p_user_id);
  with ended as (
    update pgrant.sessions s set ended_at = now()
     where s.tenant_id = p_tenant and s.user_id = p_user_id and s.ended_at is null
    returning s.session_id
  )
  select coalesce(array_agg(e.session_id), '{}') into v_session_ids from ended e;
  -- Locked first, as in session_end.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant and g.user_id = p_user_id order by g.grant_id for no key update;
  perform pgrant_rules.families_revoke(
    p_tenant, array(select f.family_id from pgrant.token_families f
                      join pgrant.grants g on g.tenant_id = f.tenant_id and g.grant_id = f.grant_id
                     where f.tenant_id = p_tenant and g.user_id = p_user_id
                       and (p_offline or not f.offline and f.session_id = any (v_session_ids))), p_reason);
  perform pgrant_rules.sessions_leave(p_tenant, v_session_ids);
  perform pgrant_rules.first_factors_forget(p_tenant, p_user_id);
  perform pgrant_rules.logins_forget(p_tenant, p_user_id);
end
$$;

comment on function pgrant_rules.user_sessions_end(uuid, uuid, boolean, text) is
  'Ends all sessions of a person with the families that hang on them, or with p_offline every family, and tells the clients. The grants stay.';
