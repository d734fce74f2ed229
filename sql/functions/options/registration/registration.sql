-- Clients register themselves (RFC 7591).

create type pgrant_api.registration_settings as (
  error        pgrant_api.error,
  reason       text,
  retry_after  integer,
  issuers      jsonb
);

comment on type pgrant_api.registration_settings is 'What has to be known before a registration is decided.';
comment on column pgrant_api.registration_settings.retry_after is 'Seconds, with too_many_attempts; null otherwise.';
comment on column pgrant_api.registration_settings.issuers is 'Whose software statements are believed: {issuer: JWK set}.';

create type pgrant_api.registration as (
  error         pgrant_api.error,
  reason        text,
  detail        text,
  retry_after   integer,
  client_id     text,
  issued_at     bigint,
  secret        text,
  metadata      jsonb
);

comment on type pgrant_api.registration is 'A client that registered itself, as it is stored.';
comment on column pgrant_api.registration.detail is 'Which value was refused and why, for the client''s developers; null = nothing to say.';
comment on column pgrant_api.registration.retry_after is 'Seconds, with too_many_attempts and temporarily_unavailable; null otherwise.';
comment on column pgrant_api.registration.issued_at is 'client_id_issued_at (RFC 7591 3.2.1), epoch seconds.';
comment on column pgrant_api.registration.secret is
  'new = the proposed secret has been stored; kept = it has one from before; none = it is a public client, or one that signs.';
comment on column pgrant_api.registration.metadata is 'By the names of RFC 7591 2.';

create function pgrant_rules.registration_out(p_client pgrant.clients, p_secret text) returns pgrant_api.registration
language plpgsql stable
as $$
declare
  v_out pgrant_api.registration;
begin
  v_out.client_id := p_client.client_id;
  v_out.issued_at := pgrant_rules.epoch(p_client.registered_at);
  v_out.secret := p_secret;
  v_out.metadata := coalesce(p_client.registered, '{}') || jsonb_strip_nulls(jsonb_build_object(
    'client_name', p_client.name,
    'token_endpoint_auth_method', p_client.token_endpoint_auth_method,
    'application_type', p_client.application_type,
    'redirect_uris', p_client.redirect_uris,
    'post_logout_redirect_uris', nullif(p_client.post_logout_redirect_uris, '{}'),
    'grant_types', p_client.grant_types,
    'response_types', case when 'authorization_code' = any (p_client.grant_types)
                           then jsonb_build_array('code') else '[]'::jsonb end,
    'scope', array_to_string(p_client.scopes, ' '),
    'id_token_signed_response_alg', p_client.id_token_alg,
    'userinfo_signed_response_alg', p_client.userinfo_alg,
    'authorization_signed_response_alg', p_client.authorization_alg,
    'introspection_signed_response_alg', p_client.introspection_alg,
    'request_object_signing_alg', p_client.request_object_signing_alg, 'request_uris', nullif(p_client.request_uris, '{}'),
    'require_signed_request_object', nullif(p_client.require_signed_request_object, false),
    'require_pushed_authorization_requests', nullif(p_client.require_pushed_authorization_requests, false),
    'authorization_details_types', nullif(p_client.authorization_details_types, '{}'),
    'backchannel_logout_uri', p_client.backchannel_logout_uri,
    'backchannel_logout_session_required', nullif(p_client.backchannel_logout_session_required, false),
    'frontchannel_logout_uri', p_client.frontchannel_logout_uri,
    'frontchannel_logout_session_required', nullif(p_client.frontchannel_logout_session_required, false),
    'subject_type', p_client.subject_type, 'sector_identifier_uri', p_client.sector_identifier_uri,
    'default_acr_values', p_client.default_acr_values,
    'dpop_bound_access_tokens', nullif(p_client.dpop_bound_access_tokens, false),
    'tls_client_certificate_bound_access_tokens', nullif(p_client.tls_client_certificate_bound_access_tokens, false),
    'tls_client_auth_subject_dn', p_client.tls_client_auth_subject_dn,
    'tls_client_auth_san_dns', p_client.tls_client_auth_san_dns, 'tls_client_auth_san_uri', p_client.tls_client_auth_san_uri,
    'tls_client_auth_san_ip', p_client.tls_client_auth_san_ip, 'tls_client_auth_san_email', p_client.tls_client_auth_san_email,
    'client_uri', p_client.client_uri, 'logo_uri', p_client.logo_uri, 'tos_uri', p_client.tos_uri,
    'policy_uri', p_client.policy_uri, 'contacts', p_client.contacts, 'software_id', p_client.software_id,
    'software_version', p_client.software_version, 'default_max_age', p_client.default_max_age,
    'require_auth_time', p_client.require_auth_time, 'initiate_login_uri', p_client.initiate_login_uri,
    'jwks', p_client.jwks, 'jwks_uri', p_client.jwks_uri,
    'token_endpoint_auth_signing_alg', p_client.token_endpoint_auth_signing_alg));
  return v_out;
end
$$;

comment on function pgrant_rules.registration_out(pgrant.clients, text) is
  'A client as it is stored, by the names of RFC 7591 2, with the defaults that hold for it.';

create function pgrant_rules.registration_refuse(
  p_tenant uuid, p_action text, p_error pgrant_api.error, p_reason text, p_client_id text default null,
  p_retry_after integer default null, p_refused text default null
) returns pgrant_api.registration
language plpgsql
as $$
declare
  v_out pgrant_api.registration;
begin
  v_out.error := pgrant_rules.audit(p_tenant, p_action, p_error, p_reason, p_client_id,
                                    p_detail => pgrant_rules.refused_value(p_refused));
  v_out.reason := p_reason;
  v_out.detail := p_refused;
  v_out.retry_after := case when v_out.error = p_error then p_retry_after end;
  return v_out;
end
$$;

comment on function pgrant_rules.registration_refuse(uuid, text, pgrant_api.error, text, text, integer, text) is
  'Records a refusal, and is the answer. p_refused is which value was refused and why, for the client''s developers.';

create type pgrant_rules.registration_entry as (
  error        pgrant_api.error,
  reason       text,
  retry_after  integer,
  initial      pgrant.registration_tokens
);

comment on type pgrant_rules.registration_entry is 'Whether somebody may register, and by which initial access token.';
comment on column pgrant_rules.registration_entry.retry_after is 'Seconds, with too_many_attempts; null otherwise.';
comment on column pgrant_rules.registration_entry.initial is 'Null = none.';

create function pgrant_rules.registration_enter(p_tenant uuid, p_policy pgrant.tenants, p_initial_hash bytea, p_what text)
returns pgrant_rules.registration_entry
language plpgsql
as $$
declare
  v_out pgrant_rules.registration_entry;
begin
  if coalesce(p_policy.registration, 'closed') = 'closed' then
    v_out.error := 'access_denied';
    v_out.reason := 'registration is closed';
    return v_out;
  end if;
  select k into v_out.initial
    from pgrant.registration_tokens k
   where k.tenant_id = p_tenant and k.token_hash = p_initial_hash and k.expires_at > now();
  if (v_out.initial).token_id is null then
    -- What is counted is what is sent, good or not. Who has a token is bounded by its uses instead.
    v_out.retry_after := pgrant_rules.hourly_retry_after(
      p_tenant, p_what, pgrant_rules.address_prefix(pgrant_rules.caller_address()), p_policy.registration_rate);
    if v_out.retry_after is not null then
      v_out.error := 'too_many_attempts';
      v_out.reason := 'too many from this address';
    elsif p_initial_hash is not null or p_policy.registration = 'token' then
      v_out.error := 'invalid_token';
      v_out.reason := 'initial access token missing, unknown or expired';
    end if;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.registration_enter(uuid, pgrant.tenants, bytea, text) is
  'Whether whoever asks may register at all, counted as p_what by registration_rate. Errors: access_denied, too_many_attempts, invalid_token.';

create function pgrant_api.registration_add(
  p_tenant uuid, p_request_id text, p_address inet,
  p_metadata jsonb, p_initial_hash bytea, p_next_secret_hash bytea, p_next_registration_hash bytea
) returns pgrant_api.registration
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_action constant text := 'registration.add';
  v_policy pgrant.tenants;
  v_entry pgrant_rules.registration_entry;
  v_initial pgrant.registration_tokens;
  v_shape pgrant_rules.registered_shape;
  v_client pgrant.clients;
  v_from cidr := pgrant_rules.address_prefix(p_address);
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select t.* into v_policy from pgrant.tenants t where t.tenant_id = p_tenant;
  v_entry := pgrant_rules.registration_enter(p_tenant, v_policy, p_initial_hash, 'registration');
  if v_entry.error is not null then
    return pgrant_rules.registration_refuse(p_tenant, v_action, v_entry.error, v_entry.reason, null, v_entry.retry_after);
  end if;
  v_initial := v_entry.initial;
  v_shape := pgrant_rules.registration_shape(p_tenant, p_metadata, v_initial.machine_scopes);
  if v_shape.error is not null then
    return pgrant_rules.registration_refuse(p_tenant, v_action, v_shape.error, v_shape.reason, p_refused => v_shape.detail);
  end if;

  -- From here on one registration of the tenant at a time, so that what is counted stays true.
  perform from pgrant.tenants t where t.tenant_id = p_tenant for no key update;
  v_client := v_shape.client;
  if pgrant_rules.registration_full(p_tenant, v_policy.registration_quota) then
    perform pgrant_rules.registration_yield(p_tenant);
  end if;
  if pgrant_rules.registration_full(p_tenant, v_policy.registration_quota) then
    -- Nothing is wrong with the metadata, and unused clients go within the hour.
    return pgrant_rules.registration_refuse(p_tenant, v_action, 'temporarily_unavailable', 'registration_quota reached', null, 3600);
  elsif v_initial.token_id is not null and not pgrant_rules.registration_token_use(p_tenant, p_initial_hash) then
    return pgrant_rules.registration_refuse(p_tenant, v_action, 'invalid_token', 'initial access token spent');
  end if;

  v_client.tenant_id := p_tenant;
  v_client.client_id := 'dc-' || gen_random_uuid();
  v_client.name := coalesce(v_client.name, 'Unnamed application');
  v_client.consent := v_policy.registered_consent;
  v_client.draft := false;
  v_client.created_at := now();
  v_client.identity_changed_at := now();
  v_client.registered_at := now();
  v_client.registered_from := v_from;
  v_client.registration_token_hash := p_next_registration_hash;
  v_client.expires_at := now() + interval '1 hour';
  insert into pgrant.clients select v_client.*;
  if pgrant_rules.client_has_secret(v_client) then
    insert into pgrant.client_secrets (tenant_id, client_id, secret_hash)
    values (p_tenant, v_client.client_id, p_next_secret_hash);
  end if;
  perform pgrant_rules.client_remember(p_tenant, v_client.client_id, v_action);
  perform pgrant_rules.audit(p_tenant, v_action, null, null, v_client.client_id, p_detail => pgrant_rules.registration_event(v_client)
    || jsonb_strip_nulls(jsonb_build_object('token_id', v_initial.token_id)));
  return pgrant_rules.registration_out(v_client, case when pgrant_rules.client_has_secret(v_client) then 'new' else 'none' end);
end
$$;

comment on function pgrant_api.registration_add(uuid, text, inet, jsonb, bytea, bytea, bytea) is
  'Registers a client (RFC 7591 3) from metadata that are well-formed, keyed as registration_fields() says. p_next_secret_hash is stored for a client that authenticates by a secret. It lives for an hour until a person is sent here by it. Errors: access_denied (closed), invalid_token, too_many_attempts, temporarily_unavailable (quota), invalid_client_metadata, invalid_redirect_uri, flood.';
