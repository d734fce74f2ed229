-- What operators do about second factors: see them, and remove them where somebody has lost theirs.

create function pgrant_ops.second_factor_list(p_tenant uuid, p_username text)
returns table (kind text, name text, created_at timestamptz, last_used_at timestamptz, note text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  return query
  select 'totp', null::text, a.created_at, a.last_used_at,
         case when a.sealed_secret = '' then 'its key stayed where the tenant was exported'
              when a.failures >= 100 then 'takes no code before a recovery code was used' end
    from pgrant.totp_authenticators a
   where a.tenant_id = p_tenant and a.user_id = v_user_id
  union all
  select 'passkey', k.name, k.created_at, k.last_used_at, case when k.backed_up then 'backed up' end
    from pgrant.passkeys k
   where k.tenant_id = p_tenant and k.user_id = v_user_id
  union all
  select 'recovery codes', null, min(c.created_at), max(c.used_at), count(*) filter (where c.used_at is null) || ' left'
    from pgrant.recovery_codes c
   where c.tenant_id = p_tenant and c.user_id = v_user_id
  having count(*) > 0;
end
$$;

comment on function pgrant_ops.second_factor_list(uuid, text) is
  'The second factors of a person: kind totp, passkey or recovery codes. May be null: name, last_used_at, note. Raises OA001.';

create function pgrant_ops.second_factor_remove(p_tenant uuid, p_username text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  perform pgrant_rules.user_hold(p_tenant, v_user_id);
  delete from pgrant.totp_authenticators a where a.tenant_id = p_tenant and a.user_id = v_user_id;
  delete from pgrant.passkeys k where k.tenant_id = p_tenant and k.user_id = v_user_id;
  delete from pgrant.recovery_codes c where c.tenant_id = p_tenant and c.user_id = v_user_id;
  -- Whoever asked for this may be somebody else: no session goes on, and whoever has the password begins anew.
  perform pgrant_rules.user_sessions_end(p_tenant, v_user_id, false, 'second factors removed by an operator');
  perform pgrant_rules.audit(p_tenant, 'second_factor.remove', null, null, null, v_user_id);
end
$$;

comment on function pgrant_ops.second_factor_remove(uuid, text) is
  'Removes all second factors of a person who has lost theirs, and ends their sessions: the password is enough, or sets up a new factor where one is required. Raises OA001.';
