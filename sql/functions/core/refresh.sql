-- Refresh tokens (RFC 6749 6): rotation, replay, and reuse detection (RFC 9700 4.14.2).

create function pgrant_rules.families_lock(p_tenant uuid, p_handle_hash bytea[]) returns pgrant.token_families[]
language plpgsql
as $$
declare
  v_families pgrant.token_families[] := array(
    select f from pgrant.token_families f
     where f.tenant_id = p_tenant and f.handle_hash = any (p_handle_hash)
     order by f.family_id
       for update);
  v_found bytea[];
  v_out pgrant.token_families[];
begin
  for i in 1 .. cardinality(v_families) loop
    v_found[i] := (v_families[i]).handle_hash;
  end loop;
  for i in 1 .. cardinality(p_handle_hash) loop
    v_out[i] := v_families[array_position(v_found, p_handle_hash[i])];
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.families_lock(uuid, bytea[]) is
  'The family behind each handle, locked in the order of their keys; null where there is none.';

create type pgrant_rules.rotation as (
  family_id        uuid,
  successor_hash   bytea,
  successor_salt   bytea,
  replay_until     timestamptz,
  idle_expires_at  timestamptz,
  cnf              jsonb
);

comment on type pgrant_rules.rotation is 'A refresh token that takes the place of the current one of its family (see token_decision).';
comment on column pgrant_rules.rotation.successor_salt is 'What the token was derived with from its predecessor, to be given back on a replay; null = it cannot be replayed.';
comment on column pgrant_rules.rotation.cnf is 'The key that it is to be bound to, unless its family is bound to one (RFC 9449 5); null = none.';

create function pgrant_rules.families_rotate(p_tenant uuid, p_rotations pgrant_rules.rotation[]) returns void
language plpgsql
as $$
begin
  update pgrant.token_families f
     set generation = f.generation + 1,
         previous_hash = f.current_hash,
         current_hash = r.successor_hash,
         successor_salt = r.successor_salt,
         replay_until = r.replay_until,
         replays = 0,
         cnf = coalesce(f.cnf, r.cnf),
         bound_later = f.bound_later or f.cnf is null and r.cnf is not null,
         last_used_at = now(),
         idle_expires_at = r.idle_expires_at,
         -- Never more than a week too late, even where a setting has shortened its life: family_page() relies on it.
         sweep_after = case when f.sweep_after - pgrant_rules.sweep_day(r.idle_expires_at) between 0 and 7
                            then f.sweep_after else pgrant_rules.sweep_day(r.idle_expires_at) + 7 end
    from unnest(p_rotations) r
   where f.tenant_id = p_tenant
     and f.family_id = r.family_id;
end
$$;

comment on function pgrant_rules.families_rotate(uuid, pgrant_rules.rotation[]) is
  'Rotates: the proposed successor is current from now on, the one before may be replayed for the client''s window. The absolute expiry does not move, nor does the key that a family is bound to.';

create function pgrant_rules.families_replay(p_tenant uuid, p_family_ids uuid[]) returns void
language plpgsql
as $$
begin
  update pgrant.token_families f
     set replays = f.replays + 1, replays_total = f.replays_total + 1
   where f.tenant_id = p_tenant and f.family_id = any (p_family_ids);
end
$$;

comment on function pgrant_rules.families_replay(uuid, uuid[]) is 'Counts a replay of each family.';

create function pgrant_api.refresh_rotate(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_handle_hash bytea[], p_refresh_hash bytea[], p_scope text[],
  p_access_hash bytea[], p_successor_hash bytea[], p_successor_salt bytea[], p_resource text[],
  p_authorization_details jsonb[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_decisions pgrant_rules.token_decision[];
  v_decision pgrant_rules.token_decision;
  v_rotations pgrant_rules.rotation[] := array[]::pgrant_rules.rotation[];
  v_replayed uuid[] := array[]::uuid[];
  v_reused uuid[] := array[]::uuid[];
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  if cardinality(p_client_id) > 1 and pgrant_rules.any_twice(p_handle_hash, p_assertion) then
    -- Who comes second finds what the first has left. What all of them lock is locked in the order of a set, whatever theirs is.
    perform pgrant_rules.families_lock(p_tenant, p_handle_hash);
    for i in 1 .. cardinality(p_client_id) loop
      return query
      select * from pgrant_api.refresh_rotate(
        p_tenant, p_request_id[i:i], p_address[i:i], p_client_id[i:i], p_auth_method[i:i], p_secret_hash[i:i], p_assertion[i:i],
        p_possession[i:i], p_handle_hash[i:i], p_refresh_hash[i:i], p_scope[i:i], p_access_hash[i:i], p_successor_hash[i:i],
        p_successor_salt[i:i], p_resource[i:i], p_authorization_details[i:i]);
    end loop;
    return;
  end if;

  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              p_possession, 'refresh_token');
  v_decisions := pgrant_rules.refreshes_decide(
    p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason, v_auth.o_detail,
    pgrant_rules.families_lock(p_tenant, p_handle_hash), p_refresh_hash, p_scope, p_resource, p_access_hash, p_successor_hash,
    p_successor_salt, v_auth.o_cnf, p_authorization_details);
  foreach v_decision in array v_decisions loop
    case
      when v_decision.action = 'refresh.rotate' and v_decision.error is null then
        v_rotations := v_rotations || row(v_decision.family_id, v_decision.successor_hash, v_decision.successor_salt,
                                          v_decision.replay_until, v_decision.idle_expires_at,
                                          pgrant_rules.family_cnf(v_auth.o_client[v_decision.n], v_auth.o_cnf[v_decision.n])
                                         )::pgrant_rules.rotation;
      when v_decision.action = 'refresh.replay' then v_replayed := v_replayed || v_decision.family_id;
      when v_decision.action = 'refresh.reuse' then v_reused := v_reused || v_decision.family_id;
      else null;
    end case;
  end loop;

  if cardinality(v_rotations) > 0 then
    perform pgrant_rules.families_rotate(p_tenant, v_rotations);
  end if;
  if v_replayed <> '{}' then
    perform pgrant_rules.families_replay(p_tenant, v_replayed);
  end if;
  if v_reused <> '{}' then
    perform pgrant_rules.families_revoke(p_tenant, v_reused, 'refresh token reused');
  end if;
  return query select t.* from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, v_decisions, v_auth.o_cnf) t;
end
$$;

comment on function pgrant_api.refresh_rotate(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bytea[], text[], bytea[], bytea[], bytea[], text[], jsonb[]) is
  'Refreshes (RFC 6749 6), a set of requests at once: the current token is rotated to the proposed successor, its predecessor gets the same successor again inside the window, anything else with a valid handle revokes the family. p_scope and p_resource are space-delimited; p_scope null, p_resource empty, p_authorization_details (as of details_refusal) null = all of the family''s; p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
