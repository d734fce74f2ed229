-- The answer to a token exchange: never more than the subject's token, the policy, the client and the person have now.

create function pgrant_rules.exchange_decision(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_exchange pgrant_rules.exchange, p_scope text, p_asked jsonb,
  p_issued_hash bytea
) returns pgrant_rules.token_decision
language plpgsql
as $$
declare
  v_out pgrant_rules.token_decision;
  v_subject constant pgrant_rules.live_token := p_exchange.subject;
  v_target constant pgrant_rules.target := p_exchange.target;
  v_requested constant text[] := coalesce(string_to_array(p_scope, ' '), v_subject.scopes);
  v_policy constant text[] := (p_exchange.policy).scopes;
  v_narrowed pgrant_rules.effective_scopes;
  v_details pgrant_rules.narrowed_details;
begin
  v_narrowed := pgrant_rules.scope_narrow(
    p_tenant, v_subject.user_id, coalesce(v_target.scopes, p_client.scopes),
    -- There is no ID token in it, and nothing that outlives it.
    array(select r.scope from unnest(v_requested) with ordinality r (scope, n)
           where r.scope = any (v_subject.scopes) and coalesce(r.scope = any (v_policy), true)
             and r.scope not in ('openid', 'offline_access') order by r.n), v_subject.scopes);
  v_details := pgrant_rules.details_narrow(p_tenant, p_client.authorization_details_types, p_asked,
                                           coalesce(v_subject.details, '[]'), coalesce(v_subject.details, '[]'), v_target.audience);
  v_out.detail := case when not v_requested <@ v_subject.scopes or v_narrowed.scopes = '{}' then array_to_string(v_requested, ' ') end;
  if not v_requested <@ v_subject.scopes then
    v_out.error := 'invalid_scope';
    v_out.reason := 'scope beyond that of subject_token';
  elsif v_details.error is not null then
    v_out.error := v_details.error;
    v_out.reason := v_details.reason;
    v_out.detail := v_details.detail;
  elsif v_narrowed.scopes = '{}' and v_details.details = '[]' then
    v_out.error := 'invalid_scope';
    v_out.reason := 'no scope is left';
  end if;
  v_out.user_id := v_subject.user_id;
  v_out.grant_id := v_subject.grant_id;
  v_out.family_id := v_subject.family_id;
  v_out.family_client_id := v_subject.family_client_id;
  v_out.exchanged_by := pgrant_rules.exchange_way(v_subject);
  -- Locked, so that nobody revokes what it hangs on meanwhile.
  select f.expires_at into v_out.family_expires_at
    from pgrant.token_families f
   where f.tenant_id = p_tenant and f.family_id = v_subject.family_id and f.revoked_at is null
     for key share;
  if not found then
    v_out.error := 'invalid_request';
    v_out.reason := 'subject_token unknown, expired or revoked';
  end if;
  v_out.auth_time := v_subject.auth_time;
  v_out.acr := v_subject.acr;
  v_out.scopes := v_narrowed.scopes;
  v_out.roles := v_narrowed.roles;
  v_out.asked := case when v_out.error is null and v_narrowed.scopes <> v_requested then v_requested end;
  v_out.consented := v_subject.scopes;
  v_out.access_hash := p_issued_hash;
  v_out.refresh_token := false;
  v_out.details := v_details.details;
  v_out.act := p_exchange.act;
  return pgrant_rules.access_token_decide(p_client, v_target, least(v_subject.expires_at, v_out.family_expires_at), v_out);
end
$$;

comment on function pgrant_rules.exchange_decision(uuid, pgrant_rules.client_policies, pgrant_rules.exchange, text, jsonb, bytea) is
  'The token of an exchange that is allowed: it hangs on the family of the subject''s token, so that whatever revokes that, its grant or its session, ends this one as well, and expires no later. Errors: invalid_target, invalid_scope, invalid_authorization_details, temporarily_unavailable, invalid_request.';

create function pgrant_api.token_exchange(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb, p_possession jsonb,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_actor jsonb,
  p_scope text, p_issued_hash bytea, p_resource text, p_audience text, p_authorization_details jsonb
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_exchange pgrant_rules.exchange;
  v_tokens pgrant_rules.live_token[];
  v_decision pgrant_rules.token_decision;
  v_out pgrant_api.tokens;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, array[p_address], array[p_client_id], array[p_auth_method], array[p_secret_hash],
                                           array[p_assertion], array[p_possession], pgrant_rules.exchange_grant()) a;
  if v_auth.o_error[1] is null then
    v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
      p_tenant, array[p_access_hash, decode(p_actor ->> 'access_hash', 'hex')],
      array[p_access_expires_at, (p_actor ->> 'access_expires_at')::bigint], array[p_jwt, nullif(p_actor -> 'jwt', 'null')]));
    v_exchange := pgrant_rules.exchange_decide(p_tenant, v_auth.o_client[1], p_possession, p_resource, p_audience,
                                               v_tokens[1], p_jwt -> 'may_act', p_actor is not null, v_tokens[2]);
    if v_exchange.error is null then
      -- Its keys are proven; a token that is bound is exchanged for none that a thief could use.
      v_auth.o_cnf[1] := coalesce(v_auth.o_cnf[1] || (v_exchange.subject).cnf, v_auth.o_cnf[1], (v_exchange.subject).cnf);
      v_decision := pgrant_rules.exchange_decision(p_tenant, v_auth.o_client[1], v_exchange, p_scope, p_authorization_details,
                                                   p_issued_hash);
    else
      v_decision.error := v_exchange.error;
      v_decision.reason := v_exchange.reason;
      v_decision.detail := coalesce((v_exchange.target).detail, v_exchange.reason);
      v_decision.user_id := v_tokens[1].user_id;
      v_decision.grant_id := v_tokens[1].grant_id;
    end if;
    v_decision.action := 'token.exchange';
  end if;
  v_decision := pgrant_rules.decision_attribute(1, p_request_id, p_address, p_client_id, v_auth.o_error[1], v_auth.o_reason[1],
                                                v_auth.o_detail[1], v_decision);
  select t.* into v_out
    from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, array[v_decision], v_auth.o_cnf) t;
  return v_out;
end
$$;

comment on function pgrant_api.token_exchange(uuid, text, inet, text, text, bytea, jsonb, jsonb, bytea, bigint, jsonb, jsonb, text, bytea, text, text, jsonb) is
  'Exchanges the access token of a person for another one (RFC 8693 2.1), where a policy lets the client: p_access_hash or p_jwt is the subject''s token, as of token_introspect, neither = not a token of ours; p_actor is {access_hash (hex), access_expires_at, jwt} of the actor''s, null = the client acts; p_issued_hash is that of the new one. p_scope null = all of the subject''s token; p_resource empty and p_audience (a resource, or one of its audiences) null = the tenant''s own audience; p_authorization_details as of details_refusal. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, unauthorized_client, invalid_request, invalid_target, invalid_scope, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
