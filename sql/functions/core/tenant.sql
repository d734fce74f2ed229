-- Which tenant answers, what it says of itself, and its keys.

create type pgrant_api.tenant as (
  error      pgrant_api.error,
  reason     text,
  tenant_id  uuid,
  issuer     text,
  title      text,
  path       text,
  disabled   boolean
);

comment on type pgrant_api.tenant is 'The tenant that answers under a host and path.';
comment on column pgrant_api.tenant.path is 'Path of the issuer: the part of the asked path that names the tenant.';

create type pgrant_api.appearance as (
  error              pgrant_api.error,
  reason             text,
  title              text,
  language           text,
  accent_color       text,
  support_uri        text,
  policy_uri         text,
  tos_uri            text,
  logo               text,
  remember_username  boolean,
  client_signing_algs  text[]
);

comment on type pgrant_api.appearance is 'What every page of a tenant shows, and what every challenge says.';
comment on column pgrant_api.appearance.title is 'The name that people see.';
comment on column pgrant_api.appearance.language is 'The language of the pages where nobody asks for another.';
comment on column pgrant_api.appearance.accent_color is 'Such as #2453b8; null = the colour of pgrant.';
comment on column pgrant_api.appearance.support_uri is 'Where people get help; null = nowhere.';
comment on column pgrant_api.appearance.policy_uri is 'The privacy policy; null = none.';
comment on column pgrant_api.appearance.tos_uri is 'The terms of service; null = none.';
comment on column pgrant_api.appearance.remember_username is 'Whether people may have their username remembered.';
comment on column pgrant_api.appearance.client_signing_algs is 'By what clients may sign (RFC 9449 7.1, algs).';
comment on column pgrant_api.appearance.logo is 'SHA-256 of its logo, in hexadecimal; null = none.';

create type pgrant_api.tenant_facts as (
  error                                  pgrant_api.error,
  reason                                 text,
  title                                  text,
  scopes                                 text[],
  signing_algs                           text[],
  client_signing_algs                    text[],
  token_endpoint_auth_methods            text[],
  registration                           text,
  client_documents                       text,
  refresh_lifetime                       integer,
  session_lifetime                       integer,
  acr_values                             text[],
  sign_up                                boolean,
  request_uri_parameter                  boolean,
  require_signed_request_object          boolean,
  require_pushed_authorization_requests  boolean,
  session_management                     boolean,
  grant_management_action_required       boolean,
  authorization_details_types            text[]
);

comment on type pgrant_api.tenant_facts is 'What the web process says of a tenant in metadata and on pages.';
comment on column pgrant_api.tenant_facts.client_signing_algs is 'By what clients may sign.';
comment on column pgrant_api.tenant_facts.token_endpoint_auth_methods is 'How clients may authenticate.';
comment on column pgrant_api.tenant_facts.acr_values is 'The acr that sign-ins can have.';
comment on column pgrant_api.tenant_facts.request_uri_parameter is 'Whether request objects are fetched from where clients have registered them.';
comment on column pgrant_api.tenant_facts.require_signed_request_object is 'Whether every client has to sign its authorization requests.';
comment on column pgrant_api.tenant_facts.session_management is 'Whether clients may watch a session from a frame.';
comment on column pgrant_api.tenant_facts.require_pushed_authorization_requests is 'Whether every client has to push them.';
comment on column pgrant_api.tenant_facts.authorization_details_types is 'The types of authorization details (RFC 9396 10); {} = none.';
comment on column pgrant_api.tenant_facts.grant_management_action_required is
  'Whether every authorization request has to say what becomes of the grant (Grant Management 7.1).';
comment on column pgrant_api.tenant_facts.sign_up is 'Whether people can make an account (prompt=create).';

create type pgrant_api.signing_keys as (
  error   pgrant_api.error,
  reason  text,
  keys    jsonb
);

comment on type pgrant_api.signing_keys is 'The keys of a tenant.';
comment on column pgrant_api.signing_keys.keys is
  'Array of {kid, alg, public_jwk, sealed_private (base64), active_at, expires_at (epoch seconds, null = not known yet)}, youngest first.';

create function pgrant_api.tenant_find(p_host text, p_path text) returns pgrant_api.tenant
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_parts text[] := string_to_array(coalesce(nullif(p_path, ''), '/'), '/');
  v_paths text[];
  v_out pgrant_api.tenant;
begin
  select array_agg(array_to_string(v_parts[1:n], '/'))
    into v_paths
    from generate_series(1, least(cardinality(v_parts), 32)) n;

  select i.tenant_id, i.issuer, i.title, i.path, i.disabled_at is not null
    into v_out.tenant_id, v_out.issuer, v_out.title, v_out.path, v_out.disabled
    from pgrant.issuers i
   where i.host || '' = p_host
     and i.path = any (v_paths)
   order by length(i.path) desc
   limit 1;

  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'no issuer for this host and path';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.tenant_find(text, text) is
  'Finds the tenant with the longest issuer path that is a prefix of p_path, whole segments only. p_host is a key to look up and is never repeated. Writes nothing. Errors: not_found.';

create function pgrant_api.tenant_appearance(p_tenant uuid, p_request_id text, p_address inet)
returns pgrant_api.appearance
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.appearance;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select t.title, t.default_language, t.accent_color, t.support_uri, t.policy_uri, t.tos_uri,
         pgrant_rules.tenant_logo(p_tenant), t.remember_username, pgrant_rules.algs_taken(t.client_signing_algs, t.security_profile)
    into v_out.title, v_out.language, v_out.accent_color, v_out.support_uri, v_out.policy_uri, v_out.tos_uri,
         v_out.logo, v_out.remember_username, v_out.client_signing_algs
    from pgrant.tenants t
   where t.tenant_id = p_tenant;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.tenant_appearance(uuid, text, inet) is
  'What every page of the tenant shows, and every challenge says. Writes nothing. Errors: not_found.';

create function pgrant_rules.sign_up_offered(p_tenant uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.login_url is not null)
      or exists (select from pgrant.upstreams u where u.tenant_id = p_tenant and u.just_in_time and u.disabled_at is null);
end
$$;

comment on function pgrant_rules.sign_up_offered(uuid) is
  'Whether somebody new can make an account while they sign in: on the product''s own page, or by an upstream that makes users.';

create function pgrant_api.tenant_describe(p_tenant uuid, p_request_id text, p_address inet)
returns pgrant_api.tenant_facts
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.tenant_facts;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select t.title, t.refresh_lifetime, t.session_lifetime, t.registration, t.client_documents,
         pgrant_rules.algs_taken(t.signing_algs, t.security_profile), pgrant_rules.algs_taken(t.client_signing_algs, t.security_profile),
         pgrant_rules.auth_methods_taken(t.token_endpoint_auth_methods, t.security_profile),
         (select array_agg(s.scope order by s.scope) from pgrant.scopes s where s.tenant_id = p_tenant),
         array(select distinct a.acr from unnest(t.acr_values_supported || pgrant_rules.acr_offered(p_tenant)) a (acr) order by 1),
         pgrant_rules.sign_up_offered(p_tenant), t.request_uri_parameter, t.require_signed_request_object,
         t.require_pushed_authorization_requests or t.security_profile is not null, t.session_management,
         t.grant_management_action_required,
         array(select d.type from pgrant.authorization_details_types d where d.tenant_id = p_tenant order by d.type)
    into v_out.title, v_out.refresh_lifetime, v_out.session_lifetime, v_out.registration, v_out.client_documents, v_out.signing_algs,
         v_out.client_signing_algs, v_out.token_endpoint_auth_methods, v_out.scopes, v_out.acr_values, v_out.sign_up,
         v_out.request_uri_parameter,
         v_out.require_signed_request_object,
         v_out.require_pushed_authorization_requests, v_out.session_management,
         v_out.grant_management_action_required, v_out.authorization_details_types
    from pgrant.tenants t
   where t.tenant_id = p_tenant;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.tenant_describe(uuid, text, inet) is
  'What the metadata documents (RFC 8414) and the pages say of the tenant. Writes nothing. Errors: not_found.';

create function pgrant_api.key_list(p_tenant uuid, p_request_id text, p_address inet)
returns pgrant_api.signing_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.signing_keys;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if pgrant.tenant() is null then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
    return v_out;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
           'kid', k.kid,
           'alg', k.alg,
           'public_jwk', k.public_jwk,
           'sealed_private', translate(encode(k.sealed_private, 'base64'), E'\n', ''),
           'active_at', pgrant_rules.epoch(k.active_at),
           'expires_at', case when isfinite(k.expires_at) then pgrant_rules.epoch(k.expires_at) end)
         order by k.active_at desc, k.kid), '[]')
    into v_out.keys
    from pgrant.signing_keys k
   where k.tenant_id = p_tenant
     and k.expires_at > now();
  return v_out;
end
$$;

comment on function pgrant_api.key_list(uuid, text, inet) is
  'The keys to publish (RFC 7517), and to sign with: for each alg the youngest whose active_at has come. The private half is sealed. Writes nothing. Errors: not_found.';

create function pgrant_rules.admin_resource(p_tenant uuid) returns text
language plpgsql stable
as $$
begin
  return (select pgrant.resource_canonical(rtrim(t.issuer, '/') || '/api/v1') from pgrant.tenants t where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_rules.admin_resource(uuid) is 'The admin API of a tenant as a resource (RFC 8707): the aud of the access tokens that it takes.';
