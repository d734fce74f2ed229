-- Service accounts by key: what a client signs is its grant (RFC 7523 2.1).

create function pgrant_rules.assertion_subject(
  p_tenant uuid, p_address inet, p_client pgrant_rules.client_policies, p_subject text, p_cnf jsonb
) returns pgrant_rules.client_policies
language plpgsql
as $$
declare
  v_subject constant pgrant_rules.client_policies := pgrant_rules.client_find(p_tenant, p_subject);
begin
  if v_subject.maker_id = p_client.maker_id
     -- A key of one credential is none of the others, unless the other says so.
     and 'urn:ietf:params:oauth:grant-type:jwt-bearer' = any (v_subject.grant_types)
     and (v_subject.allowed_networks is null or p_address <<= any (v_subject.allowed_networks))
     and (not v_subject.dpop_bound_access_tokens or p_cnf ? 'jkt')
     and (not v_subject.tls_client_certificate_bound_access_tokens or p_cnf ? 'x5t#S256')
  then
    return v_subject;
  end if;
  return null;
end
$$;

comment on function pgrant_rules.assertion_subject(uuid, inet, pgrant_rules.client_policies, text, jsonb) is
  'The API credential that an assertion of another is about, or null: one of the same maker, which is registered for the grant itself, from an address and with the proof of a key (p_cnf) that it would need.';

create function pgrant_api.jwt_bearer_issue(
  p_tenant uuid, p_request_id text, p_address inet, p_client_id text, p_assertion jsonb, p_possession jsonb,
  p_scope text, p_access_hash bytea, p_resource text, p_authorization_details jsonb
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_client pgrant_rules.client_policies;
  v_error pgrant_api.error;
  v_reason text;
  v_detail text;
  v_decisions pgrant_rules.token_decision[];
  v_out pgrant_api.tokens;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- What proves who the client is, is what it is given a token for: one key, one signature.
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(
           p_tenant, array[p_address], array[p_client_id], array['private_key_jwt'], array[null::bytea],
           array[p_assertion || jsonb_build_object('grant', true)], array[p_possession],
           'urn:ietf:params:oauth:grant-type:jwt-bearer') a;
  v_client := v_auth.o_client[1];
  v_reason := v_auth.o_reason[1];
  v_detail := v_auth.o_detail[1];
  -- RFC 7523 3.1: what is wrong is the grant.
  v_error := case when v_auth.o_error[1] = 'invalid_client' then 'invalid_grant' else v_auth.o_error[1] end;
  if v_error is null and v_client.self_registered and not 'client_credentials' = any (v_client.grant_types) then
    -- A client that nobody vouches for acts for people only; its jwt-bearer is for identity assertions, of which each is of a person.
    v_error := 'unauthorized_client';
    v_reason := 'a client that has registered itself gets no token for itself';
  elsif v_error is null and p_assertion ? 'subject' then
    v_client := pgrant_rules.assertion_subject(p_tenant, p_address, v_client, p_assertion ->> 'subject', v_auth.o_cnf[1]);
    if v_client.client_id is null then
      v_client := v_auth.o_client[1];
      v_error := 'invalid_grant';
      v_reason := 'assertion: sub is neither iss nor an API credential of its owner that may be used so';
      v_detail := pgrant_rules.client_assertion_detail(p_assertion, v_reason);
    end if;
  end if;
  v_decisions := pgrant_rules.client_credentials_decide(
    p_tenant, array[p_request_id], array[p_address], array[coalesce(v_client.client_id, p_client_id)], array[v_client], array[v_error],
    array[v_reason], array[v_detail], array[p_scope], array[p_resource], array[p_access_hash],
    array[p_authorization_details]);
  if v_client.client_id <> p_client_id and v_decisions[1].error is null then
    v_decisions[1].reason := p_client_id;
  end if;
  select t.* into v_out from pgrant_rules.tokens_issue(p_tenant, array[v_client], v_decisions, v_auth.o_cnf) t;
  return v_out;
end
$$;

comment on function pgrant_api.jwt_bearer_issue(uuid, text, inet, text, jsonb, jsonb, text, bytea, text, jsonb) is
  'Issues an access token by an assertion that the registered key of a client has signed (RFC 7523 2.1): to that client for itself, or to another API credential of its owner. p_client_id is its issuer; p_assertion as for client_assertion_refusal, jti_hash null where it has no jti, with subject where that is another than the issuer. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_grant, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
