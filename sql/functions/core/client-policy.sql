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

create type pgrant_rules.client_policies as (
  tenant_id                                   uuid,
  client_id                                   text,
  name                                        text,
  created_at                                  timestamptz,
  token_endpoint_auth_method                  text,
  redirect_uris                               text[],
  post_logout_redirect_uris                   text[],
  grant_types                                 text[],
  scopes                                      text[],
  consent                                     text,
  require_pkce                                boolean,
  id_token_alg                                text,
  id_token_claims                             boolean,
  access_token_format                         text,
  access_token_alg                            text,
  access_token_typ                            text,
  code_lifetime                               integer,
  request_lifetime                            integer,
  access_token_lifetime                       integer,
  id_token_lifetime                           integer,
  refresh_idle_lifetime                       integer,
  refresh_lifetime                            integer,
  replay_window                               integer,
  consent_lifetime                            integer,
  audience                                    text[],
  maker_id                                    uuid,
  allowed_networks                            cidr[],
  tenant_name                                 text,
  roles_claim                                 text,
  permissions_claim                           text,
  tenant_claim                                text,
  default_max_age                             integer,
  registered_idle_lifetime                    integer,
  self_registered                             boolean,
  request_due                                 boolean,
  use_due                                     boolean,
  document_expires_at                         timestamptz,
  identity_changed_at                         timestamptz,
  default_acr_values                          text[],
  subject_type                                text,
  sector_identifier_uri                       text,
  pairwise_salt                               bytea,
  claims_function                             text,
  claims_function_targets                     text[],
  default_resource                            text,
  par_lifetime                                integer,
  request_object_lifetime                     integer,
  request_object_signing_alg                  text,
  authorization_alg                           text,
  introspection_alg                           text,
  introspection_audience                      text[],
  signing_algs                                text[],
  require_pushed_authorization_requests       boolean,
  require_signed_request_object               boolean,
  dpop_bound_access_tokens                    boolean,
  require_dpop_nonce                          boolean,
  client_signing_algs                         text[],
  tls_client_certificate_bound_access_tokens  boolean,
  grant_management_action_required            boolean,
  grant_management                            boolean,
  authorization_details_types                 text[],
  backchannel_logout_uri                      text,
  frontchannel_logout_uri                     text,
  told_of_logout                              boolean,
  session_management                          boolean,
  draft                                       boolean,
  token_rate                                  integer,
  third_party                                 boolean,
  security_profile                            text,
  profile_fault                               text,
  second_factor                               text
);

comment on type pgrant_rules.client_policies is 'A client and the policy that holds for it: its own setting, or else its tenant''s.';
comment on column pgrant_rules.client_policies.profile_fault is
  'Why the tenant takes nothing of the client (see client_profile_fault); null = it does.';
comment on column pgrant_rules.client_policies.second_factor is 'Its tenant''s (see second_factor_policy); null = not looked up.';

create function pgrant_rules.second_factor_policy(p_second_factor text, p_login_url text) returns text
language sql immutable
as $$ select case when p_login_url is null then p_second_factor else 'off' end $$;

comment on function pgrant_rules.second_factor_policy(text, text) is
  'When a tenant wants a second factor (tenants.second_factor): never where people sign in at the product, which has factors of its own.';

create function pgrant_rules.client_policy(p_client pgrant.clients, p_tenant pgrant.tenants) returns pgrant_rules.client_policies
language plpgsql stable
as $$
declare
  v_profile constant text := coalesce(p_client.security_profile, p_tenant.security_profile);
  -- The console is a page of this server, not a client: its code is redeemed by nobody.
  v_console constant boolean := p_client.client_id = 'pgrant-console';
begin
  if not pgrant_rules.client_live(p_client.disabled_at, p_client.expires_at, p_tenant.disabled_at)
     or not pgrant_rules.maker_enabled(p_client.tenant_id, p_client.maker_id) then
    return null;
  end if;
  -- One expression, for each is set up anew in each transaction.
  return row(
    p_client.tenant_id, p_client.client_id, p_client.name, p_client.created_at, p_client.token_endpoint_auth_method,
    p_client.redirect_uris, p_client.post_logout_redirect_uris, p_client.grant_types, p_client.scopes, p_client.consent,
    p_client.require_pkce or v_profile is not null, p_client.id_token_alg, p_client.id_token_claims,
    coalesce(p_client.access_token_format, p_tenant.access_token_format),
    coalesce(p_client.access_token_alg, p_tenant.access_token_alg), p_tenant.access_token_typ,
    -- FAPI 2.0 5.3.2.1: 60 seconds at most.
    case when v_profile is null then p_tenant.code_lifetime else least(p_tenant.code_lifetime, 60) end,
    p_tenant.request_lifetime, coalesce(p_client.access_token_lifetime, p_tenant.access_token_lifetime),
    coalesce(p_client.id_token_lifetime, p_tenant.id_token_lifetime),
    coalesce(p_client.refresh_idle_lifetime, p_tenant.refresh_idle_lifetime),
    coalesce(p_client.refresh_lifetime, p_tenant.refresh_lifetime), coalesce(p_client.replay_window, p_tenant.replay_window),
    coalesce(p_client.consent_lifetime, p_tenant.consent_lifetime), array[coalesce(p_tenant.audience, p_tenant.issuer)],
    p_client.maker_id, p_client.allowed_networks, p_tenant.name, p_tenant.roles_claim, p_tenant.permissions_claim,
    p_tenant.tenant_claim, p_client.default_max_age, p_tenant.registered_idle_lifetime, p_client.registered_at is not null,
    p_client.registered_at is not null and coalesce(p_client.requested_at < now() - interval '1 day', true),
    coalesce(p_client.last_used_at < now() - interval '1 day', true), p_client.document_expires_at,
    p_client.identity_changed_at, p_client.default_acr_values, p_client.subject_type, p_client.sector_identifier_uri,
    p_tenant.pairwise_salt, p_tenant.claims_function, p_tenant.claims_function_targets, p_client.default_resource,
    -- FAPI 2.0 5.3.2.2: less than 600 seconds.
    case when v_profile is null then p_tenant.par_lifetime else least(p_tenant.par_lifetime, 599) end,
    -- FAPI 2.0 Message Signing 5.3.1: exp, at most 60 minutes after nbf.
    case when v_profile is null then p_tenant.request_object_lifetime else least(p_tenant.request_object_lifetime, 3600) end,
    p_client.request_object_signing_alg, p_client.authorization_alg,
    p_client.introspection_alg, p_client.introspection_audience, pgrant_rules.algs_taken(p_tenant.signing_algs, v_profile),
    not v_console
      and (p_tenant.require_pushed_authorization_requests or p_client.require_pushed_authorization_requests or v_profile is not null),
    not v_console and (p_tenant.require_signed_request_object or p_client.require_signed_request_object),
    -- A tenant's wish is that tokens are bound: to a certificate will do.
    p_client.dpop_bound_access_tokens
      or (p_tenant.dpop_bound_access_tokens or v_profile is not null) and not p_client.tls_client_certificate_bound_access_tokens,
    p_tenant.require_dpop_nonce, pgrant_rules.algs_taken(p_tenant.client_signing_algs, v_profile),
    p_client.tls_client_certificate_bound_access_tokens, not v_console and p_tenant.grant_management_action_required,
    p_client.grant_management and p_client.token_endpoint_auth_method <> 'none',
    p_client.authorization_details_types, p_client.backchannel_logout_uri, p_client.frontchannel_logout_uri,
    num_nonnulls(p_client.backchannel_logout_uri, p_client.frontchannel_logout_uri) > 0, p_tenant.session_management,
    p_client.draft, p_client.token_rate, p_client.third_party or p_client.registered_at is not null,
    v_profile,
    case when v_profile is not null or p_tenant.token_endpoint_auth_methods is not null
         then pgrant_rules.client_profile_fault(p_client, p_tenant) end,
    pgrant_rules.second_factor_policy(p_tenant.second_factor, p_tenant.login_url)
  )::pgrant_rules.client_policies;
end
$$;

comment on function pgrant_rules.client_policy(pgrant.clients, pgrant.tenants) is
  'A client with the policy that holds for it at its tenant; null where it is disabled or past its expiry, or the maker of an API credential is disabled.';

create function pgrant_rules.client_has_secret(p_client pgrant.clients) returns boolean
language sql immutable
as $$ select p_client.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post') $$;

comment on function pgrant_rules.client_has_secret(pgrant.clients) is
  'Whether the client authenticates by a secret; else it is public, or signs.';

create type pgrant_rules.targeted_client as (
  error      pgrant_api.error,
  reason     text,
  detail     text,
  resources  text[],
  client     pgrant_rules.client_policies
);

comment on type pgrant_rules.targeted_client is 'A client with the scopes that hold for the resources which it asked for.';
