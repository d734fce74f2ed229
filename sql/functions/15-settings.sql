-- Settings come from the catalog: a setting is a column with its comment, its check and its default.
-- The words of a refusal are the list that the check has, or else the comment on the constraint.

create function pgrant_rules.setting_columns_except(p_table text) returns text[]
language sql immutable
as $$
  select case p_table
    when 'tenants' then array['tenant_id', 'name', 'issuer', 'decoy_salt', 'created_at', 'disabled_at']
    when 'clients' then array['tenant_id', 'client_id', 'identity_changed_at', 'created_at', 'disabled_at', 'maker_id',
      'allowed_networks', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'contacts', 'software_id', 'software_version',
      'default_max_age', 'require_auth_time', 'initiate_login_uri', 'registered', 'registered_at', 'registered_from',
      'registration_token_hash', 'left_out', 'requested_at', 'last_used_at', 'expires_at', 'document_fetched_at',
      'document_expires_at']
    when 'upstreams' then array['tenant_id', 'name', 'kind', 'sealed_secrets', 'created_at', 'disabled_at']
    when 'webhooks' then array['tenant_id', 'name', 'sealed_secret', 'sealed_old_secret', 'old_secret_expires_at', 'paused_until',
      'created_at', 'disabled_at', 'disabled_reason']
  end
$$;

comment on function pgrant_rules.setting_columns_except(text) is
  'The columns that no operator sets: what the row is, what happened to it, what a client says of itself. Every other column is a setting; null for a table that has none.';

create function pgrant_rules.setting_choices(p_check text) returns text[]
language plpgsql stable
as $$
declare
  v_function text := substring(p_check from '(?:= ANY|<@) \(?pgrant\.(\w+)\(\)');
  v_list text := substring(p_check from '(?:= ANY|<@) \(?ARRAY\[([^\]]*)\]');
  v_choices text[];
begin
  if v_function is not null then
    execute format('select pgrant.%I()', v_function) into v_choices;
  elsif v_list is not null then
    v_choices := array(select m[1] from regexp_matches(v_list, '''([^'']*)''', 'g') m);
  end if;
  return v_choices;
end
$$;

comment on function pgrant_rules.setting_choices(text) is
  'The values that a check allows (its definition, as PostgreSQL writes it), where it compares with a list; else null.';

create function pgrant_rules.either(p_words text[]) returns text
language sql immutable
as $$ select regexp_replace(array_to_string(p_words, ', '), ', ([^,]*)$', ' or \1') $$;

comment on function pgrant_rules.either(text[]) is 'a, b or c.';

create function pgrant_rules.setting_words(p_type text, p_choices text[], p_comments text, p_nullable boolean) returns text
language sql immutable
as $$
  select case
    when p_choices is not null and p_type = 'text[]' then 'a list of ' || array_to_string(p_choices, ', ')
    when p_choices is not null then pgrant_rules.either(p_choices)
    when p_comments is not null then p_comments
    when p_type = 'boolean' then 'true or false'
    when p_type = 'integer' then 'a whole number'
    when p_type = 'jsonb' then 'JSON'
    when p_type = 'text[]' then 'a list'
    when p_type = 'cidr[]' then 'a list of networks such as 192.0.2.0/24'
    when p_nullable then 'text'
    else 'text that is not empty' end
$$;

comment on function pgrant_rules.setting_words(text, text[], text, boolean) is
  'What a setting may be, in words that fit behind "must be".';

create function pgrant_rules.default_text(p_expression text) returns text
language sql immutable
as $$ select regexp_replace(p_expression, '^''(.*)''::.*$', '\1') $$;

comment on function pgrant_rules.default_text(text) is 'The default of a column, a constant as PostgreSQL writes it, as text without quotes and type.';

create function pgrant_ops.setting_list(p_table text)
returns table (name text, type text, unit text, nullable boolean, default_value text, choices text[], meaning text, good text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select a.attname::text, format_type(a.atttypid, null),
         case when k.comments ~ '\mseconds\M' then 'seconds' end, not a.attnotnull,
         pgrant_rules.default_text(pg_get_expr(d.adbin, d.adrelid)),
         k.choices, col_description(a.attrelid, a.attnum),
         pgrant_rules.setting_words(format_type(a.atttypid, null), k.choices, k.comments, not a.attnotnull)
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   cross join lateral (
     select pgrant_rules.setting_choices(string_agg(pg_get_constraintdef(c.oid), ' ')) as choices,
            string_agg(obj_description(c.oid, 'pg_constraint'), '; ' order by c.conname) as comments
       from pg_constraint c
      where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) k
   where a.attrelid = to_regclass(format('pgrant.%I', p_table)) and a.attnum > 0 and not a.attisdropped
     and not a.attname = any (pgrant_rules.setting_columns_except(p_table))
   order by a.attnum;
end
$$;

comment on function pgrant_ops.setting_list(text) is
  'The settings of tenants, clients, upstreams or webhooks (the name of the table), in the order of its columns: type, unit (seconds, or null), default (null = none), choices (null = no list), what it means and what it may be, in words. May be null: unit, default_value, choices.';

create function pgrant_rules.networks_sound(p_networks text[]) returns boolean
language plpgsql immutable
as $$
begin
  return p_networks::cidr[] is not null;
exception
  when invalid_text_representation then
    return false;
end
$$;

comment on function pgrant_rules.networks_sound(text[]) is 'Whether each is a network as PostgreSQL reads one, without bits beyond its mask.';

create function pgrant_rules.setting_literal(p_type text, p_value jsonb) returns text
language sql immutable
as $$
  select case
    when p_type like '%[]' then case
      when jsonb_typeof(p_value) = 'array' and not jsonb_path_exists(p_value, 'strict $[*] ? (@.type() <> "string")')
       and (p_type <> 'cidr[]' or pgrant_rules.networks_sound(array(select jsonb_array_elements_text(p_value))))
      then array(select jsonb_array_elements_text(p_value))::text end
    when p_type = 'jsonb' then case when jsonb_typeof(p_value) in ('object', 'array') then p_value::text end
    when jsonb_typeof(p_value) in ('object', 'array') then null
    when p_type = 'integer' then case
      when p_value #>> '{}' ~ '^-?[0-9]{1,10}$' and (p_value #>> '{}')::bigint between -2147483648 and 2147483647
      then p_value #>> '{}' end
    when p_type = 'boolean' then case when p_value #>> '{}' in ('true', 'false') then p_value #>> '{}' end
    else p_value #>> '{}' end
$$;

comment on function pgrant_rules.setting_literal(text, jsonb) is
  'A value as PostgreSQL reads it into a column of the type; null where it is none of that type.';

create function pgrant_rules.nearest(p_word text, p_words text[]) returns text
language sql stable
as $$
  select w.word
    from unnest(p_words) w (word)
   cross join lateral (
     select 2.0 * count(*) / (length(w.word) + length(p_word) - 2) as likeness
       from (select substr(w.word, i, 2) from generate_series(1, length(w.word) - 1) i
             intersect
             select substr(p_word, i, 2) from generate_series(1, length(p_word) - 1) i) pairs) l
   where length(w.word) + length(p_word) > 2 and l.likeness > 0.5
   order by l.likeness desc, w.word
   limit 1
$$;

comment on function pgrant_rules.nearest(text, text[]) is
  'The word that was probably meant: it has the most pairs of letters in common. Null where none is near.';

create function pgrant_rules.setting_refuse(p_name text, p_good text, p_value jsonb) returns void
language plpgsql
as $$
begin
  raise exception '% must be %, not %', p_name, p_good,
    case when coalesce(p_value, 'null') in ('null', '""') then 'empty' else quote_literal(left(p_value #>> '{}', 100)) end
    using errcode = 'OA003';
end
$$;

comment on function pgrant_rules.setting_refuse(text, text, jsonb) is 'Raises OA003: what a setting must be, and is not.';

create function pgrant_rules.settings_read(p_table text, p_settings jsonb) returns table (name text, literal text)
language plpgsql stable
as $$
declare
  v_kind text := rtrim(p_table, 's');
  v_names text[] := array(select s.name from pgrant_ops.setting_list(p_table) s);
  v_meant text;
  r record;
begin
  if jsonb_typeof(p_settings) is distinct from 'object' then
    raise exception 'settings are a JSON object {setting: value}' using errcode = 'OA003';
  end if;
  for r in
    select g.key, g.value, s.name, s.good, s.nullable, pgrant_rules.setting_literal(s.type, g.value) as literal,
           g.value = 'null' or g.value = '""' and s.nullable as unset
      from jsonb_each(p_settings) g left join pgrant_ops.setting_list(p_table) s on s.name = g.key
  loop
    if r.name is null then
      v_meant := pgrant_rules.nearest(r.key, v_names);
      raise exception 'there is no % setting %', v_kind, r.key
        using errcode = 'OA003',
              hint = concat('did you mean ' || v_meant || '? ', 'settings: ', array_to_string(v_names, ', '));
    elsif r.unset and r.nullable then
      r.literal := null;
    elsif r.unset or r.literal is null or r.value = '""' then
      perform pgrant_rules.setting_refuse(r.key, r.good, r.value);
    end if;
    name := r.key;
    literal := r.literal;
    return next;
  end loop;
end
$$;

comment on function pgrant_rules.settings_read(text, jsonb) is
  'Settings of a table with their values as literals, null where a value takes the setting back: JSON null, or an empty text. Raises OA003 for a name that does not exist, and for a value of the wrong type.';

create function pgrant_rules.settings_statement(p_statement text, p_table text, p_settings jsonb) returns text
language plpgsql stable
as $$
begin
  return (select format(p_statement, string_agg(quote_ident(s.name), ', '), string_agg(quote_nullable(s.literal), ', '))
            from pgrant_rules.settings_read(p_table, p_settings) s);
end
$$;

comment on function pgrant_rules.settings_statement(text, text, jsonb) is
  'A statement with the columns of settings for %1$s and their values, quoted, for %2$s. Raises OA003.';

create function pgrant_rules.settings_write(p_statement text, p_table text, p_settings jsonb, p_tenant uuid, p_key text default null)
returns void
language plpgsql
as $$
declare
  v_constraint text;
  v_column text;
begin
  if p_settings <> '{}' then
    execute pgrant_rules.settings_statement(p_statement, p_table, p_settings) using p_tenant, p_key;
  end if;
exception
  when check_violation or not_null_violation then
    get stacked diagnostics v_constraint = constraint_name, v_column = column_name;
    perform pgrant_rules.check_refuse(p_table, v_constraint, nullif(v_column, ''), p_settings);
end
$$;

comment on function pgrant_rules.settings_write(text, text, jsonb, uuid, text) is
  'Executes an INSERT or UPDATE of settings: %1$s stands for their columns, %2$s for their values, $1 for the tenant and $2 for the key. Does nothing without settings. Raises OA003 in words where a value breaks a check.';

create function pgrant_rules.check_refuse(p_table text, p_constraint text, p_column text, p_settings jsonb) returns void
language plpgsql
as $$
declare
  v_column text;
  v_words text;
begin
  select c.column_name, c.words into v_column, v_words from pgrant_ops.check_words(p_table, p_constraint) c;
  if p_column is not null then
    select s.name, s.good into v_column, v_words from pgrant_ops.setting_list(p_table) s where s.name = p_column;
  end if;
  if v_column is null then
    raise exception '%', v_words using errcode = 'OA003';
  end if;
  perform pgrant_rules.setting_refuse(v_column, v_words, p_settings -> v_column);
end
$$;

comment on function pgrant_rules.check_refuse(text, text, text, jsonb) is
  'Raises OA003 for a check of a table that settings have broken, or a column (p_column) that they leave empty.';

create function pgrant_ops.check_words(p_table text, p_constraint text) returns table (column_name text, words text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select a.attname::text, coalesce(pgrant_rules.either(pgrant_rules.setting_choices(pg_get_constraintdef(c.oid))),
                                   obj_description(c.oid, 'pg_constraint'))
    from pg_constraint c left join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
   where c.conrelid = to_regclass(format('pgrant.%I', p_table)) and c.conname = p_constraint and c.contype = 'c';
end
$$;

comment on function pgrant_ops.check_words(text, text) is
  'A check in words: what the column must be, or, where it is about several (column_name null), a sentence. May be null: column_name.';
