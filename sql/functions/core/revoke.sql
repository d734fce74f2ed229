-- Revoking, in one place: a family of refresh tokens, a grant with its families, a session with the families that hang on it.

create function pgrant_rules.families_revoke(p_tenant uuid, p_family_ids uuid[], p_reason text) returns setof uuid
language plpgsql
as $$
begin
  return query
  update pgrant.token_families f
     set revoked_at = now(),
         revoked_reason = p_reason,
         sealed_successor = null
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
  perform pgrant_rules.families_revoke(
    p_tenant, array(select f.family_id from pgrant.token_families f
                     where f.tenant_id = p_tenant and f.session_id = p_session.session_id and not f.offline), 'logged out');
  perform pgrant_rules.audit(p_tenant, 'session.logout', null, null, p_client_id, p_session.user_id);
end
$$;

comment on function pgrant_rules.session_end(uuid, pgrant.sessions, text) is
  'Ends a session and the families that hang on it.';
