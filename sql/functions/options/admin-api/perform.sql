-- How an operation of an admin is done: its arguments are read by the types that the function has.

create type pgrant_rules.admin_result as (
  error   pgrant_api.error,
  detail  text,
  value   jsonb
);

comment on type pgrant_rules.admin_result is 'What an operation gave: value, or an error in words for the admin.';
comment on column pgrant_rules.admin_result.value is 'What the function returned; null where that is nothing.';

create function pgrant_rules.admin_arguments(p_function oid)
returns table (name text, type text, required boolean)
language plpgsql stable
as $$
begin
  return query
  select substr(a.name, 3), format_type(a.type, null), a.n <= p.pronargs - p.pronargdefaults
    from pg_catalog.pg_proc p,
         unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality a (name, type, n)
   where p.oid = p_function and a.name <> 'p_tenant'
   order by a.n;
end
$$;

comment on function pgrant_rules.admin_arguments(oid) is 'The arguments of a function but the tenant, without p_.';

create function pgrant_rules.admin_function(p_function_name text) returns oid
language plpgsql stable
as $$
begin
  return (select p.oid from pgrant_rules.admin_operations() o
            join pg_catalog.pg_proc p on p.proname = o.function_name and p.pronamespace = 'pgrant_ops'::regnamespace
           where o.function_name = p_function_name limit 1);
end
$$;

comment on function pgrant_rules.admin_function(text) is 'The function of pgrant_ops that an operation has; null where its option is left out.';

create function pgrant_rules.admin_statement(p_operation pgrant_rules.admin_operation, p_arguments jsonb) returns text
language plpgsql stable
as $$
declare
  v_function oid := pgrant_rules.admin_function(p_operation.function_name);
  v_call text := 'p_tenant => $1';
  v_literal text;
  v_returns_set boolean;
  v_arg record;
begin
  for v_arg in select a.* from pgrant_rules.admin_arguments(v_function) a loop
    if not p_arguments ? v_arg.name then
      if v_arg.required then
        raise exception '% is missing', v_arg.name using errcode = 'OA003';
      end if;
      continue;
    end if;
    v_literal := pgrant_rules.setting_literal(v_arg.type, p_arguments -> v_arg.name);
    if v_literal is null and p_arguments -> v_arg.name <> 'null' then
      perform pgrant_rules.setting_refuse(v_arg.name, pgrant_rules.setting_words(v_arg.type, null, null, true),
                                          p_arguments -> v_arg.name);
    end if;
    v_call := v_call || format(', %I => %L::%s', 'p_' || v_arg.name, v_literal, v_arg.type);
  end loop;
  select p.proretset into v_returns_set from pg_catalog.pg_proc p where p.oid = v_function;
  return format(case when v_returns_set then 'select coalesce(jsonb_agg(to_jsonb(r)), ''[]'') from pgrant_ops.%I(%s) r'
                     else 'select to_jsonb(r) from pgrant_ops.%I(%s) r' end, p_operation.function_name, v_call);
end
$$;

comment on function pgrant_rules.admin_statement(pgrant_rules.admin_operation, jsonb) is
  'The statement that does an operation for the tenant $1. Raises OA003 for an argument that is missing or of another type.';

create function pgrant_rules.admin_perform(p_tenant uuid, p_operation pgrant_rules.admin_operation, p_arguments jsonb)
returns pgrant_rules.admin_result
language plpgsql
as $$
declare
  v_out pgrant_rules.admin_result;
  v_refused text;
  v_table text;
  v_constraint text;
begin
  select min(s.name) into v_refused
    from jsonb_object_keys(case p_operation.operation when 'settings_set' then p_arguments -> 'settings' end) s (name)
   where s.name = any (pgrant_rules.admin_settings_except());
  if v_refused is not null then
    v_out.error := 'invalid_request';
    v_out.detail := v_refused || ' is a setting of the operator';
    return v_out;
  end if;
  execute pgrant_rules.admin_statement(p_operation, p_arguments) into v_out.value using p_tenant;
  return v_out;
exception
  when sqlstate 'OA001' then
    v_out := row('not_found', sqlerrm, null);
    return v_out;
  when sqlstate 'OA002' or unique_violation then
    v_out := row('already_exists', case sqlstate when 'OA002' then sqlerrm end, null);
    return v_out;
  when check_violation then
    get stacked diagnostics v_table = table_name, v_constraint = constraint_name;
    v_out := row('invalid_request', (select concat_ws(' must be ', w.column_name, w.words)
                                       from pgrant_ops.check_words(v_table, v_constraint) w), null);
    return v_out;
  when sqlstate 'OA003' or data_exception or not_null_violation or foreign_key_violation then
    v_out := row('invalid_request', case sqlstate when 'OA003' then sqlerrm end, null);
    return v_out;
end
$$;

comment on function pgrant_rules.admin_perform(uuid, pgrant_rules.admin_operation, jsonb) is
  'Does an operation, and nothing where it fails. Errors: not_found, already_exists, invalid_request, each with what is wrong in words.';
