-- Rich authorization requests (RFC 9396): which authorization details a client may have, and what is left of them.
-- That they are well-formed by the JSON Schema of their type, the web process has verified.

create function pgrant_rules.detail_covered(p_detail jsonb, p_granted jsonb) returns boolean
language sql immutable
as $$
  select exists (
    select from jsonb_array_elements(p_granted) g (detail)
     cross join (values (array['locations', 'actions', 'datatypes', 'privileges'])) s (lists)
     where p_detail - s.lists = g.detail - s.lists
       and not exists (
             select from unnest(s.lists) l (name)
              where p_detail -> l.name is distinct from g.detail -> l.name
                -- One that is left out, or empty, may mean everything.
                and (not p_detail ? l.name or p_detail -> l.name = '[]'
                     or not coalesce(g.detail -> l.name @> (p_detail -> l.name), false))))
$$;

comment on function pgrant_rules.detail_covered(jsonb, jsonb) is
  'Whether an authorization detail asks for no more than one of those granted (RFC 9396 6): of the lists that all types share (2.2) it may have fewer elements, all else is the same. What else may be less, only whoever made the type could say.';

create function pgrant_rules.details_covered(p_details jsonb, p_granted jsonb) returns boolean
language plpgsql immutable
as $$
declare
  v_left jsonb := p_granted;
  v_detail jsonb;
  v_place bigint;
begin
  for v_detail in select d.detail from jsonb_array_elements(p_details) with ordinality d (detail, n) order by d.n loop
    -- The smallest, so that what is wider is left for the others.
    select g.n into v_place
      from jsonb_array_elements(v_left) with ordinality g (detail, n)
     where pgrant_rules.detail_covered(v_detail, jsonb_build_array(g.detail))
     order by length(g.detail::text), g.n
     limit 1;
    if not found then
      return false;
    end if;
    v_left := v_left - (v_place - 1)::integer;
  end loop;
  return true;
end
$$;

comment on function pgrant_rules.details_covered(jsonb, jsonb) is
  'Whether authorization details ask for no more than those granted, each of which is there for one alone: a payment that was allowed once is not asked for twice, nor in parts.';

create or replace function pgrant_rules.details_refusal(
  p_tenant uuid, p_types text[], p_asked jsonb, out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
declare
  v_asked record;
begin
  for v_asked in
    select d.detail ->> 'type' as type, t.type is not null as known, t.json_schema_hash
      from jsonb_array_elements(p_asked -> 'details') with ordinality d (detail, n)
      left join pgrant.authorization_details_types t on t.tenant_id = p_tenant and t.type = d.detail ->> 'type'
     order by d.n
  loop
    if not v_asked.known then
      error := 'invalid_authorization_details';
      reason := 'unknown type ' || left(v_asked.type, 128);
    elsif not v_asked.type = any (p_types) then
      error := 'invalid_authorization_details';
      reason := 'the client may not ask for the type ' || v_asked.type;
    elsif p_asked -> 'json_schemas' ->> v_asked.type is distinct from encode(v_asked.json_schema_hash, 'hex') then
      error := 'temporarily_unavailable';
      reason := 'validated by a JSON Schema that was changed since';
    end if;
    exit when error is not null;
  end loop;
  detail := reason;
end
$$;

comment on function pgrant_rules.details_refusal(uuid, text[], jsonb) is
  'Why authorization details may not be asked for (RFC 9396 5), or nulls. p_types are those of the client; p_asked is {details, json_schemas: {type: hash of the schema by which they were validated}}, null = nothing is asked for.';

create or replace function pgrant_rules.details_effective(
  p_tenant uuid, p_types text[], p_details jsonb, p_granted jsonb, p_audience text[]
) returns jsonb
language plpgsql stable
as $$
begin
  return (select coalesce(jsonb_agg(d.detail order by d.n), '[]')
            from jsonb_array_elements(p_details) with ordinality d (detail, n)
            join pgrant.authorization_details_types t on t.tenant_id = p_tenant and t.type = d.detail ->> 'type'
           where t.type = any (p_types)
             and (p_granted is null and t.client_credentials or pgrant_rules.detail_covered(d.detail, p_granted))
             and (p_audience is null or not d.detail ? 'locations'
                  or exists (select from jsonb_array_elements_text(d.detail -> 'locations') l (uri)
                              where pgrant.resource_canonical(l.uri) = any (p_audience))));
end
$$;

comment on function pgrant_rules.details_effective(uuid, text[], jsonb, jsonb, text[]) is
  'What is good of authorization details now: of types that are there and the client''s (p_types), within what was granted (null = there is no person, and the type is for clients too), and for one of the resources of the token (null = the tenant''s own audience) where they name locations (RFC 9396 2.2).';

create or replace function pgrant_rules.details_narrow(
  p_tenant uuid, p_types text[], p_asked jsonb, p_held jsonb, p_granted jsonb, p_audience text[]
) returns pgrant_rules.narrowed_details
language plpgsql
as $$
declare
  v_out pgrant_rules.narrowed_details;
  v_refusal record;
begin
  if p_asked is not null then
    v_refusal := pgrant_rules.details_refusal(p_tenant, p_types, p_asked);
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
    if v_out.error is null and p_held is not null and not pgrant_rules.details_covered(p_asked -> 'details', p_held) then
      v_out.error := 'invalid_authorization_details';
      v_out.reason := 'more than was granted';
    end if;
  end if;
  v_out.details := pgrant_rules.details_effective(p_tenant, p_types, coalesce(p_asked -> 'details', p_held, '[]'), p_granted, p_audience);
  if v_out.error is null and p_held is null and v_out.details <> coalesce(p_asked -> 'details', '[]') then
    v_out.error := 'invalid_authorization_details';
    v_out.reason := 'not for a client without a person, or not for this resource';
  end if;
  v_out.detail := v_out.reason;
  return v_out;
end
$$;

comment on function pgrant_rules.details_narrow(uuid, text[], jsonb, jsonb, jsonb, text[]) is
  'What a token gets of the authorization details that were granted for it (p_held; null = a client for itself): those that are asked for now (as of details_refusal; null = all), which are no more (RFC 9396 6), as far as they are effective. Errors: invalid_authorization_details, temporarily_unavailable.';

create function pgrant_rules.detail_value(p_value jsonb) returns text
language plpgsql stable
as $$
declare
  v_text text := case jsonb_typeof(p_value)
    when 'array' then (select string_agg(e.value #>> '{}', ', ' order by e.n)
                         from jsonb_array_elements(p_value) with ordinality e (value, n))
    else p_value #>> '{}' end;
begin
  -- Whoever asks has written it: nothing in it may hide, or turn the text around it.
  v_text := pgrant.name_normal(regexp_replace(pgrant.name_normal(v_text), '[' || pgrant.invisible_characters() || ']', '', 'g'));
  v_text := case when length(v_text) > 500 then left(v_text, 500) || '…' else coalesce(v_text, '') end;
  -- Letters that are read from the right, in isolates (UAX 9 2.4): numbers beside them would change places else.
  return case when v_text ~ '[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF\U00010800-\U00010FFF\U0001E800-\U0001EFFF]'
              then U&'\2068' || v_text || U&'\2069' else v_text end;
end
$$;

comment on function pgrant_rules.detail_value(jsonb) is 'A value of an authorization detail as people are shown it, without invisible characters, 500 characters at most; isolated where it is read from the right.';

create or replace function pgrant_rules.details_shown(p_tenant uuid, p_details jsonb) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('type', t.type, 'title', t.title, 'text', (
             select string_agg(m.part[1] || coalesce(pgrant_rules.detail_value(d.detail #> string_to_array(m.part[2], '.')), ''), ''
                               order by m.n)
               from regexp_matches(t.template, '([^{]*)(?:\{([^}]*)\})?', 'g') with ordinality m (part, n))) order by d.n), '[]')
      from jsonb_array_elements(p_details) with ordinality d (detail, n)
      join pgrant.authorization_details_types t on t.tenant_id = p_tenant and t.type = d.detail ->> 'type');
end
$$;

comment on function pgrant_rules.details_shown(uuid, jsonb) is 'What pages say of authorization details: [{type, title, text}], the text as the template of the type has it.';
