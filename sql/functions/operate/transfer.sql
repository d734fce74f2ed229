-- A tenant as a unit: out of one installation, into another.

create function pgrant_rules.transferred_tables() returns text[]
language sql immutable
-- What a row refers to comes before it.
as $$
  select array['tenants', 'scopes', 'scope_texts', 'clients', 'client_secrets', 'users', 'totp_authenticators', 'recovery_codes',
               'passkeys', 'developer_clients', 'developer_messages', 'pairwise_subjects', 'user_roles', 'groups', 'group_roles',
               'group_members', 'resources', 'authorization_details_types', 'exchange_policies', 'registration_tokens',
               'upstreams', 'upstream_accounts', 'identity_assertion_policies', 'identity_assertion_issuers',
               'identity_assertion_clients', 'grants', 'token_families', 'reviews', 'scope_refusals', 'webhooks', 'tenant_history',
               'user_history', 'client_history', 'scope_history', 'resource_history', 'user_role_history', 'group_member_history',
               'group_role_history', 'grant_history']
$$;

comment on function pgrant_rules.transferred_tables() is
  'The tables of a tenant that go with it, its past too. What lives for minutes does not, nor do signing keys: their private halves open in one installation only.';

create function pgrant_ops.tenant_export(p_tenant uuid) returns setof jsonb
-- Stable: every query in it sees what was committed when the call began.
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_left_out text[];
  v_count bigint;
  v_counts jsonb := jsonb_build_object();
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select jsonb_build_object('pgrant_export', 1, 'exported_at', now(), 'tenant_id', i.tenant_id, 'name', i.name, 'issuer', i.issuer,
                            'title', i.title, 'host', i.host, 'path', i.path)
    from pgrant.issuers i where i.tenant_id = p_tenant;
  foreach v_table in array pgrant_rules.transferred_tables() loop
    -- What is sealed opens in the installation that sealed it, and nowhere else. Copies of logos stay there, too.
    v_left_out := array(select a.attname::text from pg_catalog.pg_attribute a
                       where a.attrelid = format('pgrant.%I', v_table)::regclass and a.attname ~ '^(sealed_|logo_kept$)');
    return query execute format(
      'select jsonb_build_object(''table'', %L, ''row'', to_jsonb(t) - $2) from pgrant.%I t where t.tenant_id = $1', v_table, v_table)
      using p_tenant, v_left_out;
    get diagnostics v_count = row_count;
    v_counts := v_counts || jsonb_build_object(v_table, v_count);
  end loop;
  return next jsonb_build_object('end', true, 'rows', v_counts);
end
$$;

comment on function pgrant_ops.tenant_export(uuid) is
  'A tenant as lines of JSON: what it is ({pgrant_export: version}), each row ({table, row}), and how many there were ({end, rows}); all as of one moment. Holds hashes, and no secret that could be used: nothing that is sealed, no signing key, nothing that lives for minutes. Raises OA001.';

create function pgrant_ops.tenant_import_begin(p_header jsonb, p_row jsonb, p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if p_header ->> 'pgrant_export' is distinct from '1' or p_header ->> 'tenant_id' is distinct from p_tenant::text then
    raise exception 'this is no export of pgrant that is understood here' using errcode = 'OA003',
      hint = 'its first line must be {"pgrant_export": 1, …}';
  elsif exists (select from pgrant.issuers i where i.tenant_id = p_tenant or i.name || '' = p_header ->> 'name') then
    raise exception 'the tenant % is here already', p_header ->> 'name' using errcode = 'OA002',
      hint = 'remove it first, or import into another installation';
  elsif exists (select from pgrant.issuers i where i.host || '' = p_header ->> 'host' and i.path = p_header ->> 'path') then
    raise exception 'the issuer % belongs to another tenant', p_header ->> 'issuer' using errcode = 'OA002',
      hint = 'give the tenant another issuer';
  elsif pgrant.issuer_fault(p_header ->> 'issuer', p_header ->> 'host', p_header ->> 'path') is not null then
    raise exception using errcode = 'OA003', message = concat_ws(' ', 'the issuer', p_header ->> 'issuer',
        pgrant.issuer_fault(p_header ->> 'issuer', p_header ->> 'host', p_header ->> 'path')),
      hint = 'as published: https, lower-case host, no slash at the end (RFC 8414 2)';
  end if;
  -- Nobody reaches it before all of it is there.
  perform pgrant_rules.catalogue_add(p_tenant, p_header ->> 'name', p_header ->> 'issuer', p_header ->> 'title', p_header ->> 'host',
                                     p_header ->> 'path', now());
  perform pgrant_rules.visit(p_tenant);
  perform pgrant_rules.rows_insert('tenants', jsonb_build_array(
            p_row || jsonb_build_object('tenant_id', p_tenant, 'name', p_header ->> 'name', 'title', p_header ->> 'title',
                                        'issuer', p_header ->> 'issuer', 'disabled_at', now())));
end
$$;

comment on function pgrant_ops.tenant_import_begin(jsonb, jsonb, uuid) is
  'Makes a tenant, disabled, from the first line and the row of tenants of an export, with the id that it had (p_tenant). Raises OA002, OA003.';

create function pgrant_rules.column_list(p_table regclass, p_row jsonb) returns text
language sql stable
as $$
  select string_agg(quote_ident(a.attname), ', ')
    from pg_catalog.pg_attribute a
   where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and p_row ? a.attname
$$;

comment on function pgrant_rules.column_list(regclass, jsonb) is
  'The columns of a table that a row in JSON has, quoted: the others get their defaults.';

create function pgrant_rules.rows_insert(p_table text, p_rows jsonb) returns void
language plpgsql
as $$
declare
  v_table regclass := format('pgrant.%I', p_table)::regclass;
begin
  execute format('insert into %s (%s) select %s from jsonb_populate_recordset(null::%s, $1)', v_table,
                 pgrant_rules.column_list(v_table, p_rows -> 0), pgrant_rules.column_list(v_table, p_rows -> 0), v_table)
    using p_rows;
end
$$;

comment on function pgrant_rules.rows_insert(text, jsonb) is
  'Inserts rows that to_jsonb() has written, all with the same columns. The tenant policy refuses rows of any other tenant.';

create function pgrant_ops.tenant_import_rows(p_tenant uuid, p_table text, p_rows jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if p_table = 'tenants' or not p_table = any (pgrant_rules.transferred_tables()) then
    raise exception 'the rows of % are not imported', p_table using errcode = 'OA003', hint = 'export the tenant anew';
  elsif not exists (select from pgrant.issuers i where i.tenant_id = p_tenant and i.disabled_at is not null) then
    raise exception 'the tenant is in use: rows are imported before it is enabled' using errcode = 'OA003';
  elsif p_table = 'upstreams' then
    p_rows := (select jsonb_agg(r || jsonb_build_object('sealed_secrets', '\x', 'disabled_at', now()))
                 from jsonb_array_elements(p_rows) r);
  elsif p_table = 'totp_authenticators' then
    p_rows := (select jsonb_agg(r || jsonb_build_object('sealed_secret', '\x')) from jsonb_array_elements(p_rows) r);
  elsif p_table = 'webhooks' then
    p_rows := (select jsonb_agg((r - array['old_secret_expires_at'])
                                || jsonb_build_object('sealed_secret', '\x', 'disabled_at', now(),
                                                      'disabled_reason', 'imported without its secret'))
                 from jsonb_array_elements(p_rows) r);
  end if;
  perform pgrant_rules.rows_insert(p_table, p_rows);
end
$$;

comment on function pgrant_ops.tenant_import_rows(uuid, text, jsonb) is
  'Inserts an array of rows of one table of an export, all with the same columns. Upstreams and webhooks are disabled until they are given secrets; of an authenticator app it is known that there was one. Raises OA001, OA003.';

create function pgrant_ops.tenant_import_end(p_tenant uuid, p_rows jsonb, p_enable boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_count bigint;
begin
  perform pgrant_rules.administer(p_tenant);
  foreach v_table in array pgrant_rules.transferred_tables() loop
    execute format('select count(*) from pgrant.%I t where t.tenant_id = $1', v_table) into v_count using p_tenant;
    if v_count <> coalesce((p_rows ->> v_table)::bigint, 0) then
      raise exception 'there are % rows of % instead of %', v_count, v_table, coalesce(p_rows ->> v_table, '0') using errcode = 'OA003',
        hint = 'the export is not whole: export the tenant anew';
    end if;
  end loop;
  perform pgrant_rules.tenant_remember(p_tenant, 'tenant.import');
  perform pgrant_rules.audit(p_tenant, 'tenant.import', null, null, null, p_detail => p_rows);
  if p_enable then
    perform pgrant_ops.tenant_disable(p_tenant, false);
  end if;
end
$$;

comment on function pgrant_ops.tenant_import_end(uuid, jsonb, boolean) is
  'Ends an import: what was exported must be there (p_rows: the counts of the last line). p_enable says whether the tenant was enabled. Raises OA001, OA003.';
