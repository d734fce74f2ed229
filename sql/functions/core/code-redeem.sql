-- Redeeming codes: what they give begins a family.

create function pgrant_rules.sweep_day(p_dead_at timestamptz) returns date
language sql stable
as $$ select (p_dead_at at time zone 'UTC')::date + 1 $$;

comment on function pgrant_rules.sweep_day(timestamptz) is 'The first day (UTC) on which a family that is dead at p_dead_at may be swept.';

create function pgrant_rules.family_cnf(p_client pgrant_rules.client_policies, p_cnf jsonb) returns jsonb
language sql immutable
as $$ select case when p_client.token_endpoint_auth_method = 'none' then p_cnf end $$;

comment on function pgrant_rules.family_cnf(pgrant_rules.client_policies, jsonb) is
  'The keys that refresh tokens are bound to: those that a public client proves (RFC 9449 5). Those of others are bound to the client, which authenticates.';

create function pgrant_rules.families_start(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_decisions pgrant_rules.token_decision[], p_code pgrant.codes[],
  p_cnf jsonb[], p_handle_hash bytea[], p_refresh_hash bytea[]
) returns void
language plpgsql
as $$
declare
  v_earliest timestamptz;
  v_latest timestamptz;
begin
  insert into pgrant.token_families (
    tenant_id, family_id, grant_id, user_id, client_id, session_id, offline, scopes, claims_id_token, claims_userinfo,
    auth_time, acr, amr, resources, authorization_details, handle_hash, current_hash, idle_expires_at, expires_at, sweep_after, cnf)
  select p_tenant, d.family_id, k.grant_id, k.user_id, k.client_id, k.session_id,
         'offline_access' = any (k.scopes) or not 'openid' = any (k.scopes),
         k.scopes, k.claims_id_token, k.claims_userinfo, k.auth_time, k.acr, k.amr, k.resources, k.authorization_details,
         case when d.refresh_token then p_handle_hash[d.n] end, case when d.refresh_token then p_refresh_hash[d.n] end,
         d.idle_expires_at, d.family_expires_at, pgrant_rules.sweep_day(d.idle_expires_at) + 7,
         pgrant_rules.family_cnf(p_client[d.n], p_cnf[d.n])
    from unnest(p_decisions) d
    join unnest(p_code) with ordinality k on k.ordinality = d.n
   where d.error is null;

  -- The grant outlives what hangs on it.
  update pgrant.grants g
     set last_used_at = now(),
         expires_at = greatest(g.expires_at, d.family_expires_at)
    from (select d.grant_id, max(d.family_expires_at) as family_expires_at
            from unnest(p_decisions) d where d.error is null group by d.grant_id) d
   where g.tenant_id = p_tenant and g.grant_id = d.grant_id;

  for i in 1 .. cardinality(p_code) loop
    v_earliest := least(v_earliest, (p_code[i]).expires_at);
    v_latest := greatest(v_latest, (p_code[i]).expires_at);
  end loop;
  update pgrant.codes c
     set used_at = now(), family_id = d.family_id
    from unnest(p_decisions) d
    join unnest(p_code) with ordinality k on k.ordinality = d.n
   where c.tenant_id = p_tenant and c.code_hash = k.code_hash and c.expires_at = k.expires_at
     -- In which partitions they are (see expiries).
     and c.expires_at between v_earliest and v_latest
     and d.error is null;
end
$$;

comment on function pgrant_rules.families_start(uuid, pgrant_rules.client_policies[], pgrant_rules.token_decision[], pgrant.codes[], jsonb[], bytea[], bytea[]) is
  'Starts the family of what each code gives, with a refresh token where the client is registered for refresh_token, and marks the codes as used by it. Of a public client it is bound to the key (RFC 9449 5): anybody else''s refresh tokens are the client''s that authenticates.';

create function pgrant_rules.session_clients_note(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_decisions pgrant_rules.token_decision[]
) returns void
language plpgsql
as $$
begin
  if not exists (select from unnest(p_client) c where c.told_of_logout) then
    return;
  end if;
  insert into pgrant.session_clients (tenant_id, session_id, client_id, user_id, expires_at)
  select p_tenant, d.session_id, d.client_id, d.user_id, max(s.expires_at)
    from unnest(p_decisions) d
    join unnest(p_client) with ordinality c on c.ordinality = d.n
    join pgrant.sessions s on s.tenant_id = p_tenant and s.session_id = d.session_id and s.ended_at is null
   where d.error is null and c.told_of_logout and 'openid' = any (d.scopes)
   group by d.session_id, d.client_id, d.user_id
      on conflict (tenant_id, session_id, client_id) do update set expires_at = excluded.expires_at;
end
$$;

comment on function pgrant_rules.session_clients_note(uuid, pgrant_rules.client_policies[], pgrant_rules.token_decision[]) is
  'Keeps which clients are to be told when the session ends in which they get an ID token.';

create function pgrant_api.code_redeem(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_code_hash bytea[], p_code_expires_at bigint[], p_redirect_uri text[], p_code_challenge text[],
  p_access_hash bytea[], p_handle_hash bytea[], p_refresh_hash bytea[], p_resource text[],
  p_authorization_details jsonb[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_codes pgrant.codes[];
  v_decisions pgrant_rules.token_decision[];
  v_decision pgrant_rules.token_decision;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  if cardinality(p_client_id) > 1 and pgrant_rules.any_twice(p_code_hash, p_assertion) then
    -- Who comes second finds what the first has left. What all of them lock is locked in the order of a set, whatever theirs is.
    perform pgrant_rules.codes_lock(p_tenant, p_code_hash, p_code_expires_at);
    for i in 1 .. cardinality(p_client_id) loop
      return query
      select * from pgrant_api.code_redeem(
        p_tenant, p_request_id[i:i], p_address[i:i], p_client_id[i:i], p_auth_method[i:i], p_secret_hash[i:i], p_assertion[i:i],
        p_possession[i:i], p_code_hash[i:i], p_code_expires_at[i:i], p_redirect_uri[i:i], p_code_challenge[i:i], p_access_hash[i:i],
        p_handle_hash[i:i], p_refresh_hash[i:i], p_resource[i:i], p_authorization_details[i:i]);
    end loop;
    return;
  end if;

  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              p_possession, 'authorization_code');
  v_codes := pgrant_rules.codes_lock(p_tenant, p_code_hash, p_code_expires_at);
  v_decisions := pgrant_rules.codes_decide(
    p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason, v_auth.o_detail, v_codes,
    p_redirect_uri, p_code_challenge, p_resource, p_access_hash, v_auth.o_cnf, p_authorization_details);
  perform pgrant_rules.families_start(p_tenant, v_auth.o_client, v_decisions, v_codes, v_auth.o_cnf, p_handle_hash, p_refresh_hash);
  perform pgrant_rules.session_clients_note(p_tenant, v_auth.o_client, v_decisions);
  perform pgrant_rules.grants_changed(p_tenant, v_decisions);
  foreach v_decision in array v_decisions loop
    if v_decision.action = 'code.reuse' then
      perform pgrant_rules.families_revoke(p_tenant, array[v_decision.family_id], 'code used twice');
    end if;
  end loop;
  return query select t.* from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, v_decisions, v_auth.o_cnf) t;
end
$$;

comment on function pgrant_api.code_redeem(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bigint[], text[], text[], bytea[], bytea[], bytea[], text[], jsonb[]) is
  'Redeems authorization codes (RFC 6749 4.1.3, RFC 7636 4.6), a set of requests at once. p_code_challenge is S256 of the verifier; p_resource is space-delimited, empty = all that were granted; p_authorization_details as of details_refusal, null = all that were granted. p_possession are the keys that were proven. Each starts a family; a second use revokes it. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
