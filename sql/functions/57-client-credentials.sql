-- Confidential clients that act for themselves (RFC 6749 4.4).

create function pgrant_api.client_credentials_issue(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb, p_scopes text[], p_access_hash bytea,
  p_resources text[]
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.tokens;
  v_auth pgrant_rules.authenticated_client;
  v_effective pgrant_rules.effective_scopes;
  v_registered text[];
  v_target pgrant_rules.targeted_client;
  v_unknown text;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash, p_assertion, 'client_credentials');
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  v_target := pgrant_rules.client_target(p_tenant, v_auth.client, p_resources, null);
  v_registered := (v_target.client).scopes;
  if v_registered is null then
    -- Without a list of its own a client has every scope that is no role: a role is given to a client by name.
    v_registered := array(select s.scope from pgrant.scopes s where s.tenant_id = p_tenant and not s.requires_role);
  end if;
  v_effective := pgrant_rules.scope_narrow(
    p_tenant, (v_auth.client).maker_id, v_registered,
    coalesce(p_scopes, array_remove(array_remove((v_auth.client).scopes, 'openid'), 'offline_access'), '{}'), null);
  v_out.scopes := v_effective.scopes;
  if v_out.scopes <> p_scopes then
    v_unknown := pgrant_rules.scope_unknown(p_tenant, p_scopes);
    perform pgrant_rules.scope_refuse(p_tenant, p_client_id, (v_auth.client).maker_id, v_registered, p_scopes, null);
  end if;
  if v_target.error is not null then
    v_out.error := v_target.error;
    v_out.reason := v_target.reason;
  elsif v_unknown is not null then
    v_out.error := 'invalid_scope';
    v_out.reason := 'unknown scope ' || v_unknown;
    v_out.detail := v_unknown;
  elsif p_scopes && array['openid', 'offline_access'] then
    -- There is no person whose identity or absence these could be about.
    v_out.error := 'invalid_scope';
    v_out.reason := 'openid or offline_access without a person';
  elsif v_out.scopes = '{}' and p_scopes <> '{}' then
    v_out.error := 'invalid_scope';
    v_out.reason := 'the client may ask for none of these scopes';
  end if;
  if v_out.error is null then
    v_out.refresh_token := false;
    v_out := pgrant_rules.access_token_store(p_tenant, v_target.client, p_access_hash, null, v_effective.roles, v_out);
  end if;
  perform pgrant_rules.audit(p_tenant, 'client_credentials.issue', v_out.error, v_out.reason, p_client_id);
  return v_out;
end
$$;

comment on function pgrant_api.client_credentials_issue(uuid, text, inet, text, text, bytea, jsonb, text[], bytea, text[]) is
  'Issues an access token to a confidential client for itself; to an API credential never more than the current roles of its maker. p_scopes null = the scopes that the client is registered with. Errors: invalid_client, unauthorized_client, invalid_scope, invalid_target.';
