-- The developer portal: what a form makes of an application, and what is wrong with it.

create type pgrant_rules.developer_shape as (
  client  pgrant.clients,
  faults  jsonb
);

comment on type pgrant_rules.developer_shape is 'What a developer makes of a client.';
comment on column pgrant_rules.developer_shape.faults is '{field: {fault, value}}; {} = it is good.';

create function pgrant_rules.developer_fields() returns text[]
language sql immutable
as $$
  select array['name', 'redirect_uris', 'post_logout_redirect_uris', 'scopes', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri']
$$;

comment on function pgrant_rules.developer_fields() is
  'The columns of pgrant.clients that developers fill: never consent, PKCE, grants or lifetimes.';

create function pgrant_rules.redirects_fault(p_tenant uuid, p_uris text[], out fault text, out value text)
language plpgsql stable
as $$
begin
  select case when not pgrant.redirect_uris_sound(array[u.uri]) then 'unsound' else 'scheme' end, u.uri into fault, value
    from unnest(p_uris) with ordinality u (uri, n)
   where not pgrant.redirect_uris_sound(array[u.uri])
      or pgrant_rules.redirect_schemes_refused(p_tenant, array[u.uri]) <> '{}'
   order by u.n
   limit 1;
  if cardinality(p_uris) > 20 then
    fault := 'too_many';
    value := null;
  end if;
end
$$;

comment on function pgrant_rules.redirects_fault(uuid, text[]) is
  'What is wrong with redirect URIs of a developer, by the rules that hold for every client: unsound or scheme, with the first such URI, or too_many (20 are enough); else nulls.';

create function pgrant_rules.page_fault(p_uri text) returns text
language sql immutable
as $$ select 'url' where p_uri !~ '^https://[\x21\x23-\x3B\x3D\x3F-\x7E]+$' or length(p_uri) > 500 $$;

comment on function pgrant_rules.page_fault(text) is 'url where it is no https URL of at most 500 characters; null of null.';

create function pgrant_rules.developer_faults(p_tenant uuid, p_client pgrant.clients, p_allowed text[]) returns jsonb
language plpgsql stable
as $$
declare
  v_kind text := pgrant_rules.developer_kind(p_client.grant_types, p_client.token_endpoint_auth_method);
  v_redirects record := pgrant_rules.redirects_fault(p_tenant, p_client.redirect_uris);
  v_post_logout record := pgrant_rules.redirects_fault(p_tenant, p_client.post_logout_redirect_uris);
begin
  return (
    select coalesce(jsonb_object_agg(f.field, jsonb_build_object('fault', f.fault, 'value', left(f.value, 200))), '{}')
      from (values
        ('name', case when pgrant.name_sound(p_client.name) is not true then 'name' end, null),
        ('redirect_uris', case when v_kind <> 'machine' and p_client.redirect_uris = '{}' then 'missing'
                               when v_redirects.fault is not null then v_redirects.fault
                               when not pgrant.sector_sound(p_client.subject_type, p_client.sector_identifier_uri, p_client.redirect_uris)
                               then 'hosts' end, v_redirects.value),
        ('post_logout_redirect_uris', v_post_logout.fault, v_post_logout.value),
        ('scopes', case when not p_client.scopes <@ p_allowed then 'scope' end,
         (select min(s.scope) from unnest(p_client.scopes) s (scope) where not s.scope = any (p_allowed))),
        ('client_uri', pgrant_rules.page_fault(p_client.client_uri), p_client.client_uri),
        ('logo_uri', pgrant_rules.page_fault(p_client.logo_uri), p_client.logo_uri),
        ('policy_uri', pgrant_rules.page_fault(p_client.policy_uri), p_client.policy_uri),
        ('tos_uri', pgrant_rules.page_fault(p_client.tos_uri), p_client.tos_uri)) f (field, fault, value)
     where f.fault is not null);
end
$$;

comment on function pgrant_rules.developer_faults(uuid, pgrant.clients, text[]) is
  'What is wrong with a client of a developer, who may ask for the scopes p_allowed: {field: {fault, value}}.';

create function pgrant_rules.developer_shape(p_tenant uuid, p_client pgrant.clients, p_metadata jsonb)
returns pgrant_rules.developer_shape
language plpgsql stable
as $$
declare
  v_out pgrant_rules.developer_shape;
  v_client pgrant.clients;
  v_kind text := pgrant_rules.developer_kind(p_client.grant_types, p_client.token_endpoint_auth_method);
begin
  v_client := jsonb_populate_record(p_client, (
    select coalesce(jsonb_object_agg(m.key, m.value), '{}')
      from jsonb_each(p_metadata) m where m.key = any (pgrant_rules.developer_fields())));
  v_client.name := pgrant.name_normal(v_client.name);
  v_client.scopes := coalesce(v_client.scopes, '{}');
  if v_kind = 'machine' then
    v_client.redirect_uris := '{}';
    v_client.post_logout_redirect_uris := '{}';
  elsif v_kind = 'app' then
    -- RFC 8252: what comes back elsewhere than to a web page does so on the person's device.
    v_client.application_type := case when exists (select from unnest(v_client.redirect_uris) u (uri) where u.uri !~ '^https:')
                                      then 'native' else 'web' end;
  end if;
  v_out.faults := pgrant_rules.developer_faults(
    p_tenant, v_client,
    -- What an admin gave it by name stays.
    p_client.scopes || array(select s.scope from pgrant_rules.developer_scopes(p_tenant, v_kind) s));
  v_out.client := v_client;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_shape(uuid, pgrant.clients, jsonb) is
  'A client with what a developer fills in (keys: developer_fields(); others are left out).';

create function pgrant_rules.developer_kind_taken(p_tenant uuid, p_client pgrant.clients) returns boolean
language plpgsql stable
as $$
begin
  return (pgrant_rules.setting_not_offered(p_tenant, p_client, array['token_endpoint_auth_method'])).setting is null;
end
$$;

comment on function pgrant_rules.developer_kind_taken(uuid, pgrant.clients) is
  'Whether the tenant takes applications that authenticate as this new one does (token_endpoint_auth_methods, security_profile).';

create function pgrant_rules.developer_client_new(p_tenant uuid, p_kind text) returns pgrant.clients
language plpgsql stable
as $$
declare
  v_client pgrant.clients;
  v_method text := case p_kind when 'app' then 'none' else 'client_secret_basic' end;
begin
  v_client := jsonb_populate_record(null::pgrant.clients,
                                    pgrant_rules.client_defaults() || pgrant_rules.tenant_defaults(p_tenant, v_method));
  v_client.token_endpoint_auth_method := v_method;
  v_client.grant_types := case p_kind when 'machine' then array['client_credentials'] else array['authorization_code', 'refresh_token'] end;
  -- Asked again each time where any program could be it (RFC 8252 8.6).
  v_client.consent := 'assured';
  v_client.draft := true;
  v_client.third_party := true;
  v_client.created_at := now();
  v_client.identity_changed_at := now();
  select case when v_client.id_token_alg = any (t.signing_algs) then v_client.id_token_alg else t.signing_algs[1] end,
         t.developer_token_rate
    into v_client.id_token_alg, v_client.token_rate
    from pgrant.tenants t where t.tenant_id = p_tenant;
  return v_client;
end
$$;

comment on function pgrant_rules.developer_client_new(uuid, text) is
  'A draft of a kind (web, app, machine) with the defaults of the tenant, without client_id and name.';
