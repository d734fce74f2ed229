-- What operators call: clients of a tenant.

create function pgrant_ops.client_add(p_tenant uuid, p_client_id text, p_metadata jsonb, p_secret_hash bytea default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_client pgrant.clients;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_id_check(p_tenant, p_client_id);
  perform pgrant_rules.values_check('clients', jsonb_build_object('client_id', p_client_id));
  p_metadata := pgrant_rules.tenant_defaults(p_tenant, p_metadata ->> 'token_endpoint_auth_method') || p_metadata;
  perform pgrant_rules.settings_write('insert into pgrant.clients (tenant_id, client_id, %1$s) values ($1, $2, %2$s)',
                                      'clients', p_metadata, p_tenant, p_client_id);
  perform pgrant_rules.client_settings_check(p_tenant, p_client_id);
  perform pgrant_rules.client_types_check(p_tenant, p_metadata);
  perform pgrant_rules.client_audience_check(p_tenant, p_client_id, p_metadata);
  select * into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  if pgrant_rules.client_has_secret(v_client) = (p_secret_hash is null) then
    raise exception using errcode = 'OA003',
      message = 'a client has a secret if its token_endpoint_auth_method is client_secret_basic or client_secret_post, and else none';
  end if;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.add');
  if p_secret_hash is not null then
    perform pgrant_ops.client_secret_add(p_tenant, p_client_id, p_secret_hash);
  end if;
  perform pgrant_rules.audit(p_tenant, 'client.add', null, null, p_client_id, p_detail => p_metadata);
  return pgrant_ops.client_show(p_tenant, p_client_id);
end
$$;

comment on function pgrant_ops.client_add(uuid, text, jsonb, bytea) is
  'Registers a client; p_metadata by the names of RFC 7591 2 where it has them, and of the columns of pgrant.clients. p_secret_hash is the SHA-256 of a secret made outside. Returns the client. Raises OA001, OA002, OA003.';

create function pgrant_rules.tenant_defaults(p_tenant uuid, p_method text) returns jsonb
language plpgsql stable
as $$
begin
  return (select jsonb_build_object('require_pkce', t.require_pkce or p_method is not distinct from 'none',
                                    'subject_type', t.subject_type)
                 || case when t.security_profile is null then '{}'
                         else jsonb_strip_nulls(jsonb_build_object('id_token_alg', a.taken[1], 'authorization_alg', a.taken[1])) end
            from pgrant.tenants t
           cross join pgrant_rules.algs_taken(t.signing_algs, t.security_profile) a (taken)
           where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_rules.tenant_defaults(uuid, text) is
  'What the tenant makes of a new client with this token_endpoint_auth_method that does not say: {require_pkce, subject_type}, and id_token_alg and authorization_alg where a profile forbids the defaults. Public clients always have to send a code_challenge.';

create function pgrant_rules.client_settings_check(p_tenant uuid, p_client_id text, p_settings text[] default null) returns void
language plpgsql
as $$
declare
  v_client pgrant.clients;
  v_unknown text;
  v_off record;
begin
  select * into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  v_unknown := pgrant_rules.scope_unknown(p_tenant, v_client.scopes);
  if v_unknown is not null then
    raise exception 'the tenant has no scope %', v_unknown using errcode = 'OA001',
      hint = 'add it with pgrant_ops.scope_add, or leave it out';
  end if;
  v_off := pgrant_rules.setting_not_offered(p_tenant, v_client, p_settings);
  if v_off.setting is not null then
    perform pgrant_rules.setting_refuse(v_off.setting,
                                        pgrant_rules.offered_words(v_off.offered, v_off.offering),
                                        to_jsonb(v_client) -> v_off.setting);
  end if;
  if v_client.default_resource is not null
     and coalesce((pgrant_rules.resource_target(p_tenant, null, array[v_client.default_resource], null)).audience, '{}') = '{}' then
    raise exception 'the tenant has no resource %', v_client.default_resource using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.resource_list(p_tenant)';
  end if;
  if coalesce(p_settings && array['jwks', 'token_endpoint_auth_method'], true)
     and v_client.token_endpoint_auth_method in ('private_key_jwt', 'self_signed_tls_client_auth')
     and not exists (select from jsonb_array_elements(v_client.jwks -> 'keys') k (jwk) where pgrant_rules.key_verifies(k.jwk))
     and v_client.jwks is not null then
    perform pgrant_rules.setting_refuse('jwks', 'a JWK set with a public key for ' || array_to_string(pgrant.client_algs(), ', '),
                                        v_client.jwks);
  end if;
  if coalesce(p_settings && array['redirect_uris', 'post_logout_redirect_uris'], true) then
    perform pgrant_rules.redirect_schemes_check(p_tenant, v_client);
  end if;
end
$$;

comment on function pgrant_rules.client_settings_check(uuid, text, text[]) is
  'What no check of the table can say of a client of which p_settings (null = all) were just written: scopes, redirect schemes, algorithms and ways to authenticate are the tenant''s, a client that signs needs a key that verifies, and what the tenant took back since is no fault of the next change. Raises OA001, OA003.';

create function pgrant_rules.client_types_check(p_tenant uuid, p_settings jsonb) returns void
language plpgsql
as $$
declare
  v_unknown text;
begin
  select d.type into v_unknown
    from jsonb_array_elements_text(p_settings -> 'authorization_details_types') d (type)
   where not exists (select from pgrant.authorization_details_types t where t.tenant_id = p_tenant and t.type = d.type)
   limit 1;
  if found then
    raise exception 'the tenant has no type % of authorization details', v_unknown using errcode = 'OA001',
      hint = 'register it with pgrant_ops.authorization_details_type_set, or leave it out';
  end if;
end
$$;

comment on function pgrant_rules.client_types_check(uuid, jsonb) is
  'Whether the types of authorization details in settings that were just written are there; one that was removed since is no fault of the next change. Raises OA001.';

create function pgrant_rules.client_audience_check(p_tenant uuid, p_client_id text, p_settings jsonb) returns void
language plpgsql
as $$
declare
  v_unknown text;
begin
  if not p_settings ? 'introspection_audience' then
    return;
  end if;
  select a.name into v_unknown
    from pgrant.clients c, unnest(c.introspection_audience) a (name)
   where c.tenant_id = p_tenant and c.client_id = p_client_id
     and not exists (select from pgrant.resources r
                      where r.tenant_id = p_tenant and (r.resource = a.name or a.name = any (r.audiences)))
     and not exists (select from pgrant.tenants t where t.tenant_id = p_tenant and coalesce(t.audience, t.issuer) = a.name)
   limit 1;
  if found then
    raise exception 'no token of the tenant has the audience %', v_unknown using errcode = 'OA001',
      hint = 'as it is in aud: a resource or what that has beside (pgrant_ops.resource_list), or the audience of the tenant';
  end if;
end
$$;

comment on function pgrant_rules.client_audience_check(uuid, text, jsonb) is
  'Whether tokens of the tenant can have each introspection_audience that was just written; a resource that was removed since is no fault of the next change, for it gets no more tokens. Raises OA001.';

create function pgrant_rules.client_defaults() returns jsonb
language sql stable
as $$
  -- Not by setting_list, which reads every check as well: clients that register themselves come this way.
  select jsonb_object_agg(a.attname, pgrant_rules.default_text(pg_get_expr(d.adbin, d.adrelid)))
    from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
   where d.adrelid = 'pgrant.clients'::regclass and not a.attname = any (pgrant_rules.setting_columns_except('clients'))
$$;

comment on function pgrant_rules.client_defaults() is 'What a client is where its metadata does not say: the defaults of the columns.';

create function pgrant_ops.client_set(p_tenant uuid, p_client_id text, p_settings jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_before pgrant.clients;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  select * into v_before from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id for no key update;
  perform pgrant_rules.settings_write(
    'update pgrant.clients c set (%1$s) = row(%2$s) where c.tenant_id = $1 and c.client_id = $2',
    'clients', p_settings, p_tenant, p_client_id);
  perform pgrant_rules.client_settings_check(p_tenant, p_client_id, array(select jsonb_object_keys(p_settings)));
  perform pgrant_rules.client_types_check(p_tenant, p_settings);
  perform pgrant_rules.client_audience_check(p_tenant, p_client_id, p_settings);
  update pgrant.clients c set operator_requires = pgrant_rules.requirements_kept(v_before.operator_requires, p_settings)
   where c.tenant_id = p_tenant and c.client_id = p_client_id;
  perform pgrant_rules.client_identity_date(v_before);
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.set');
  perform pgrant_rules.audit(p_tenant, 'client.set', null, null, p_client_id, p_detail => p_settings);
  return pgrant_ops.client_show(p_tenant, p_client_id);
end
$$;

comment on function pgrant_ops.client_set(uuid, text, jsonb) is
  'Changes settings of a client, given as {setting: value} (see setting_list); null takes one back, so that the tenant''s is in force. Where its identity changes, people are asked again. Returns the client. Raises OA001, OA003.';

create function pgrant_ops.client_list(p_tenant uuid)
returns table (client_id text, name text, token_endpoint_auth_method text, grant_types text[], redirect_uris text[],
               created_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select c.client_id, c.name, c.token_endpoint_auth_method, c.grant_types, c.redirect_uris, c.created_at, c.disabled_at
    from pgrant.clients c where c.tenant_id = p_tenant and c.maker_id is null order by c.name, c.client_id;
end
$$;

comment on function pgrant_ops.client_list(uuid) is 'The applications of a tenant, by name; API credentials are in credential_list. Raises OA001.';

create function pgrant_ops.client_show(p_tenant uuid, p_client_id text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  return (select to_jsonb(c) - array['registration_token_hash', 'logo_kept'] || jsonb_build_object('secrets', (
            select coalesce(jsonb_agg(jsonb_build_object('secret_id', s.secret_id, 'created_at', s.created_at,
                     'expires_at', nullif(s.expires_at, 'infinity')) order by s.created_at), '[]')
              from pgrant.client_secrets s where s.tenant_id = p_tenant and s.client_id = p_client_id))
            || coalesce((select jsonb_build_object('jwks_fetched_at', k.fetched_at, 'jwks_expires_at', k.fresh_until,
                                                   'jwks_last_error', k.last_error)
                           from pgrant.client_key_sets k where k.tenant_id = p_tenant and k.client_id = p_client_id
                            and k.jwks_uri = c.jwks_uri), '{}')
            from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id);
end
$$;

comment on function pgrant_ops.client_show(uuid, text) is 'All that is known of a client, its secrets by id and expiry only; with a jwks_uri also when that was fetched and what went wrong last. Raises OA001.';

create function pgrant_ops.client_disable(p_tenant uuid, p_client_id text, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_action text := case when p_disabled then 'client.disable' else 'client.enable' end;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  update pgrant.clients c
     set disabled_at = case when p_disabled then coalesce(c.disabled_at, v_at) end
   where c.tenant_id = p_tenant and c.client_id = p_client_id;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, v_action);
  perform pgrant_rules.audit(p_tenant, v_action, null, null, p_client_id);
end
$$;

comment on function pgrant_ops.client_disable(uuid, text, boolean) is
  'Disables a client (its tokens are dead at once, while it is disabled) or enables it again. Raises OA001.';

create function pgrant_ops.client_remove(p_tenant uuid, p_client_id text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  perform pgrant_rules.client_delete(p_tenant, p_client_id, 'client.remove');
  perform pgrant_rules.audit(p_tenant, 'client.remove', null, null, p_client_id);
end
$$;

comment on function pgrant_ops.client_remove(uuid, text) is 'Removes a client with its secrets, grants and tokens. There is no way back. Raises OA001.';
