-- Clients, each with the policy that holds for it.

create function pgrant_rules.maker_enabled(p_tenant uuid, p_maker_id uuid) returns boolean
language plpgsql stable
as $$
begin
  -- Not one expression: the sub-select would be set up for each application, which has no maker.
  if p_maker_id is null then
    return true;
  end if;
  return exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_maker_id and u.disabled_at is null);
end
$$;

comment on function pgrant_rules.maker_enabled(uuid, uuid) is
  'Whether the maker of an API credential may still sign in; true for applications, which have no maker.';

create function pgrant_rules.client_live(
  p_disabled_at timestamptz, p_expires_at timestamptz, p_tenant_disabled_at timestamptz
) returns boolean
language sql stable
as $$ select p_disabled_at is null and coalesce(p_expires_at > now(), true) and p_tenant_disabled_at is null $$;

comment on function pgrant_rules.client_live(timestamptz, timestamptz, timestamptz) is
  'Whether a client with this disabled_at and expires_at, of a tenant with this disabled_at, may have anything.';

create view pgrant_rules.client_policies with (security_invoker = true) as
select c.tenant_id, c.client_id, c.name, c.created_at, c.token_endpoint_auth_method, c.redirect_uris, c.post_logout_redirect_uris,
       c.grant_types, c.scopes, c.consent, c.require_pkce, c.id_token_alg, c.id_token_claims,
       coalesce(c.access_token_format, t.access_token_format) as access_token_format,
       coalesce(c.access_token_alg, t.access_token_alg) as access_token_alg, t.access_token_typ,
       t.code_lifetime, t.request_lifetime,
       coalesce(c.access_token_lifetime, t.access_token_lifetime) as access_token_lifetime,
       coalesce(c.id_token_lifetime, t.id_token_lifetime) as id_token_lifetime,
       coalesce(c.refresh_idle_lifetime, t.refresh_idle_lifetime) as refresh_idle_lifetime,
       coalesce(c.refresh_lifetime, t.refresh_lifetime) as refresh_lifetime,
       coalesce(c.replay_window, t.replay_window) as replay_window,
       coalesce(c.consent_lifetime, t.consent_lifetime) as consent_lifetime,
       array[coalesce(t.audience, t.issuer)] as audience,
       c.maker_id, c.allowed_networks, t.name as tenant_name, t.roles_claim, t.permissions_claim, t.tenant_claim,
       c.default_max_age, t.registered_idle_lifetime, c.registered_at is not null as self_registered,
       c.registered_at is not null and coalesce(c.requested_at < now() - interval '1 day', true) as request_due,
       coalesce(c.last_used_at < now() - interval '1 day', true) as use_due,
       c.document_expires_at, c.identity_changed_at, c.default_acr_values, c.subject_type, c.sector_identifier_uri,
       t.pairwise_salt, t.claims_function, t.claims_function_targets, c.default_resource,
       t.par_lifetime, t.request_object_lifetime, c.request_object_signing_alg, c.authorization_alg, c.introspection_alg,
       t.require_pushed_authorization_requests or c.require_pushed_authorization_requests as require_pushed_authorization_requests,
       t.require_signed_request_object or c.require_signed_request_object as require_signed_request_object,
       -- A tenant's wish is that tokens are bound: to a certificate will do.
       c.dpop_bound_access_tokens or t.dpop_bound_access_tokens and not c.tls_client_certificate_bound_access_tokens
         as dpop_bound_access_tokens,
       t.require_dpop_nonce, t.client_signing_algs,
       c.tls_client_certificate_bound_access_tokens,
       t.grant_management_action_required,
       c.grant_management and c.token_endpoint_auth_method <> 'none' as grant_management,
       c.authorization_details_types, c.backchannel_logout_uri, c.frontchannel_logout_uri,
       num_nonnulls(c.backchannel_logout_uri, c.frontchannel_logout_uri) > 0 as told_of_logout, t.session_management, c.draft, c.token_rate,
       c.third_party or c.registered_at is not null as third_party
  from pgrant.clients c
  join pgrant.tenants t on t.tenant_id = c.tenant_id
 where pgrant_rules.client_live(c.disabled_at, c.expires_at, t.disabled_at)
   and pgrant_rules.maker_enabled(c.tenant_id, c.maker_id);

comment on view pgrant_rules.client_policies is
  'Clients that are neither disabled nor past their expiry (nor is the maker of an API credential disabled), each with the policy that holds for it: its own setting, or else its tenant''s.';

create function pgrant_rules.client_has_secret(p_client pgrant.clients) returns boolean
language sql immutable
as $$ select p_client.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post') $$;

comment on function pgrant_rules.client_has_secret(pgrant.clients) is
  'Whether the client authenticates by a secret; else it is public, or signs.';

create function pgrant_rules.alg_not_offered(
  p_tenant uuid, p_client pgrant.clients, p_settings text[], out setting text, out offered text[], out offering text
)
language plpgsql stable
as $$
begin
  select a.setting, a.offered, a.offering into setting, offered, offering
    from pgrant.tenants t
   cross join lateral (values
     ('id_token_alg', p_client.id_token_alg, t.signing_algs, 'signing_algs'),
     ('userinfo_alg', p_client.userinfo_alg, t.signing_algs, 'signing_algs'),
     ('access_token_alg', p_client.access_token_alg, t.signing_algs, 'signing_algs'),
     ('authorization_alg', p_client.authorization_alg, t.signing_algs, 'signing_algs'),
     ('introspection_alg', p_client.introspection_alg, t.signing_algs, 'signing_algs'),
     ('token_endpoint_auth_signing_alg', p_client.token_endpoint_auth_signing_alg, t.client_signing_algs, 'client_signing_algs'),
     ('request_object_signing_alg', p_client.request_object_signing_alg, t.client_signing_algs, 'client_signing_algs')
   ) a (setting, alg, offered, offering)
   where t.tenant_id = p_tenant and a.alg <> all (a.offered) and coalesce(a.setting = any (p_settings), true)
   limit 1;
end
$$;

comment on function pgrant_rules.alg_not_offered(uuid, pgrant.clients, text[]) is
  'One of the settings p_settings (null = all) of the client by which the tenant or the client would sign as the tenant does not have it, how it may be, and the setting of the tenant that says so; nulls where there is none.';

create type pgrant_rules.targeted_client as (
  error      pgrant_api.error,
  reason     text,
  detail     text,
  resources  text[],
  client     pgrant_rules.client_policies
);

comment on type pgrant_rules.targeted_client is 'A client with the scopes that hold for the resources which it asked for.';
