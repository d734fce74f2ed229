-- What operators call: the types of authorization details of a tenant; and what the web process validates by.

create type pgrant_api.authorization_details_types as (
  error   pgrant_api.error,
  reason  text,
  types   jsonb
);

comment on type pgrant_api.authorization_details_types is 'The types of authorization details of a tenant.';
comment on column pgrant_api.authorization_details_types.types is 'Array of {type, json_schema, hash}; hash is SHA-256 in hex.';

create function pgrant_api.authorization_details_type_list(p_tenant uuid, p_request_id text, p_address inet)
returns pgrant_api.authorization_details_types
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.authorization_details_types;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if pgrant.tenant() is null then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
    return v_out;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('type', t.type, 'json_schema', t.json_schema,
                                               'hash', encode(t.json_schema_hash, 'hex')) order by t.type), '[]')
    into v_out.types
    from pgrant.authorization_details_types t
   where t.tenant_id = p_tenant;
  return v_out;
end
$$;

comment on function pgrant_api.authorization_details_type_list(uuid, text, inet) is
  'The JSON Schemas by which authorization details are validated (RFC 9396 5), each with its hash, by which details_refusal knows that it is the one of now. Writes nothing. Errors: not_found.';

create function pgrant_ops.authorization_details_type_set(
  p_tenant uuid, p_type text, p_title text, p_json_schema jsonb, p_template text,
  p_consent_remembered boolean default false, p_client_credentials boolean default false
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_schema_hash bytea := sha256(convert_to(p_json_schema::text, 'utf8'));
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.values_check('authorization_details_types', jsonb_build_object(
    'type', p_type, 'title', p_title, 'json_schema', p_json_schema, 'template', p_template,
    'consent_remembered', p_consent_remembered, 'client_credentials', p_client_credentials));
  insert into pgrant.authorization_details_types as t (tenant_id, type, title, json_schema, json_schema_hash, template,
                                                       consent_remembered, client_credentials)
  values (p_tenant, p_type, p_title, p_json_schema, v_schema_hash, p_template, p_consent_remembered, p_client_credentials)
      on conflict (tenant_id, type) do update
     set title = excluded.title, json_schema = excluded.json_schema, json_schema_hash = excluded.json_schema_hash,
         template = excluded.template, consent_remembered = excluded.consent_remembered,
         client_credentials = excluded.client_credentials;
  perform pgrant_rules.audit(p_tenant, 'authorization_details_type.set', null, null, null, p_detail => jsonb_build_object(
    'type', p_type, 'title', p_title, 'json_schema_hash', encode(v_schema_hash, 'hex'), 'template', p_template,
    'consent_remembered', p_consent_remembered, 'client_credentials', p_client_credentials));
end
$$;

comment on function pgrant_ops.authorization_details_type_set(uuid, text, text, jsonb, text, boolean, boolean) is
  'Registers a type of authorization details (RFC 9396 2), or changes it: its name for people, its JSON Schema (2020-12, which the caller has compiled), the template of the consent page, whether consent is remembered, whether clients may have it for themselves. What was granted is kept, whatever the schema says now. Raises OA001, OA003.';

create function pgrant_ops.authorization_details_type_remove(p_tenant uuid, p_type text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.authorization_details_types t where t.tenant_id = p_tenant and t.type = p_type;
  if not found then
    raise exception 'there is no type % of authorization details', p_type using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.authorization_details_type_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'authorization_details_type.remove', null, null, null,
                             p_detail => jsonb_build_object('type', p_type));
end
$$;

comment on function pgrant_ops.authorization_details_type_remove(uuid, text) is
  'Removes a type, whichever clients may ask for it: tokens lose it at their next refresh or introspection. Raises OA001.';

create function pgrant_ops.authorization_details_type_list(p_tenant uuid)
returns table (type text, title text, template text, consent_remembered boolean, client_credentials boolean, json_schema jsonb,
               created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select t.type, t.title, t.template, t.consent_remembered, t.client_credentials, t.json_schema, t.created_at
    from pgrant.authorization_details_types t where t.tenant_id = p_tenant order by t.type;
end
$$;

comment on function pgrant_ops.authorization_details_type_list(uuid) is 'The types of authorization details of a tenant. Raises OA001.';

create function pgrant_ops.authorization_details_type_show(p_tenant uuid, p_type text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_type jsonb;
begin
  perform pgrant_rules.administer(p_tenant);
  select to_jsonb(t) - 'tenant_id' - 'json_schema_hash'
         || jsonb_build_object('clients', array(select c.client_id from pgrant.clients c
                                                 where c.tenant_id = p_tenant and p_type = any (c.authorization_details_types)
                                                 order by c.client_id))
    into v_type
    from pgrant.authorization_details_types t where t.tenant_id = p_tenant and t.type = p_type;
  if not found then
    raise exception 'there is no type % of authorization details', p_type using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.authorization_details_type_list(p_tenant)';
  end if;
  return v_type;
end
$$;

comment on function pgrant_ops.authorization_details_type_show(uuid, text) is
  'A type of authorization details, with its JSON Schema and the clients that may ask for it. Raises OA001.';
