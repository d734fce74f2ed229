-- Refresh tokens (RFC 6749 6): rotation, replay, and reuse detection (RFC 9700 4.14.2).

create function pgrant_rules.refresh_use(
  p_family pgrant.token_families, p_client_id text, p_refresh_hash bytea, p_cnf jsonb
) returns text
language sql stable
as $$
  select case
    when p_family.family_id is null then 'refresh token unknown'
    when p_family.client_id <> p_client_id then 'refresh token of another client'
    -- Before what it means: nobody without the key can have the family revoked.
    when p_family.cnf is not null and not coalesce(p_cnf @> p_family.cnf, false) then 'refresh token of another key'
    when p_family.revoked_at is not null then concat('family revoked: ', p_family.revoked_reason)
    when p_family.expires_at <= now() then 'family expired'
    when p_family.idle_expires_at <= now() then 'refresh token idle too long'
    when p_family.current_hash = p_refresh_hash then 'rotate'
    when p_family.previous_hash = p_refresh_hash and now() < p_family.replay_until
      then case when p_family.replays < 100 then 'replay' else 'replayed too often' end
    else 'reuse'
  end
$$;

comment on function pgrant_rules.refresh_use(pgrant.token_families, text, bytea, jsonb) is
  'What presenting a refresh token means: rotate (the current one), replay (its predecessor, inside the window and at most 100 times), reuse (any other with a valid handle), or else why it is refused.';

create function pgrant_rules.refreshes_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_family pgrant.token_families[], p_handle_hash bytea[], p_refresh_hash bytea[], p_scope text[], p_resource text[],
  p_access_hash bytea[], p_successor_hash bytea[], p_sealed_successor bytea[], p_cnf jsonb[],
  p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_known record;
  v_issued_at timestamptz := pgrant_rules.whole_second(now());
begin
  select s.* into v_known
    from pgrant_rules.scopes_find(p_tenant, array(select distinct unnest(f.scopes) from unnest(p_family) f),
                                  array(select f.user_id from unnest(p_family) f)) s;
  return array(
    with presented as materialized (
      select q.*, c.scopes as client_scopes, c.authorization_details_types as types, f.authorization_details as held, c.audience,
             c.access_token_format, c.access_token_alg, c.access_token_typ, c.access_token_lifetime,
             c.refresh_idle_lifetime, c.replay_window, f as family, pgrant_rules.refresh_use(f, q.client_id, q.refresh_hash, q.cnf) as use,
             coalesce(string_to_array(q.scope, ' '), f.scopes) as requested,
             -- Read, not locked: whoever revokes a grant revokes its families too, and waits for the rotation.
             case when u.user_id is not null then g.scopes end as consented, g.authorization_details as granted,
             case when q.resource <> '' or f.resources <> '{}'
                  then pgrant_rules.resource_target(p_tenant, c.scopes, string_to_array(q.resource, ' '), f.resources) end as target
        from unnest(p_request_id, p_address, p_client_id, p_error, p_reason, p_detail, p_handle_hash, p_refresh_hash, p_scope, p_resource,
                    p_access_hash, p_successor_hash, p_sealed_successor, p_cnf, p_authorization_details)
             with ordinality q (request_id, address, client_id, error, reason, detail, handle_hash, refresh_hash, scope, resource,
                                access_hash, successor_hash, sealed_successor, cnf, asked, n)
        join unnest(p_client) with ordinality c on c.ordinality = q.n
        left join unnest(p_family) f on f.handle_hash = q.handle_hash
        left join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = f.grant_id and g.revoked_at is null
        left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
    ), narrowed as materialized (
      select p.*,
             pgrant_rules.scopes_effective(p.requested, coalesce((p.target).scopes, p.client_scopes), p.consented,
                                           (p.family).user_id, v_known.o_defined, v_known.o_roles, v_known.o_held) as scopes,
             case when p.asked is not null or p.held <> '[]' then pgrant_rules.details_narrow(
               p_tenant, p.types, p.asked, p.held, p.granted, (p.target).audience) end as details
        from presented p
    ), decided as materialized (
      select p.*,
             case when p.error is not null then p.reason
                  when p.use = 'reuse' then 'refresh token reused'
                  when p.use not in ('rotate', 'replay') then p.use
                  when p.consented is null then 'grant revoked or user disabled'
                  when (p.target).error is not null then (p.target).reason
                  -- RFC 6749 6: no scope beyond what was granted.
                  when not p.requested <@ (p.family).scopes then 'scope beyond the original grant'
                  when (p.details).error is not null then (p.details).reason
                  when p.scopes = '{}' and coalesce((p.details).details, '[]') = '[]' then 'no scope is left'
             end as refused
        from narrowed p
    )
    select row(
             p.n, p.request_id, p.address,
             case when p.error is not null then 'client.authenticate'
                  when p.use = 'reuse' or p.use = 'replay' and p.refused is null then 'refresh.' || p.use
                  else 'refresh.rotate' end,
             case when p.refused is null then null
                  when p.error is not null then p.error
                  when p.use not in ('rotate', 'replay') or p.consented is null then 'invalid_grant'
                  when (p.target).error is not null then (p.target).error
                  when not p.requested <@ (p.family).scopes then 'invalid_scope'
                  else coalesce((p.details).error, 'invalid_scope') end,
             p.refused,
             case when p.error is not null then p.detail
                  when p.refused in ('scope beyond the original grant', 'no scope is left') then (
                    select string_agg(r.scope, ' ' order by r.n) from unnest(p.requested) with ordinality r (scope, n)
                     where p.requested <@ (p.family).scopes or not r.scope = any ((p.family).scopes))
                  when (p.details).reason = p.refused then (p.details).detail
             end,
             p.client_id, (p.family).user_id, (p.family).grant_id, (p.family).family_id, (p.family).expires_at,
             (p.family).session_id, (p.family).auth_time, (p.family).acr, (p.family).amr, null, (p.family).claims_id_token,
             case when p.refused is null and p.scopes <> p.requested then p.requested end, p.consented, p.scopes,
             array(select s.scope from unnest(p.scopes) s (scope) where s.scope = any (v_known.o_roles)),
             coalesce((p.target).audience, p.audience), coalesce((p.target).access_token_format, p.access_token_format),
             coalesce((p.target).access_token_alg, p.access_token_alg), coalesce((p.target).access_token_typ, p.access_token_typ),
             p.access_hash,
             least(v_issued_at + make_interval(secs => coalesce((p.target).access_token_lifetime, p.access_token_lifetime)),
                   (p.family).expires_at),
             true, p.successor_hash,
             case when p.use = 'replay' then (p.family).sealed_successor when p.replay_window > 0 then p.sealed_successor end,
             now() + make_interval(secs => p.replay_window),
             least(v_issued_at + make_interval(secs => p.refresh_idle_lifetime), (p.family).expires_at),
             (p.details).details, null, null, null
           )::pgrant_rules.token_decision
      from decided p
     order by p.n);
end
$$;

comment on function pgrant_rules.refreshes_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], pgrant.token_families[], bytea[], bytea[], text[], text[], bytea[], bytea[], bytea[], jsonb[], jsonb[]) is
  'Decides what each refresh request gets, and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate, p_family the families behind the handles, locked.';

create function pgrant_rules.families_rotate(p_tenant uuid, p_decisions pgrant_rules.token_decision[]) returns void
language plpgsql
as $$
begin
  update pgrant.token_families f
     set generation = f.generation + 1,
         previous_hash = f.current_hash,
         current_hash = d.successor_hash,
         sealed_successor = d.sealed_successor,
         replay_until = d.replay_until,
         replays = 0,
         last_used_at = now(),
         idle_expires_at = d.idle_expires_at,
         sweep_after = case when f.sweep_after < pgrant_rules.sweep_day(d.idle_expires_at)
                            then pgrant_rules.sweep_day(d.idle_expires_at) + 7 else f.sweep_after end
    from unnest(p_decisions) d
   where f.tenant_id = p_tenant
     and f.family_id = d.family_id
     and d.action = 'refresh.rotate'
     and d.error is null;
end
$$;

comment on function pgrant_rules.families_rotate(uuid, pgrant_rules.token_decision[]) is
  'Rotates: the proposed successor is current from now on, the one before may be replayed for the client''s window. The absolute expiry does not move.';

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
  p_access_hash bytea[], p_successor_hash bytea[], p_sealed_successor bytea[], p_resource text[],
  p_authorization_details jsonb[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_decisions pgrant_rules.token_decision[];
  v_replayed uuid[];
  v_reused uuid[];
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  if cardinality(p_client_id) > 1 and pgrant_rules.any_twice(p_handle_hash, p_assertion) then
    -- Who comes second finds what the first has left.
    for i in 1 .. cardinality(p_client_id) loop
      return query
      select * from pgrant_api.refresh_rotate(
        p_tenant, p_request_id[i:i], p_address[i:i], p_client_id[i:i], p_auth_method[i:i], p_secret_hash[i:i], p_assertion[i:i],
        p_possession[i:i], p_handle_hash[i:i], p_refresh_hash[i:i], p_scope[i:i], p_access_hash[i:i], p_successor_hash[i:i],
        p_sealed_successor[i:i], p_resource[i:i], p_authorization_details[i:i]);
    end loop;
    return;
  end if;

  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash,
                                           p_assertion, p_possession, 'refresh_token') a;
  v_decisions := pgrant_rules.refreshes_decide(
    p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason, v_auth.o_detail,
    array(select f from pgrant.token_families f
           where f.tenant_id = p_tenant and f.handle_hash = any (p_handle_hash)
           order by f.family_id
             for update),
    p_handle_hash, p_refresh_hash, p_scope, p_resource, p_access_hash, p_successor_hash, p_sealed_successor,
    v_auth.o_cnf, p_authorization_details);

  perform pgrant_rules.families_rotate(p_tenant, v_decisions);
  select coalesce(array_agg(d.family_id) filter (where d.action = 'refresh.replay'), '{}'),
         coalesce(array_agg(d.family_id) filter (where d.action = 'refresh.reuse'), '{}')
    into v_replayed, v_reused
    from unnest(v_decisions) d;
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
