-- Where an option takes part in the core. Each function here is the answer of a server without the option; the option's folder
-- replaces it (create or replace), so that the core calls no option by any other name, and a folder can be left out.

create function pgrant_rules.account_client(p_tenant uuid) returns pgrant_rules.client_policies
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.account_client(uuid) is 'Hook of options/account: nobody signs in but for a client.';

create function pgrant_rules.client_assertion_refusal(p_tenant uuid, p_client_id text, p_assertion jsonb) returns text
language plpgsql
as $$ begin return 'no client signs here'; end $$;

comment on function pgrant_rules.client_assertion_refusal(uuid, text, jsonb) is 'Hook of options/client-keys: why private_key_jwt is refused.';

create function pgrant_rules.client_assertion_detail(p_assertion jsonb, p_reason text) returns text
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.client_assertion_detail(jsonb, text) is 'Hook of options/client-keys: what the client is told besides.';

create function pgrant_rules.request_object_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request_object jsonb,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
begin
  if p_request_object is not null then
    error := 'request_not_supported';
    reason := 'no client signs here';
  end if;
end
$$;

comment on function pgrant_rules.request_object_refusal(uuid, pgrant_rules.client_policies, jsonb) is
  'Hook of options/client-keys: why a request object is refused, or its absence.';

create function pgrant_rules.client_certificate_refusal(p_tenant uuid, p_client_id text, p_certificate jsonb) returns text
language plpgsql
as $$ begin return 'no certificate is taken here'; end $$;

comment on function pgrant_rules.client_certificate_refusal(uuid, text, jsonb) is
  'Hook of options/sender-constrained: why a client certificate is refused.';

create function pgrant_rules.keys_proven(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_possession jsonb[]
) returns pgrant_rules.possession[]
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.keys_proven(uuid, pgrant_rules.client_policies[], pgrant_api.error[], jsonb[]) is
  'Hook of options/sender-constrained: every token is a bearer token.';

create function pgrant_rules.key_announced(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_possession jsonb, p_jkt text
) returns pgrant_rules.possession
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.key_announced(uuid, pgrant_rules.client_policies[], jsonb, text) is
  'Hook of options/sender-constrained: no proof is read.';

create function pgrant_rules.tokens_possessed(p_tenant uuid, p_cnf jsonb[], p_profile text[], p_possession jsonb[])
returns pgrant_rules.possession[]
language plpgsql
as $$
begin
  return array(
    select case when c.cnf is not null then row('invalid_token', 'the token is bound to a key', null, null)::pgrant_rules.possession end
      from unnest(p_cnf) with ordinality c (cnf, n)
     order by c.n);
end
$$;

comment on function pgrant_rules.tokens_possessed(uuid, jsonb[], text[], jsonb[]) is
  'Hook of options/sender-constrained: nobody proves a key here, so that a bound token is good for nothing.';

create function pgrant_rules.resource_target(p_tenant uuid, p_scopes text[], p_requested text[], p_granted text[])
returns pgrant_rules.target
language plpgsql
as $$
declare
  v_out pgrant_rules.target;
begin
  v_out.resources := '{}';
  return v_out;
end
$$;

comment on function pgrant_rules.resource_target(uuid, text[], text[], text[]) is 'Hook of options/resources: the parameter resource is ignored.';

create function pgrant_rules.token_shape(
  p_tenant uuid, p_audience text[], p_user_id uuid, p_scopes text[], p_token_claims jsonb
) returns pgrant_rules.token_shape
language plpgsql
as $$
declare
  v_out pgrant_rules.token_shape;
begin
  v_out.claims := '{}';
  return v_out;
end
$$;

comment on function pgrant_rules.token_shape(uuid, text[], uuid, text[], jsonb) is 'Hook of options/resources: nothing of its own.';

create function pgrant_rules.resource_claims_check(p_tenant uuid) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.resource_claims_check(uuid) is 'Hook of options/resources: no resource names a claim.';

create function pgrant_rules.tenant_audience_check(p_tenant uuid) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.tenant_audience_check(uuid) is 'Hook of options/resources: no resource has an audience beside itself.';

create function pgrant_rules.client_target(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_requested text[], p_granted text[]
) returns pgrant_rules.targeted_client
language plpgsql
as $$
declare
  v_out pgrant_rules.targeted_client;
begin
  v_out.resources := '{}';
  v_out.client := p_client;
  return v_out;
end
$$;

comment on function pgrant_rules.client_target(uuid, pgrant_rules.client_policies, text[], text[]) is 'Hook of options/resources: the client as it is.';

create function pgrant_rules.client_request_note(p_client pgrant_rules.client_policies) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.client_request_note(pgrant_rules.client_policies) is 'Hook of options/registration: a person was sent here.';

create function pgrant_rules.device_settle(p_tenant uuid, p_request pgrant.authorization_requests, p_error pgrant_api.error)
returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.device_settle(uuid, pgrant.authorization_requests, pgrant_api.error) is 'Hook of options/device-authorization: a request that a device waits for was answered.';

create function pgrant_rules.requests_together(p_tenant uuid, p_request pgrant.authorization_requests, p_devices bytea[])
returns pgrant.authorization_requests[]
language plpgsql stable
as $$ begin return array[p_request]; end $$;

comment on function pgrant_rules.requests_together(uuid, pgrant.authorization_requests, bytea[]) is 'Hook of options/device-authorization: what a person decides at once.';

create function pgrant_rules.device_presentation(p_tenant uuid, p_request pgrant.authorization_requests) returns jsonb
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.device_presentation(uuid, pgrant.authorization_requests) is 'Hook of options/device-authorization: what pages tell of the device that waits.';

create function pgrant_rules.client_presentation(p_tenant uuid, p_client_id text) returns jsonb
language plpgsql stable
as $$ begin return '{}'; end $$;

comment on function pgrant_rules.client_presentation(uuid, text) is 'Hook of options/registration: what pages tell of a client that nobody vouches for.';

create function pgrant_rules.developer_allowed(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$ begin return false; end $$;

comment on function pgrant_rules.developer_allowed(uuid, uuid) is 'Hook of options/developer: nobody brings applications.';

create function pgrant_rules.client_logo(p_tenant uuid, p_client_id text) returns text
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.client_logo(uuid, text) is 'Hook of options/logos: the logo of a client.';

create function pgrant_rules.client_document_step(
  p_tenant uuid, p_client_id text, p_fresh_until timestamptz, p_address inet
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
begin
  v_out.error := 'unknown_client';
  v_out.reason := 'client unknown or disabled';
  return v_out;
end
$$;

comment on function pgrant_rules.client_document_step(uuid, text, timestamptz, inet) is 'Hook of options/client-documents: what becomes of a client_id that is unknown. Errors: unknown_client.';

create function pgrant_rules.upstream_choices(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql
as $$ begin return '[]'; end $$;

comment on function pgrant_rules.upstream_choices(uuid, uuid) is 'Hook of options/identity-providers: where else people may sign in.';

create function pgrant_rules.upstream_claims(p_tenant uuid, p_user_id uuid, out profile jsonb, out claims jsonb)
language plpgsql stable
as $$
begin
  profile := '{}';
  claims := '{}';
end
$$;

comment on function pgrant_rules.upstream_claims(uuid, uuid) is 'Hook of options/identity-providers: what they say of a person.';

create function pgrant_rules.custom_claims(p_tenant uuid, p_function text, p_user_id uuid, p_client_id text, p_scopes text[])
returns jsonb
language plpgsql
as $$ begin return jsonb_build_object(); end $$;

comment on function pgrant_rules.custom_claims(uuid, text, uuid, text, text[]) is 'Hook of options/claims-function: what the tenant adds.';

create function pgrant_rules.claims_function_check(p_tenant uuid) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.claims_function_check(uuid) is 'Hook of options/claims-function: whether what adds claims may be called.';

create function pgrant_rules.logout_queue(p_tenant uuid, p_client_id text, p_subject text, p_sid text) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.logout_queue(uuid, text, text, text) is 'Hook of options/back-channel-logout: nobody is told.';

create function pgrant_rules.draft_refused(p_tenant uuid, p_client_id text, p_user_id uuid) returns boolean
language plpgsql stable
as $$ begin return true; end $$;

comment on function pgrant_rules.draft_refused(uuid, text, uuid) is 'Hook of options/developer: a draft is nobody''s.';

create function pgrant_rules.drafts_of(p_tenant uuid, p_user_id uuid) returns setof text
language plpgsql stable
as $$ begin return; end $$;

comment on function pgrant_rules.drafts_of(uuid, uuid) is 'Hook of options/developer: nobody has drafts.';
