-- Refresh tokens (RFC 6749 6): what presenting one means, and whether it is good.

create function pgrant_rules.refresh_use(
  p_family pgrant.token_families, p_client_id text, p_refresh_hash bytea, p_cnf jsonb
) returns text
language sql stable
as $$
  select case
    when p_family.family_id is null then 'refresh token unknown'
    when p_family.client_id <> p_client_id then 'refresh token of another client'
    -- Before what it means: nobody without the key can have the family revoked. But one of before there was a key may have been
    -- stolen, and the family bound to the key of the thief: whoever lost it can.
    when p_family.cnf is not null and not coalesce(p_cnf @> p_family.cnf, false)
         and (not p_family.bound_later or p_family.current_hash = p_refresh_hash
              or p_family.previous_hash = p_refresh_hash and now() < p_family.replay_until)
      then 'refresh token of another key'
    when p_family.revoked_at is not null then concat('family revoked: ', p_family.revoked_reason)
    when p_family.expires_at <= now() then 'family expired'
    when p_family.idle_expires_at <= now() then 'refresh token idle too long'
    when p_family.current_hash = p_refresh_hash then 'rotate'
    when p_family.previous_hash = p_refresh_hash and now() < p_family.replay_until
      -- Sealed by a release before, or erased as its time ended: given anything else, its holder would have the family revoked.
      then case when length(p_family.successor_salt) is distinct from 32 then 'successor not there to be given again'
                when p_family.replays < 100 then 'replay' else 'replayed too often' end
    else 'reuse'
  end
$$;

comment on function pgrant_rules.refresh_use(pgrant.token_families, text, bytea, jsonb) is
  'What presenting a refresh token means: rotate (the current one), replay (its predecessor, inside the window and at most 100 times, while its successor can be derived), reuse (any other with a valid handle), or else why it is refused.';

create function pgrant_rules.refresh_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_family pgrant.token_families, p_grant pgrant.grants,
  p_known pgrant_rules.known_scopes, p_refresh_hash bytea, p_scope text[], p_resource text[], p_cnf jsonb, p_details jsonb
) returns pgrant_rules.token_decision
language plpgsql
as $$
declare
  v_use constant text := pgrant_rules.refresh_use(p_family, p_client.client_id, p_refresh_hash, p_cnf);
  v_requested constant text[] := coalesce(p_scope, p_family.scopes);
  v_target pgrant_rules.target;
  v_details pgrant_rules.narrowed_details;
  v_out pgrant_rules.token_decision;
begin
  v_out.action := case v_use when 'reuse' then 'refresh.reuse' else 'refresh.rotate' end;
  v_out.error := 'invalid_grant';
  v_out.user_id := p_family.user_id;
  v_out.grant_id := p_family.grant_id;
  v_out.family_id := p_family.family_id;
  if v_use not in ('rotate', 'replay') then
    v_out.reason := case v_use when 'reuse' then 'refresh token reused' else v_use end;
    return v_out;
  elsif p_grant.grant_id is null then
    v_out.reason := 'grant revoked or user disabled';
    return v_out;
  end if;

  if p_resource <> '{}' or p_family.resources <> '{}' then
    v_target := pgrant_rules.resource_target(p_tenant, p_client.scopes, p_resource, p_family.resources);
  end if;
  v_out.scopes := pgrant_rules.scopes_effective(v_requested, coalesce(v_target.scopes, p_client.scopes), p_grant.scopes,
                                                p_family.user_id, p_known);
  if p_details is not null or p_family.authorization_details <> '[]' then
    v_details := pgrant_rules.details_narrow(p_tenant, p_client.authorization_details_types, p_details,
                                             p_family.authorization_details, p_grant.authorization_details, v_target.audience);
  end if;
  if v_target.error is not null then
    v_out.error := v_target.error;
    v_out.reason := v_target.reason;
    v_out.detail := v_target.detail;
    return v_out;
  elsif not v_requested <@ p_family.scopes then
    -- RFC 6749 6: no scope beyond what was granted.
    v_out.error := 'invalid_scope';
    v_out.reason := 'scope beyond the original grant';
    v_out.detail := array_to_string(pgrant_rules.scopes_without(v_requested, p_family.scopes), ' ');
    return v_out;
  elsif v_details.error is not null then
    v_out.error := v_details.error;
    v_out.reason := v_details.reason;
    v_out.detail := v_details.detail;
    return v_out;
  elsif v_out.scopes = '{}' and coalesce(v_details.details, '[]') = '[]' then
    v_out.error := 'invalid_scope';
    v_out.reason := 'no scope is left';
    v_out.detail := array_to_string(v_requested, ' ');
    return v_out;
  end if;

  v_out.action := 'refresh.' || v_use;
  v_out.error := null;
  v_out.family_expires_at := p_family.expires_at;
  v_out.session_id := p_family.session_id;
  v_out.auth_time := p_family.auth_time;
  v_out.acr := p_family.acr;
  v_out.amr := p_family.amr;
  v_out.claims_id_token := p_family.claims_id_token;
  v_out.roles := pgrant_rules.scopes_common(v_out.scopes, p_known.roles);
  v_out.details := v_details.details;
  v_out.consented := p_grant.scopes;
  if v_out.scopes <> v_requested then
    v_out.asked := v_requested;
  end if;
  return pgrant_rules.access_token_decide(p_client, v_target, p_family.expires_at, v_out);
end
$$;

comment on function pgrant_rules.refresh_decide(uuid, pgrant_rules.client_policies, pgrant.token_families, pgrant.grants, pgrant_rules.known_scopes, bytea, text[], text[], jsonb, jsonb) is
  'Whether a refresh token is good, and for what access token. p_family is the family behind its handle, p_grant its grant where that and the person are live.';

create function pgrant_rules.refreshes_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_family pgrant.token_families[], p_refresh_hash bytea[], p_scope text[], p_resource text[],
  p_access_hash bytea[], p_successor_hash bytea[], p_successor_salt bytea[], p_cnf jsonb[], p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_family pgrant.token_families;
  v_client pgrant_rules.client_policies;
  v_grants pgrant.grants[];
  v_grant_ids uuid[];
  v_user_ids uuid[];
  v_scopes text[] := array[]::text[];
  v_known pgrant_rules.known_scopes;
  v_decision pgrant_rules.token_decision;
  v_out pgrant_rules.token_decision[];
begin
  for i in 1 .. cardinality(p_family) loop
    v_family := p_family[i];
    v_grant_ids[i] := v_family.grant_id;
    v_user_ids[i] := v_family.user_id;
    if not v_family.scopes <@ v_scopes then
      v_scopes := v_scopes || v_family.scopes;
    end if;
  end loop;
  -- Read, not locked: whoever revokes a grant revokes its families too, and waits for the rotation.
  select array_agg(g), array_agg(g.grant_id) into v_grants, v_grant_ids
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.grant_id = any (v_grant_ids) and g.revoked_at is null;
  select array_agg(u.user_id) into v_user_ids
    from pgrant.users u
   where u.tenant_id = p_tenant and u.user_id = any (v_user_ids) and u.disabled_at is null;
  v_known := pgrant_rules.scopes_find(p_tenant, v_scopes, v_user_ids);
  for i in 1 .. cardinality(p_family) loop
    v_family := p_family[i];
    if i = 1 or p_client_id[i] is distinct from p_client_id[i - 1] then
      v_client := p_client[i];
    end if;
    v_decision := null;
    if p_error[i] is null then
      v_decision := pgrant_rules.refresh_decide(
        p_tenant, v_client, v_family,
        case when v_family.user_id = any (v_user_ids) then v_grants[array_position(v_grant_ids, v_family.grant_id)] end,
        v_known, p_refresh_hash[i],
        string_to_array(p_scope[i], ' '), string_to_array(p_resource[i], ' '), p_cnf[i], p_authorization_details[i]);
    end if;
    if v_decision.action in ('refresh.rotate', 'refresh.replay') and v_decision.error is null then
      v_decision.access_hash := p_access_hash[i];
      v_decision.refresh_token := true;
      v_decision.successor_hash := p_successor_hash[i];
      v_decision.successor_salt := case when v_decision.action = 'refresh.replay' then v_family.successor_salt
                                        when v_client.replay_window > 0 then p_successor_salt[i] end;
      v_decision.replay_until := now() + make_interval(secs => v_client.replay_window);
      v_decision.idle_expires_at := least(pgrant_rules.after(v_client.refresh_idle_lifetime), v_family.expires_at);
    end if;
    v_out[i] := pgrant_rules.decision_attribute(i, p_request_id[i], p_address[i], p_client_id[i], p_error[i], p_reason[i], p_detail[i],
                                                v_decision);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.refreshes_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], pgrant.token_families[], bytea[], text[], text[], bytea[], bytea[], bytea[], jsonb[], jsonb[]) is
  'Decides what each refresh request gets (see refresh_decide), and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate, p_family of families_lock.';
