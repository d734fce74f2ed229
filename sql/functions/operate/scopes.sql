-- What operators call: scopes, and their texts for people.

create function pgrant_ops.scope_add(p_tenant uuid, p_scope text, p_title text, p_description text default '',
                                     p_sensitive boolean default false)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = p_scope) then
    raise exception 'there is a scope % already', p_scope using errcode = 'OA002',
      hint = 'change it: select pgrant_ops.scope_set(p_tenant, p_scope, p_settings)';
  end if;
  perform pgrant_rules.values_check('scopes', jsonb_build_object(
    'scope', p_scope, 'title', p_title, 'description', p_description, 'sensitive', p_sensitive));
  insert into pgrant.scopes (tenant_id, scope, title, description, sensitive)
  values (p_tenant, p_scope, p_title, p_description, p_sensitive);
  perform pgrant_rules.scope_remember(p_tenant, p_scope, 'scope.add');
  perform pgrant_rules.audit(p_tenant, 'scope.add', null, null, null, p_detail => jsonb_build_object('scope', p_scope));
end
$$;

comment on function pgrant_ops.scope_add(uuid, text, text, text, boolean) is
  'Defines a scope in words for people. Raises OA001, OA002, OA003.';

create function pgrant_ops.scope_list(p_tenant uuid)
returns table (scope text, title text, description text, sensitive boolean, for_developers boolean, texts jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select s.scope, s.title, s.description, s.sensitive, coalesce(s.for_developers, not s.sensitive and not s.requires_role),
         pgrant_rules.scope_texts(p_tenant, s.scope)
    from pgrant.scopes s
   where s.tenant_id = p_tenant
   order by s.scope;
end
$$;

comment on function pgrant_ops.scope_list(uuid) is 'The scopes of a tenant, and whether developers may ask for each; texts: {language: {title, description}}, those of other languages. Nothing is null. Raises OA001.';

create function pgrant_ops.scope_show(p_tenant uuid, p_scope text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out jsonb;
begin
  perform pgrant_rules.administer(p_tenant);
  select to_jsonb(l) into v_out from pgrant_ops.scope_list(p_tenant) l where l.scope = p_scope;
  if v_out is null then
    raise exception 'there is no scope %', p_scope using errcode = 'OA001',
      hint = 'pgrant_ops.scope_list shows those that are there';
  end if;
  return v_out;
end
$$;

comment on function pgrant_ops.scope_show(uuid, text) is 'A scope as scope_list has it. Raises OA001.';

create function pgrant_rules.scope_settings() returns table (name text, type text, nullable boolean)
language sql immutable
as $$
  values ('title', 'text', false), ('description', 'text', true), ('sensitive', 'boolean', false), ('for_developers', 'boolean', true)
  union all
  select n.name || '#' || l.tag, 'text', true
    from unnest(pgrant.page_languages()) with ordinality l (tag, n), (values ('title'), ('description')) n (name)
$$;

comment on function pgrant_rules.scope_settings() is
  'What can be set of a scope: title#es is the title in Spanish (the tags of OpenID Connect Core 5.2). Nothing is null.';

create function pgrant_rules.scope_fields(p_settings jsonb) returns table (language text, fields jsonb)
language plpgsql stable
as $$
declare
  v_name text;
begin
  if jsonb_typeof(p_settings) is distinct from 'object' then
    raise exception 'settings are a JSON object {setting: value}' using errcode = 'OA003';
  end if;
  for v_name in select jsonb_object_keys(p_settings) loop
    if not exists (select from pgrant_rules.scope_settings() s where s.name = v_name) then
      raise exception 'there is no scope setting %', v_name using errcode = 'OA003',
              hint = 'settings: title, description, sensitive, for_developers; title and description also with #'
                     || array_to_string(pgrant.page_languages(), ', #') || ' behind them';
    end if;
  end loop;
  return query
  select split_part(e.key, '#', 2), jsonb_object_agg(split_part(e.key, '#', 1), nullif(e.value, '""'))
    from jsonb_each(p_settings) e
   group by 1
   order by 1;
end
$$;

comment on function pgrant_rules.scope_fields(jsonb) is
  'Settings of a scope by language, '''' for those without one: title#es is the title in Spanish (the tags of OpenID Connect Core 5.2). An empty text is null. Raises OA003 for a name that does not exist.';

create function pgrant_rules.scope_text_set(p_tenant uuid, p_scope text, p_language text, p_fields jsonb) returns void
language plpgsql
as $$
declare
  v_text pgrant.scope_texts;
begin
  select t.* into v_text
    from pgrant.scope_texts t
   where t.tenant_id = p_tenant and t.scope = p_scope and t.language = p_language;
  v_text.title := case when p_fields ? 'title' then p_fields ->> 'title' else v_text.title end;
  v_text.description := coalesce(case when p_fields ? 'description' then p_fields ->> 'description' else v_text.description end, '');
  delete from pgrant.scope_texts t where t.tenant_id = p_tenant and t.scope = p_scope and t.language = p_language;
  if v_text.title is not null then
    insert into pgrant.scope_texts (tenant_id, scope, language, title, description)
    values (p_tenant, p_scope, p_language, v_text.title, v_text.description);
  elsif v_text.description <> '' then
    raise exception 'description#% needs title#%', p_language, p_language using errcode = 'OA003';
  end if;
end
$$;

comment on function pgrant_rules.scope_text_set(uuid, text, text, jsonb) is
  'Changes the text of a scope in a language; without a title there is none. Raises OA003.';

create function pgrant_ops.scope_set(p_tenant uuid, p_scope text, p_settings jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_constraint text;
  v_column text;
  r record;
begin
  perform pgrant_rules.administer(p_tenant);
  perform from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = p_scope;
  if not found then
    raise exception 'there is no scope %', p_scope using errcode = 'OA001',
      hint = 'pgrant_ops.scope_list shows those that are there';
  end if;
  begin
    for r in select f.language, f.fields from pgrant_rules.scope_fields(p_settings) f loop
      if r.language <> '' then
        perform pgrant_rules.scope_text_set(p_tenant, p_scope, r.language, r.fields);
      else
        update pgrant.scopes s
           set title = case when r.fields ? 'title' then r.fields ->> 'title' else s.title end,
               description = case when r.fields ? 'description' then coalesce(r.fields ->> 'description', '') else s.description end,
               sensitive = case when r.fields ? 'sensitive' then pgrant_rules.setting_literal('boolean', r.fields -> 'sensitive')::boolean
                                else s.sensitive end,
               for_developers = case when r.fields ? 'for_developers'
                                     then pgrant_rules.setting_literal('boolean', r.fields -> 'for_developers')::boolean
                                     else s.for_developers end
         where s.tenant_id = p_tenant and s.scope = p_scope;
      end if;
    end loop;
  exception
    when check_violation or not_null_violation then
      get stacked diagnostics v_constraint = constraint_name, v_column = column_name;
      raise exception using errcode = 'OA003', message = format(
        '%s must be %s', coalesce(nullif(v_column, ''), substring(v_constraint from '(title|description)_sound$')),
        coalesce((select c.words from pgrant_ops.check_words('scopes', v_constraint) c),
                 (select c.words from pgrant_ops.check_words('scope_texts', v_constraint) c),
                 case when v_column = 'sensitive' then 'true or false' else 'text that is not empty' end));
  end;
  perform pgrant_rules.scope_remember(p_tenant, p_scope, 'scope.set');
  perform pgrant_rules.audit(p_tenant, 'scope.set', null, null, null,
                             p_detail => p_settings || jsonb_build_object('scope', p_scope));
  return pgrant_ops.scope_show(p_tenant, p_scope);
end
$$;

comment on function pgrant_ops.scope_set(uuid, text, jsonb) is
  'Changes the words of a scope or role, given as {title, description, sensitive, for_developers (null = where it is neither sensitive nor a role)} and, for people who read another language, {"title#es", "description#es"}; the others stay. An empty title takes the text of a language back. Returns {scope, title, description, sensitive, for_developers, texts}. Raises OA001, OA003.';
