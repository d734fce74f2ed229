-- The access token for an identity assertion: it hangs on a grant and a family, as if the person had signed in here.

create function pgrant_api.identity_assertion_redeem(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb, p_possession jsonb,
  p_identity_assertion jsonb, p_scope text, p_resource text, p_access_hash bytea, p_authorization_details jsonb
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_client pgrant_rules.client_policies;
  v_decision pgrant_rules.token_decision;
  v_out pgrant_api.tokens;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, array[p_address], array[p_client_id], array[p_auth_method], array[p_secret_hash],
                                           array[p_assertion], array[p_possession], 'urn:ietf:params:oauth:grant-type:jwt-bearer') a;
  v_client := v_auth.o_client[1];
  if v_auth.o_error[1] is null then
    if v_client.token_endpoint_auth_method = 'none' then
      v_decision.error := 'unauthorized_client';
      v_decision.reason := 'a public client cannot present an identity assertion';
    else
      -- Held before it is looked at: whoever is disabled meanwhile gets no family that whoever does so would not see.
      perform pgrant_rules.user_hold(p_tenant, pgrant_rules.identity_assertion_person(
        p_tenant, p_identity_assertion ->> 'issuer', p_identity_assertion ->> 'subject'));
      v_decision := pgrant_rules.identity_assertion_decision(p_tenant, v_client, p_identity_assertion, p_possession, p_scope, p_resource,
                                                             p_access_hash, p_authorization_details);
    end if;
    v_decision.action := 'identity_assertion.redeem';
  end if;
  v_decision := pgrant_rules.decision_attribute(1, p_request_id, p_address, p_client_id, v_auth.o_error[1], v_auth.o_reason[1],
                                                v_auth.o_detail[1], v_decision);
  if v_decision.error is null then
    perform pgrant_rules.subject_remember(p_tenant, v_client, v_decision.user_id);
    insert into pgrant.token_families (tenant_id, family_id, grant_id, user_id, client_id, offline, scopes, resources, auth_time, amr,
                                       idle_expires_at, expires_at, sweep_after)
    select p_tenant, v_decision.family_id, v_decision.grant_id, v_decision.user_id, p_client_id, true, v_decision.scopes, g.resources,
           v_decision.auth_time, '{}', v_decision.family_expires_at, v_decision.family_expires_at,
           pgrant_rules.sweep_day(v_decision.family_expires_at) + 7
      from pgrant.grants g where g.tenant_id = p_tenant and g.grant_id = v_decision.grant_id;
  end if;
  select t.* into v_out from pgrant_rules.tokens_issue(p_tenant, array[v_client], array[v_decision], v_auth.o_cnf) t;
  return v_out;
end
$$;

comment on function pgrant_api.identity_assertion_redeem(uuid, text, inet, text, text, bytea, jsonb, jsonb, jsonb, text, text, bytea, jsonb) is
  'Issues an access token for the identity assertion of another issuer (draft-ietf-oauth-identity-assertion-authz-grant 4.4): to a confidential client that may present those of that issuer, for the person with whom its sub is linked. p_identity_assertion is what identity_assertion_fault reads; p_scope and p_resource are space-delimited, p_scope null, p_resource empty = what the assertion says; p_authorization_details has to be null; p_possession are the keys that were proven. It is good once. There is neither a refresh token nor an ID token. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_scope, invalid_target, invalid_authorization_details, too_many_attempts, flood.';
