-- What a client is to people: what of it they allowed, whether that has changed since, and which of its keys verify.

create function pgrant_rules.jwk_thumbprint(p_jwk jsonb) returns text
language sql immutable
as $$
  select translate(encode(sha256(convert_to(case
           when p_jwk ->> 'kty' = 'EC' and p_jwk ->> 'crv' = 'P-256'
           then format('{"crv":"P-256","kty":"EC","x":%s,"y":%s}', p_jwk -> 'x', p_jwk -> 'y')
           when p_jwk ->> 'kty' = 'OKP' and p_jwk ->> 'crv' = 'Ed25519'
           then format('{"crv":"Ed25519","kty":"OKP","x":%s}', p_jwk -> 'x')
           -- 2048 bits are 342 characters.
           when p_jwk ->> 'kty' = 'RSA' and length(p_jwk ->> 'n') >= 342
           then format('{"e":%s,"kty":"RSA","n":%s}', p_jwk -> 'e', p_jwk -> 'n')
         end, 'utf8')), 'base64'), '+/=', '-_')
$$;

comment on function pgrant_rules.jwk_thumbprint(jsonb) is
  'SHA-256 thumbprint (RFC 7638) of a public key in base64url; null for one by which no client may sign: other curves, RSA below 2048 bits.';

create function pgrant_rules.jwk_verifies(p_jwk jsonb, p_thumbprint text, p_alg text) returns boolean
language sql immutable
as $$
  select pgrant_rules.jwk_thumbprint(p_jwk) = p_thumbprint
     and coalesce(p_jwk ->> 'use' = 'sig', true)
     and coalesce(p_jwk -> 'key_ops' ? 'verify', true)
     -- The older name of what RFC 9864 calls Ed25519.
     and coalesce(replace(p_jwk ->> 'alg', 'EdDSA', 'Ed25519') = replace(p_alg, 'EdDSA', 'Ed25519'), true)
$$;

comment on function pgrant_rules.jwk_verifies(jsonb, text, text) is
  'Whether a public key is the one with this thumbprint, and is there for signatures by p_alg, as its use, key_ops and alg say now (RFC 7517 4.2 to 4.4): a process that verified one may hold the key as it was.';

create function pgrant_rules.keys_fetching(p_jwks_uri text, p_claimed_at timestamptz, p_settled_at timestamptz) returns text
language sql stable
as $$
  select case when p_jwks_uri is null then null
              when p_settled_at is null and p_claimed_at > now() - interval '15 seconds' then 'under_way'
              when p_claimed_at > now() - interval '30 seconds' then null
              else 'allowed' end
$$;

comment on function pgrant_rules.keys_fetching(text, timestamptz, timestamptz) is
  'Whether a jwks_uri may be asked now, once in 30 seconds, whoever wants it: allowed; under_way = another process is asking; null = it may not. p_claimed_at is when somebody began last, p_settled_at when there was an answer.';

create function pgrant_rules.client_identity_columns() returns text[]
language sql immutable
as $$
  select array['name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'redirect_uris', 'post_logout_redirect_uris',
               'token_endpoint_auth_method', 'jwks', 'jwks_uri', 'tls_client_auth_subject_dn', 'tls_client_auth_san_dns',
               'tls_client_auth_san_uri', 'tls_client_auth_san_ip', 'tls_client_auth_san_email']
$$;

comment on function pgrant_rules.client_identity_columns() is
  'The columns of pgrant.clients that make up its identity: what people see of it, where it sends them, how it proves who it is.';

create function pgrant_rules.jwks_added(p_before jsonb, p_after jsonb) returns boolean
language sql immutable
as $$
  select exists (
    select coalesce(pgrant_rules.jwk_thumbprint(a.jwk), a.jwk::text) from jsonb_array_elements(p_after -> 'keys') a (jwk)
    except
    select coalesce(pgrant_rules.jwk_thumbprint(b.jwk), b.jwk::text) from jsonb_array_elements(p_before -> 'keys') b (jwk))
$$;

comment on function pgrant_rules.jwks_added(jsonb, jsonb) is 'Whether a JWK set has a key that the one before has not.';

create function pgrant_rules.client_identity_changed(p_before pgrant.clients, p_after pgrant.clients) returns boolean
language sql immutable
as $$
  select (p_after.name, p_after.client_uri, p_after.logo_uri, p_after.tos_uri, p_after.policy_uri, p_after.token_endpoint_auth_method,
          p_after.tls_client_auth_subject_dn, p_after.tls_client_auth_san_dns, p_after.tls_client_auth_san_uri,
          p_after.tls_client_auth_san_ip, p_after.tls_client_auth_san_email)
         is distinct from
         (p_before.name, p_before.client_uri, p_before.logo_uri, p_before.tos_uri, p_before.policy_uri, p_before.token_endpoint_auth_method,
          p_before.tls_client_auth_subject_dn, p_before.tls_client_auth_san_dns, p_before.tls_client_auth_san_uri,
          p_before.tls_client_auth_san_ip, p_before.tls_client_auth_san_email)
      or not p_before.redirect_uris @> p_after.redirect_uris
      or not p_before.post_logout_redirect_uris @> p_after.post_logout_redirect_uris
      or p_after.jwks_uri <> coalesce(p_before.jwks_uri, '')
      or pgrant_rules.jwks_added(p_before.jwks, p_after.jwks)
$$;

comment on function pgrant_rules.client_identity_changed(pgrant.clients, pgrant.clients) is
  'Whether a client is no longer what people allowed: another name, page, policy or logo, a redirect URI or a key more, another way to authenticate. A redirect URI or key less asks nobody again; nor do the keys behind a jwks_uri, or another secret.';

create function pgrant_rules.client_identity_date(p_before pgrant.clients) returns pgrant.clients
language plpgsql
as $$
declare
  v_client pgrant.clients;
  v_changed_at timestamptz;
begin
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_before.tenant_id and c.client_id = p_before.client_id;
  if pgrant_rules.client_identity_changed(p_before, v_client) then
    v_changed_at := clock_timestamp();
    update pgrant.clients c
       set identity_changed_at = v_changed_at
     where c.tenant_id = p_before.tenant_id and c.client_id = p_before.client_id
    returning c.* into v_client;
  end if;
  return v_client;
end
$$;

comment on function pgrant_rules.client_identity_date(pgrant.clients) is
  'Says when the identity of a client changed, where what was just written changed it. p_before was read with a lock, which whoever consents takes as well: a consent is from before the change or from after it. Returns the client as it is.';

create function pgrant_rules.requirements_kept(p_requires text[], p_settings jsonb) returns text[]
language sql immutable
as $$
  select nullif(array(
    select r.setting
      from unnest(array['require_signed_request_object', 'require_pushed_authorization_requests', 'dpop_bound_access_tokens',
                        'tls_client_certificate_bound_access_tokens']) r (setting)
     where case when p_settings ? r.setting then (p_settings ->> r.setting)::boolean else r.setting = any (p_requires) end), '{}')
$$;

comment on function pgrant_rules.requirements_kept(text[], jsonb) is
  'What an operator requires of a client (operator_requires) once they have written these settings; p_requires is what they did before.';

create function pgrant_rules.client_hold(p_tenant uuid, p_client_id text) returns pgrant.clients
language plpgsql
as $$
declare
  v_client pgrant.clients;
begin
  select c.* into v_client
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.client_id = p_client_id
     for no key update;
  return v_client;
end
$$;

comment on function pgrant_rules.client_hold(uuid, text) is
  'A client as it is once nobody else changes it, or null. What client_store is given is made from it, or would undo what somebody has changed meanwhile.';

create function pgrant_rules.client_store(p_client pgrant.clients) returns pgrant.clients
language plpgsql
as $$
declare
  v_before pgrant.clients;
begin
  select c.* into v_before
    from pgrant.clients c
   where c.tenant_id = p_client.tenant_id and c.client_id = p_client.client_id
     for no key update;
  -- What an operator requires is no matter of whoever brings the rest.
  p_client := jsonb_populate_record(p_client, coalesce((
    select jsonb_object_agg(r.setting, true) from unnest(v_before.operator_requires) r (setting)), '{}'));
  update pgrant.clients c
     set name = p_client.name,
         token_endpoint_auth_method = p_client.token_endpoint_auth_method,
         application_type = p_client.application_type,
         redirect_uris = p_client.redirect_uris,
         post_logout_redirect_uris = p_client.post_logout_redirect_uris,
         allowed_origins = p_client.allowed_origins,
         grant_types = p_client.grant_types,
         scopes = p_client.scopes,
         consent = p_client.consent,
         require_pkce = p_client.require_pkce,
         access_token_format = p_client.access_token_format,
         access_token_alg = p_client.access_token_alg,
         id_token_alg = p_client.id_token_alg,
         id_token_claims = p_client.id_token_claims,
         userinfo_alg = p_client.userinfo_alg,
         authorization_alg = p_client.authorization_alg,
         introspection_alg = p_client.introspection_alg,
         request_object_signing_alg = p_client.request_object_signing_alg,
         request_uris = p_client.request_uris,
         authorization_details_types = p_client.authorization_details_types,
         grant_management = p_client.grant_management,
         require_signed_request_object = p_client.require_signed_request_object,
         require_pushed_authorization_requests = p_client.require_pushed_authorization_requests,
         backchannel_logout_uri = p_client.backchannel_logout_uri,
         backchannel_logout_session_required = p_client.backchannel_logout_session_required,
         frontchannel_logout_uri = p_client.frontchannel_logout_uri,
         frontchannel_logout_session_required = p_client.frontchannel_logout_session_required,
         access_token_lifetime = p_client.access_token_lifetime,
         id_token_lifetime = p_client.id_token_lifetime,
         refresh_idle_lifetime = p_client.refresh_idle_lifetime,
         refresh_lifetime = p_client.refresh_lifetime,
         replay_window = p_client.replay_window,
         consent_lifetime = p_client.consent_lifetime,
         client_uri = p_client.client_uri,
         logo_uri = p_client.logo_uri,
         tos_uri = p_client.tos_uri,
         policy_uri = p_client.policy_uri,
         contacts = p_client.contacts,
         software_id = p_client.software_id,
         software_version = p_client.software_version,
         default_max_age = p_client.default_max_age,
         require_auth_time = p_client.require_auth_time,
         default_acr_values = p_client.default_acr_values,
         subject_type = p_client.subject_type,
         sector_identifier_uri = p_client.sector_identifier_uri,
         initiate_login_uri = p_client.initiate_login_uri,
         jwks = p_client.jwks,
         jwks_uri = p_client.jwks_uri,
         token_endpoint_auth_signing_alg = p_client.token_endpoint_auth_signing_alg,
         assertion_audience = p_client.assertion_audience,
         assertion_lifetime = p_client.assertion_lifetime,
         dpop_bound_access_tokens = p_client.dpop_bound_access_tokens,
         tls_client_certificate_bound_access_tokens = p_client.tls_client_certificate_bound_access_tokens,
         tls_client_auth_subject_dn = p_client.tls_client_auth_subject_dn,
         tls_client_auth_san_dns = p_client.tls_client_auth_san_dns,
         tls_client_auth_san_uri = p_client.tls_client_auth_san_uri,
         tls_client_auth_san_ip = p_client.tls_client_auth_san_ip,
         tls_client_auth_san_email = p_client.tls_client_auth_san_email,
         registered = p_client.registered,
         left_out = p_client.left_out,
         token_rate = p_client.token_rate,
         third_party = p_client.third_party
   where c.tenant_id = p_client.tenant_id and c.client_id = p_client.client_id;
  return pgrant_rules.client_identity_date(v_before);
end
$$;

comment on function pgrant_rules.client_store(pgrant.clients) is
  'Changes a client to what is given, but for what an operator requires of it (operator_requires). Returns what is stored.';

create function pgrant_rules.client_identity_seen(
  p_tenant uuid, p_user_id uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests
) returns boolean
language plpgsql
as $$
begin
  -- The grant before the client, as everywhere. Locked, so that no change comes between the answer and the consent.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client.client_id and g.revoked_at is null
      for no key update;
  perform from pgrant.clients c
    where c.tenant_id = p_tenant and c.client_id = p_client.client_id and c.identity_changed_at = p_request.shown_identity_at
      for share;
  return found;
end
$$;

comment on function pgrant_rules.client_identity_seen(uuid, uuid, pgrant_rules.client_policies, pgrant.authorization_requests) is
  'Whether the client is still what the consent page of the request showed; it stays so until the transaction ends.';
