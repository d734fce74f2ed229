-- Service accounts by key: what a client signs is its grant (RFC 7523 2.1).

create function pgrant_api.jwt_bearer_issue(
  p_tenant uuid, p_request_id text, p_address inet, p_client_id text, p_assertion jsonb, p_possession jsonb,
  p_scope text, p_access_hash bytea, p_resource text, p_authorization_details jsonb
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_errors pgrant_api.error[];
  v_out pgrant_api.tokens;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- What proves who the client is, is what it is given a token for: one key, one signature.
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(
           p_tenant, array[p_address], array[p_client_id], array['private_key_jwt'], array[null::bytea],
           array[p_assertion || jsonb_build_object('grant', true)], array[p_possession],
           'urn:ietf:params:oauth:grant-type:jwt-bearer') a;
  -- RFC 7523 3.1: what is wrong is the grant.
  v_errors := array[case when v_auth.o_error[1] = 'invalid_client' then 'invalid_grant' else v_auth.o_error[1] end];
  select t.* into v_out
    from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, pgrant_rules.client_credentials_decide(
           p_tenant, array[p_request_id], array[p_address], array[p_client_id], v_auth.o_client, v_errors, v_auth.o_reason,
           v_auth.o_detail, array[p_scope], array[p_resource], array[p_access_hash],
           array[p_authorization_details]), v_auth.o_cnf) t;
  return v_out;
end
$$;

comment on function pgrant_api.jwt_bearer_issue(uuid, text, inet, text, jsonb, jsonb, text, bytea, text, jsonb) is
  'Issues an access token to a client for itself by an assertion that its registered key has signed (RFC 7523 2.1), whose issuer and subject it is; p_assertion as for client_assertion_refusal, jti_hash null where it has no jti. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_grant, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
