-- What settings there are: columns of the catalog, and what is good for them, in words.

create function pgrant_rules.setting_columns_except(p_table text) returns text[]
language sql immutable
as $$
  select case p_table
    when 'tenants' then array['tenant_id', 'name', 'issuer', 'decoy_salt', 'pairwise_salt', 'created_at', 'disabled_at', 'logo_kept']
    when 'clients' then array['tenant_id', 'client_id', 'identity_changed_at', 'created_at', 'disabled_at', 'maker_id',
      'allowed_networks', 'client_uri', 'tos_uri', 'policy_uri', 'contacts', 'software_id', 'software_version',
      'default_max_age', 'require_auth_time', 'default_acr_values', 'initiate_login_uri', 'registered', 'registered_at', 'registered_from',
      'registration_token_hash', 'left_out', 'requested_at', 'last_used_at', 'expires_at', 'document_fetched_at',
      'document_expires_at', 'draft', 'logo_kept', 'operator_requires']
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

create function pgrant_rules.offered_words(p_offered text[], p_offering text) returns text
language sql immutable
as $$
  select case when p_offered = '{}' then format('one of the %s of the tenant, of which its security_profile takes none', p_offering)
              else format('%s, the %s of the tenant', pgrant_rules.either(p_offered), p_offering) end
$$;

comment on function pgrant_rules.offered_words(text[], text) is
  'What a setting must be that is one of those that a setting of the tenant offers (p_offering), as far as its profile takes them (p_offered).';

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

create function pgrant_rules.comments_of(p_table text) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_object_agg(o.name, o.said), '{}')
      from (select 'check ' || c.conname as name, obj_description(c.oid, 'pg_constraint') as said
              from pg_constraint c
             where c.conrelid = to_regclass(format('pgrant.%I', p_table)) and c.contype = 'c'
            union all
            select 'column ' || a.attname, col_description(a.attrelid, a.attnum)
              from pg_attribute a
             where a.attrelid = to_regclass(format('pgrant.%I', p_table)) and a.attnum > 0) o
     where o.said is not null);
end
$$;

comment on function pgrant_rules.comments_of(text) is
  'What the comments of a table say of its checks and columns: {check <name>: …, column <name>: …}. Where there are several nodes, of which only the coordinator has comments, keep/comments-nodes.sql puts the answers in its place.';

create function pgrant_rules.columns_described(p_table text)
returns table (name text, type text, unit text, nullable boolean, default_value text, choices text[], meaning text, good text)
language plpgsql stable
as $$
begin
  return query
  select a.attname::text, format_type(a.atttypid, null),
         case when k.comments ~ '\mseconds\M' then 'seconds' end, not a.attnotnull,
         pgrant_rules.default_text(pg_get_expr(d.adbin, d.adrelid)),
         k.choices, m.comments ->> ('column ' || a.attname),
         pgrant_rules.setting_words(format_type(a.atttypid, null), k.choices, k.comments, not a.attnotnull)
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   cross join pgrant_rules.comments_of(p_table) m (comments)
   cross join lateral (
     select pgrant_rules.setting_choices(string_agg(pg_get_constraintdef(c.oid), ' ')) as choices,
            string_agg(m.comments ->> ('check ' || c.conname), '; ' order by c.conname) as comments
       from pg_constraint c
      where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]) k
   where a.attrelid = to_regclass(format('pgrant.%I', p_table)) and a.attnum > 0 and not a.attisdropped
   order by a.attnum;
end
$$;

comment on function pgrant_rules.columns_described(text) is
  'The columns of a table, what each means and what it may be, in words: see pgrant_ops.setting_list(), which has those that are settings.';

create function pgrant_ops.setting_list(p_table text)
returns table (name text, type text, unit text, nullable boolean, default_value text, choices text[], meaning text, good text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.* from pgrant_rules.columns_described(p_table) c where not c.name = any (pgrant_rules.setting_columns_except(p_table));
end
$$;

comment on function pgrant_ops.setting_list(text) is
  'The settings of tenants, clients, upstreams or webhooks (the name of the table), in the order of its columns: type, unit (seconds, or null), default (null = none), choices (null = no list), what it means and what it may be, in words. May be null: unit, default_value, choices.';
