-- Settings come from the catalog: a setting is a column with its comment, its check and its default.
-- The words of a refusal are the list that the check has, or else the comment on the constraint.

create function pgrant_rules.setting_literal(p_type text, p_value jsonb) returns text
language sql immutable
as $$
  select case
    when p_type like '%[]' then case
      when jsonb_typeof(p_value) = 'array' and not jsonb_path_exists(p_value, 'strict $[*] ? (@.type() <> "string")')
       and (p_type <> 'cidr[]' or pgrant_rules.networks_sound(array(select jsonb_array_elements_text(p_value))))
      then array(select jsonb_array_elements_text(p_value))::text end
    when p_type = 'jsonb' then case when jsonb_typeof(p_value) in ('object', 'array') then p_value::text end
    when jsonb_typeof(p_value) in ('object', 'array') or p_type = 'text' and jsonb_typeof(p_value) <> 'string' then null
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

create function pgrant_rules.list_meant(p_value jsonb) returns text[]
language sql immutable
as $$
  select array_agg(btrim(w.word, '{}[]"'' ')) filter (where btrim(w.word, '{}[]"'' ') <> '')
    from jsonb_array_elements_text(case jsonb_typeof(p_value) when 'array' then p_value end) m (member)
   cross join regexp_split_to_table(m.member, ',') w (word)
  having bool_or(m.member ~ ',')
$$;

comment on function pgrant_rules.list_meant(jsonb) is
  'What a list was probably meant to be that has commas in its members, {a,b} as well; null for any other.';

create function pgrant_rules.setting_refuse(p_name text, p_good text, p_value jsonb) returns void
language plpgsql
as $$
declare
  v_given constant text := case coalesce(p_value, '""') when '""' then 'empty' when 'null' then 'null'
                             else concat('''', left(p_value #>> '{}', 100), '''') end;
  v_meant constant text[] := pgrant_rules.list_meant(p_value);
begin
  if v_meant is not null then
    raise exception '% must be %, not %', p_name, p_good, v_given using errcode = 'OA003',
      hint = format('did you mean %s?', to_jsonb(v_meant));
  end if;
  raise exception '% must be %, not %', p_name, p_good, v_given using errcode = 'OA003';
end
$$;

comment on function pgrant_rules.setting_refuse(text, text, jsonb) is
  'Raises OA003: what a setting must be, and is not; with the list that was probably meant.';

create function pgrant_rules.settings_read(p_table text, p_settings jsonb) returns table (name text, literal text)
language plpgsql stable
as $$
declare
  v_kind text := rtrim(p_table, 's');
  v_names text[];
  v_meant text;
  r record;
begin
  if jsonb_typeof(p_settings) is distinct from 'object' then
    raise exception 'settings are a JSON object {setting: value}' using errcode = 'OA003';
  end if;
  for r in
    select g.key, g.value, a.attname as name, not a.attnotnull as nullable,
           pgrant_rules.setting_literal(format_type(a.atttypid, null), g.value) as literal,
           g.value = 'null' or g.value = '""' and not a.attnotnull as unset
      from jsonb_each(p_settings) g
      left join pg_attribute a on a.attrelid = to_regclass(format('pgrant.%I', p_table)) and a.attname = g.key
       and a.attnum > 0 and not a.attisdropped and not g.key = any (pgrant_rules.setting_columns_except(p_table))
  loop
    if r.name is null then
      v_names := array(select s.name from pgrant_ops.setting_list(p_table) s);
      v_meant := pgrant_rules.nearest(r.key, v_names);
      raise exception 'there is no % setting %', v_kind, r.key using errcode = 'OA003',
              hint = concat('did you mean ' || v_meant || '? ', 'settings: ', array_to_string(v_names, ', '));
    elsif r.unset and r.nullable then
      r.literal := null;
    elsif r.unset or r.literal is null or r.value = '""' or not pgrant_rules.setting_sound(p_table, r.name, r.value) then
      -- What would be good takes longer to say than all the rest.
      perform pgrant_rules.setting_refuse(r.key, (select c.good from pgrant_rules.columns_described(p_table) c where c.name = r.key),
                                          r.value);
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
  if p_settings is distinct from '{}' then
    execute pgrant_rules.settings_statement(p_statement, p_table, p_settings) using p_tenant, p_key;
  end if;
exception
  when check_violation or not_null_violation then
    get stacked diagnostics v_constraint = constraint_name, v_column = column_name;
    -- Of several checks that are broken PostgreSQL names the one whose name is first.
    perform pgrant_rules.values_check(p_table, (select jsonb_object_agg(s.key, nullif(s.value, '""')) from jsonb_each(p_settings) s));
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
    select c.name, c.good into v_column, v_words from pgrant_rules.columns_described(p_table) c where c.name = p_column;
  end if;
  if v_column is null then
    raise exception '%', v_words using errcode = 'OA003';
  end if;
  perform pgrant_rules.setting_refuse(v_column, v_words, p_settings -> v_column);
end
$$;

comment on function pgrant_rules.check_refuse(text, text, text, jsonb) is
  'Raises OA003 for a check of a table that settings have broken, or a column (p_column) that they leave empty.';

create function pgrant_rules.values_check(p_table text, p_values jsonb) returns void
language plpgsql stable
as $$
declare
  v_table constant oid := to_regclass(format('pgrant.%I', p_table));
  v_good boolean;
  r record;
begin
  for r in
    select a.attname
      from pg_attribute a
     where a.attrelid = v_table and a.attnotnull and p_values -> a.attname = 'null'
     order by a.attnum
  loop
    perform pgrant_rules.check_refuse(p_table, null, r.attname, p_values);
  end loop;
  for r in
    select c.conname, pg_get_expr(c.conbin, c.conrelid) as condition
      from pg_constraint c
     where c.conrelid = v_table and c.contype = 'c'
       and p_values ?& array(select a.attname::text from pg_attribute a where a.attrelid = v_table and a.attnum = any (c.conkey))
     order by cardinality(c.conkey), c.conkey, c.conname
  loop
    execute format('select %s from jsonb_populate_record(null::pgrant.%I, $1)', r.condition, p_table) into v_good using p_values;
    if not v_good then
      perform pgrant_rules.check_refuse(p_table, r.conname, null, p_values);
    end if;
  end loop;
end
$$;

comment on function pgrant_rules.values_check(text, jsonb) is
  'Raises OA003 in words where values, by the columns of a table that they are written to, break one of its checks, which itself tells no more than its name: first of what a column has to be by itself, then of what several have to be together.';

create function pgrant_ops.check_words(p_table text, p_constraint text) returns table (column_name text, words text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select a.attname::text,
         case when k.choices is null then pgrant_rules.comments_of(p_table) ->> ('check ' || c.conname)
              else pgrant_rules.setting_words(format_type(a.atttypid, null), k.choices, null, false) end
    from pg_constraint c
    left join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
   cross join pgrant_rules.setting_choices(pg_get_constraintdef(c.oid)) k (choices)
   where c.conrelid = to_regclass(format('pgrant.%I', p_table)) and c.conname = p_constraint and c.contype = 'c';
end
$$;

comment on function pgrant_ops.check_words(text, text) is
  'A check in words: what the column must be, or, where it is about several (column_name null), a sentence. May be null: column_name.';
