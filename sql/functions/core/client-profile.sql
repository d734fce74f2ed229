-- What a tenant takes of a client, whatever the client is registered for, and what a profile leaves of that.

create function pgrant_rules.algs_taken(p_algs text[], p_profile text) returns text[]
language sql immutable
as $$
  -- FAPI 2.0 5.4.1: PS256, ES256 and EdDSA.
  select case when p_profile is null then p_algs else array_remove(p_algs, 'RS256') end
$$;

comment on function pgrant_rules.algs_taken(text[], text) is
  'What of algorithms a profile (null = none) leaves, be it that the server signs by them or its clients.';

create function pgrant_rules.proof_algs(p_tenant uuid, p_profile text) returns text[]
language plpgsql stable
as $$
begin
  return case when p_profile is not null
              then (select pgrant_rules.algs_taken(t.client_signing_algs, p_profile) from pgrant.tenants t where t.tenant_id = p_tenant)
         end;
end
$$;

comment on function pgrant_rules.proof_algs(uuid, text) is
  'By what proofs are to be signed of a client with a profile, for the challenge to whoever presents its token (RFC 9449 7.1); null = as the tenant says.';

create function pgrant_rules.auth_methods_taken(p_methods text[], p_profile text) returns text[]
language sql immutable
as $$
  select case when p_profile is null then coalesce(p_methods, pgrant.auth_methods())
    -- FAPI 2.0 5.3.2.1: confidential clients alone, by MTLS or private_key_jwt.
    else array(select m.method from unnest(coalesce(p_methods, pgrant.auth_methods())) with ordinality m (method, n)
                where m.method in ('private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth') order by m.n) end
$$;

comment on function pgrant_rules.auth_methods_taken(text[], text) is
  'How clients may authenticate where a tenant has these token_endpoint_auth_methods (null = all), and a profile (null = none).';

create function pgrant_rules.setting_not_offered(
  p_tenant uuid, p_client pgrant.clients, p_settings text[], out setting text, out offered text[], out offering text
)
language plpgsql stable
as $$
begin
  select a.setting, a.offered, a.offering into setting, offered, offering
    from pgrant.tenants t
   cross join lateral (
     select coalesce(t.security_profile, p_client.security_profile) as security_profile) p
   cross join lateral (values
     ('token_endpoint_auth_method', p_client.token_endpoint_auth_method,
      pgrant_rules.auth_methods_taken(t.token_endpoint_auth_methods, p.security_profile), 'token_endpoint_auth_methods'),
     ('id_token_alg', p_client.id_token_alg, pgrant_rules.algs_taken(t.signing_algs, p.security_profile), 'signing_algs'),
     ('userinfo_alg', p_client.userinfo_alg, pgrant_rules.algs_taken(t.signing_algs, p.security_profile), 'signing_algs'),
     ('access_token_alg', p_client.access_token_alg, pgrant_rules.algs_taken(t.signing_algs, p.security_profile), 'signing_algs'),
     ('authorization_alg', p_client.authorization_alg, pgrant_rules.algs_taken(t.signing_algs, p.security_profile), 'signing_algs'),
     ('introspection_alg', p_client.introspection_alg, pgrant_rules.algs_taken(t.signing_algs, p.security_profile), 'signing_algs'),
     ('token_endpoint_auth_signing_alg', p_client.token_endpoint_auth_signing_alg,
      pgrant_rules.algs_taken(t.client_signing_algs, p.security_profile), 'client_signing_algs'),
     ('request_object_signing_alg', p_client.request_object_signing_alg,
      pgrant_rules.algs_taken(t.client_signing_algs, p.security_profile), 'client_signing_algs')
   ) a (setting, value, offered, offering)
   where t.tenant_id = p_tenant and a.value <> all (a.offered)
     -- What was fine without a profile is looked at where that is set.
     and coalesce(a.setting = any (p_settings) or p_client.security_profile is not null and 'security_profile' = any (p_settings), true)
   limit 1;
end
$$;

comment on function pgrant_rules.setting_not_offered(uuid, pgrant.clients, text[]) is
  'One of the settings p_settings (null = all) of the client by which it would authenticate, or the tenant or the client sign, as the tenant does not have it, how it may be, and the setting of the tenant that says so, which a profile narrows; nulls where there is none.';

create function pgrant_rules.client_profile_fault(p_client pgrant.clients, p_tenant pgrant.tenants) returns text
language plpgsql immutable
as $$
declare
  v_profile constant text := coalesce(p_tenant.security_profile, p_client.security_profile);
begin
  return case
    when p_client.token_endpoint_auth_method <> all (
           pgrant_rules.auth_methods_taken(p_tenant.token_endpoint_auth_methods, v_profile))
    then format('no client that authenticates by %s is taken', p_client.token_endpoint_auth_method)
    -- FAPI 2.0 5.4.1. ID tokens and signed answers (JARM) are for whoever signs people in.
    when v_profile is not null and 'RS256' = any (array[
           p_client.userinfo_alg, p_client.introspection_alg, coalesce(p_client.access_token_alg, p_tenant.access_token_alg)]
           || case when p_client.grant_types && array['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']
                   then array[p_client.id_token_alg, p_client.authorization_alg] end)
    then 'the profile of the client forbids RS256, by which it has something signed' end;
end
$$;

comment on function pgrant_rules.client_profile_fault(pgrant.clients, pgrant.tenants) is
  'Why nothing is taken of a client: it authenticates otherwise than its tenant or its profile lets it, or is registered for signatures that the profile forbids; null = nothing is.';
