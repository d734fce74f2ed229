-- The token exchange that gives an identity assertion (RFC 8693, ID-JAG 4.3).

create function pgrant_api.identity_assertion_issue(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb, p_possession jsonb,
  p_id_token jsonb, p_handle_hash bytea, p_refresh_hash bytea,
  p_audience text, p_resource text, p_scope text, p_authorization_details jsonb
) returns pgrant_api.identity_assertion
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.identity_assertion;
  v_auth record;
  v_client pgrant_rules.client_policies;
  v_person pgrant_rules.asserted_person;
  v_action text := 'identity_assertion.issue';
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, array[p_address], array[p_client_id], array[p_auth_method], array[p_secret_hash],
                                           array[p_assertion], array[p_possession],
                                           'urn:ietf:params:oauth:grant-type:token-exchange') a;
  v_client := v_auth.o_client[1];
  if v_auth.o_error[1] is not null then
    v_action := 'client.authenticate';
    v_out.error := v_auth.o_error[1];
    v_out.reason := v_auth.o_reason[1];
    v_out.detail := v_auth.o_detail[1];
  else
    v_person := case when p_handle_hash is null then pgrant_rules.id_token_person(p_tenant, v_client, p_id_token)
                     else pgrant_rules.refresh_token_person(p_tenant, v_client, p_handle_hash, p_refresh_hash) end;
    if v_person.family_id is not null then
      -- RFC 9700 4.14.2: somebody has a copy of it, wherever it is presented.
      v_action := 'refresh.reuse';
      perform pgrant_rules.families_revoke(p_tenant, array[v_person.family_id], 'refresh token reused');
    end if;
    v_out := pgrant_rules.identity_assertion_decide(p_tenant, v_client, v_person, p_audience, p_resource, p_scope,
                                                    p_authorization_details);
    v_out.jkt := v_auth.o_cnf[1] ->> 'jkt';
  end if;
  v_out.error := pgrant_rules.audit(
    p_tenant, v_action, v_out.error, v_out.reason, p_client_id, v_person.user_id, v_person.grant_id, v_person.family_id,
    case when v_out.error is null then jsonb_build_object('audience', v_out.audience, 'scopes', v_out.scopes,
                                                          'resources', v_out.resources) end);
  return v_out;
end
$$;

comment on function pgrant_api.identity_assertion_issue(uuid, text, inet, text, text, bytea, jsonb, jsonb, jsonb, bytea, bytea, text, text, text, jsonb) is
  'What a client gets for an ID token (p_id_token, see id_token_person) or a refresh token of a person at another authorization server (draft-ietf-oauth-identity-assertion-authz-grant 4.3). p_audience is the issuer identifier of that server; p_resource and p_scope are space-delimited, p_scope null = all that the policy allows; p_authorization_details has to be null; p_possession are the keys that were proven, to which it is bound. A refresh token that was superseded revokes its family. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_target, invalid_scope, invalid_authorization_details, too_many_attempts, flood.';
