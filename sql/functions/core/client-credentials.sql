-- Confidential clients that act for themselves (RFC 6749 4.4).

create function pgrant_rules.client_token_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_defined text[], p_known pgrant_rules.known_scopes,
  p_asked text[], p_resource text[], p_details jsonb
) returns pgrant_rules.token_decision
language plpgsql
as $$
declare
  v_personal constant text[] := array['openid', 'offline_access', 'profile', 'email', 'address', 'phone'];
  v_impossible constant text[] := pgrant_rules.scopes_common(p_asked, array['openid', 'offline_access']);
  v_unknown constant text[] := pgrant_rules.scopes_without(p_asked, p_defined);
  v_resource constant text[] := coalesce(nullif(p_resource, '{}'), array_remove(array[p_client.default_resource], null));
  v_target pgrant_rules.target;
  v_details pgrant_rules.narrowed_details;
  v_out pgrant_rules.token_decision;
begin
  v_out.action := 'client_credentials.issue';
  v_out.user_id := p_client.maker_id;
  if v_resource <> '{}' then
    v_target := pgrant_rules.resource_target(p_tenant, p_client.scopes, v_resource, null);
  end if;
  v_out.scopes := pgrant_rules.scopes_effective(
    -- What means a person, or claims of one, a client has to name.
    coalesce(p_asked, case when p_details is not null then '{}'::text[] end, pgrant_rules.scopes_without(p_client.scopes, v_personal)),
    -- Without a list of its own a client has every scope that is no role: a role is given to a client by name.
    coalesce(v_target.scopes, p_client.scopes, pgrant_rules.scopes_without(p_known.defined, p_known.roles)),
    null, p_client.maker_id, p_known);
  if v_out.scopes <> p_asked then
    v_out.asked := p_asked;
  end if;
  if p_details is not null then
    v_details := pgrant_rules.details_narrow(p_tenant, p_client.authorization_details_types, p_details, null, null, v_target.audience);
  end if;
  v_out.error := 'invalid_scope';
  if v_target.error is not null then
    v_out.error := v_target.error;
    v_out.reason := v_target.reason;
    v_out.detail := v_target.detail;
  elsif v_unknown <> '{}' then
    v_out.reason := 'unknown scope ' || v_unknown[1];
    v_out.detail := v_unknown[1];
  elsif v_impossible <> '{}' then
    -- There is no person whose identity or absence these could be about.
    v_out.reason := 'openid or offline_access without a person';
    v_out.detail := array_to_string(v_impossible, ' ');
  elsif v_out.scopes = '{}' and p_asked <> '{}' then
    v_out.reason := 'the client may ask for none of these scopes';
    v_out.detail := array_to_string(p_asked, ' ');
  elsif v_details.error is not null then
    v_out.error := v_details.error;
    v_out.reason := v_details.reason;
    v_out.detail := v_details.detail;
  else
    v_out.error := null;
    v_out.roles := pgrant_rules.scopes_common(v_out.scopes, p_known.roles);
    v_out.details := v_details.details;
    v_out := pgrant_rules.access_token_decide(p_client, v_target, null, v_out);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_token_decide(uuid, pgrant_rules.client_policies, text[], pgrant_rules.known_scopes, text[], text[], jsonb) is
  'What a client gets for itself: p_asked null = the scopes that it is registered with, or none where p_details is there; p_defined are the tenant''s scopes, disabled ones too.';

create function pgrant_rules.client_credentials_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_scope text[], p_resource text[], p_access_hash bytea[], p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_defined text[] := array(select s.scope from pgrant.scopes s where s.tenant_id = p_tenant);
  v_client pgrant_rules.client_policies;
  v_maker_ids uuid[];
  v_known pgrant_rules.known_scopes;
  v_decision pgrant_rules.token_decision;
  v_out pgrant_rules.token_decision[];
begin
  for i in 1 .. cardinality(p_client) loop
    v_maker_ids[i] := (p_client[i]).maker_id;
  end loop;
  v_known := pgrant_rules.scopes_find(p_tenant, v_defined, v_maker_ids);
  for i in 1 .. cardinality(p_client) loop
    if i = 1 or p_client_id[i] is distinct from p_client_id[i - 1] then
      v_client := p_client[i];
    end if;
    v_decision := null;
    if p_error[i] is null then
      v_decision := pgrant_rules.client_token_decide(
        p_tenant, v_client, v_defined, v_known, string_to_array(p_scope[i], ' '), string_to_array(p_resource[i], ' '),
        p_authorization_details[i]);
      v_decision.access_hash := p_access_hash[i];
    end if;
    v_out[i] := pgrant_rules.decision_attribute(i, p_request_id[i], p_address[i], p_client_id[i], p_error[i], p_reason[i], p_detail[i],
                                                v_decision);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.client_credentials_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], text[], text[], bytea[], jsonb[]) is
  'Decides what each client gets for itself (see client_token_decide), and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate.';

create function pgrant_api.client_credentials_issue(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_scope text[], p_access_hash bytea[], p_resource text[], p_authorization_details jsonb[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              p_possession, 'client_credentials');
  return query
  select t.*
    from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, pgrant_rules.client_credentials_decide(
           p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason, v_auth.o_detail,
           p_scope, p_resource, p_access_hash, p_authorization_details), v_auth.o_cnf) t;
end
$$;

comment on function pgrant_api.client_credentials_issue(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], text[], bytea[], text[], jsonb[]) is
  'Issues access tokens to confidential clients for themselves, a set of requests at once; to an API credential never more than the current roles of its maker. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
