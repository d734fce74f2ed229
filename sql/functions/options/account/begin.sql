-- The account page: signing in for it, and whose it is.

create or replace function pgrant_rules.account_client(p_tenant uuid) returns pgrant_rules.client_policies
language plpgsql
as $$
declare
  v_client pgrant_rules.client_policies;
begin
  select t.tenant_id, '', t.title, t.created_at, t.request_lifetime, false, false
    into v_client.tenant_id, v_client.client_id, v_client.name, v_client.identity_changed_at, v_client.request_lifetime,
         v_client.session_management, v_client.told_of_logout
    from pgrant.tenants t
   where t.tenant_id = p_tenant and t.disabled_at is null;
  return v_client;
end
$$;

comment on function pgrant_rules.account_client(uuid) is
  'Who asks people to sign in for the pages of their account: pgrant itself, in the name of the tenant. It is no client, and gets no code.';

create type pgrant_api.account_request as (
  error       pgrant_api.error,
  reason      text,
  expires_at  bigint
);

comment on type pgrant_api.account_request is 'A sign-in that was begun for the pages of an account.';
comment on column pgrant_api.account_request.expires_at is 'Epoch seconds, in the handle of the request.';

create function pgrant_api.account_begin(
  p_tenant uuid, p_request_id text, p_address inet, p_request_hash bytea, p_browser_hash bytea, p_prompt text[], p_state text
) returns pgrant_api.account_request
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.account_request;
  v_expires_at timestamptz;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select pgrant_rules.after(t.request_lifetime) into v_expires_at from pgrant.tenants t where t.tenant_id = p_tenant;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
    return v_out;
  elsif pgrant_rules.begun_too_often(p_tenant) then
    v_out.reason := 'authorization_rate reached';
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', 'too_many_attempts', v_out.reason, null);
    return v_out;
  end if;
  insert into pgrant.authorization_requests (
    tenant_id, request_hash, expires_at, browser_hash, client_id, redirect_uri, redirect_uri_sent, response_mode, state, scopes, prompt,
    acr_values, claims_id_token, claims_userinfo)
  select p_tenant, p_request_hash, v_expires_at, p_browser_hash, '', t.issuer || '/account#', false, 'query', p_state, '{}', p_prompt,
         '{}', '{}', '{}'
    from pgrant.tenants t
   where t.tenant_id = p_tenant;
  v_out.expires_at := pgrant_rules.epoch(v_expires_at);
  return v_out;
end
$$;

comment on function pgrant_api.account_begin(uuid, text, inet, bytea, bytea, text[], text) is
  'Begins a sign-in of this browser for the pages of the account, which goes on as one for a client does, and is answered by a redirect to the page that p_state names. p_prompt: {login} asks who is signed in once more. Errors: not_found, too_many_attempts, flood.';
