-- Refresh tokens: one row per family, idempotent rotation, reuse detection (RFC 9700 4.14.2).

create function pgrant_rules.refresh_use(p_family pgrant.token_families, p_client_id text, p_refresh_hash bytea) returns text
language plpgsql stable
as $$
begin
  return case
    when p_family.family_id is null then 'refresh token unknown'
    when p_family.client_id <> p_client_id then 'refresh token of another client'
    when p_family.revoked_at is not null then concat('family revoked: ', p_family.revoked_reason)
    when p_family.expires_at <= now() then 'family expired'
    when p_family.idle_expires_at <= now() then 'refresh token idle too long'
    when p_family.current_hash = p_refresh_hash then 'rotate'
    when p_family.previous_hash = p_refresh_hash and now() < p_family.replay_until
      then case when p_family.replays < 100 then 'replay' else 'replayed too often' end
    else 'reuse'
  end;
end
$$;

comment on function pgrant_rules.refresh_use(pgrant.token_families, text, bytea) is
  'What presenting a refresh token means: rotate (the current one), replay (its predecessor, inside the window and at most 100 times), reuse (any other with a valid handle), or else why it is refused.';

create function pgrant_rules.refresh_supersede(
  p_family pgrant.token_families, p_client pgrant_rules.client_policies, p_successor_hash bytea, p_sealed_successor bytea
) returns void
language plpgsql
as $$
declare
  v_idle_expires_at timestamptz := least(pgrant_rules.after(p_client.refresh_idle_lifetime), p_family.expires_at);
begin
  update pgrant.token_families f
     set generation = f.generation + 1,
         previous_hash = f.current_hash,
         current_hash = p_successor_hash,
         sealed_successor = case when p_client.replay_window > 0 then p_sealed_successor end,
         replay_until = now() + make_interval(secs => p_client.replay_window),
         replays = 0,
         last_used_at = now(),
         idle_expires_at = v_idle_expires_at,
         sweep_after = case when f.sweep_after < pgrant_rules.sweep_day(v_idle_expires_at)
                            then pgrant_rules.sweep_day(v_idle_expires_at) + 7 else f.sweep_after end
   where f.tenant_id = p_family.tenant_id
     and f.family_id = p_family.family_id;
end
$$;

comment on function pgrant_rules.refresh_supersede(pgrant.token_families, pgrant_rules.client_policies, bytea, bytea) is
  'Rotates: the proposed successor is current from now on, the one before may be replayed for the client''s window. The absolute expiry does not move.';

create function pgrant_api.refresh_rotate(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb,
  p_handle_hash bytea, p_refresh_hash bytea, p_scopes text[],
  p_access_hash bytea, p_successor_hash bytea, p_sealed_successor bytea, p_resources text[]
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.tokens;
  v_auth pgrant_rules.authenticated_client;
  v_family pgrant.token_families;
  v_consented text[];
  v_use text;
  v_effective pgrant_rules.effective_scopes;
  v_target pgrant_rules.targeted_client;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash, p_assertion, 'refresh_token');
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  v_family := (select f from pgrant.token_families f
                where f.tenant_id = p_tenant and f.handle_hash = p_handle_hash
                  for update);
  v_use := pgrant_rules.refresh_use(v_family, p_client_id, p_refresh_hash);
  if v_use in ('rotate', 'replay') then
    -- Read, not locked: whoever revokes a grant revokes its families too, and waits for this one to do so.
    select g.scopes into v_consented
      from pgrant.grants g
      join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
     where g.tenant_id = p_tenant and g.grant_id = v_family.grant_id and g.revoked_at is null;
    v_target := pgrant_rules.client_target(p_tenant, v_auth.client, p_resources, v_family.resources);
    v_effective := pgrant_rules.scope_narrow(p_tenant, v_family.user_id, (v_target.client).scopes,
                                             coalesce(p_scopes, v_family.scopes), v_consented);
    v_out.scopes := v_effective.scopes;
    if v_consented is null then
      v_out.reason := 'grant revoked or user disabled';
    elsif v_target.error is not null then
      v_out.error := v_target.error;
      v_out.reason := v_target.reason;
    elsif not coalesce(p_scopes <@ v_family.scopes, true) or v_out.scopes = '{}' then
      -- RFC 6749 6: no scope beyond what was granted.
      v_out.error := 'invalid_scope';
      v_out.reason := 'scope beyond the original grant, or none left';
    end if;
  else
    v_out.reason := v_use;
  end if;

  if v_out.reason is not null then
    v_out.error := coalesce(v_out.error, 'invalid_grant');
    if v_use = 'reuse' then
      v_out.reason := 'refresh token reused';
      perform pgrant_rules.family_revoke(p_tenant, v_family.family_id, v_out.reason);
    end if;
    v_out.error := pgrant_rules.audit(p_tenant, case when v_use = 'reuse' then 'refresh.reuse' else 'refresh.rotate' end, v_out.error,
                                      v_out.reason, p_client_id, v_family.user_id, v_family.grant_id, v_family.family_id);
    return v_out;
  end if;

  if v_use = 'rotate' then
    perform pgrant_rules.refresh_supersede(v_family, v_auth.client, p_successor_hash, p_sealed_successor);
  else
    update pgrant.token_families f
       set replays = f.replays + 1, replays_total = f.replays_total + 1
     where f.tenant_id = p_tenant and f.family_id = v_family.family_id;
    v_out.sealed_successor := v_family.sealed_successor;
  end if;
  if v_out.scopes <> coalesce(p_scopes, v_family.scopes) then
    perform pgrant_rules.scope_refuse(p_tenant, p_client_id, v_family.user_id, (v_auth.client).scopes,
                                      coalesce(p_scopes, v_family.scopes), v_consented);
  end if;
  v_out.refresh_token := true;
  v_out := pgrant_rules.access_token_store(p_tenant, v_target.client, p_access_hash, v_family, v_effective.roles, v_out);
  if 'openid' = any (v_out.scopes) then
    v_out := pgrant_rules.id_token_fill(p_tenant, v_auth.client, v_family, v_out);
  end if;
  perform pgrant_rules.audit(p_tenant, 'refresh.' || v_use, null, null, p_client_id, v_family.user_id, v_family.grant_id,
                             v_family.family_id);
  return v_out;
end
$$;

comment on function pgrant_api.refresh_rotate(uuid, text, inet, text, text, bytea, jsonb, bytea, bytea, text[], bytea, bytea, bytea, text[]) is
  'Refreshes (RFC 6749 6): the current token is rotated to the proposed successor, its predecessor gets the same successor again inside the window, anything else with a valid handle revokes the family. p_scopes null, p_resources {} = all of the family''s. Errors: invalid_client, unauthorized_client, invalid_grant, invalid_scope, invalid_target.';
