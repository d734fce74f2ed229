-- What a client that registers itself asks for and does not get (RFC 7591 3.2.1).

create function pgrant_rules.scopes_left_out(p_tenant uuid, p_scopes text[]) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_object_agg(a.scope, 'the tenant has no such scope'), '{}')
      from unnest(p_scopes) a (scope)
     where not exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = a.scope));
end
$$;

comment on function pgrant_rules.scopes_left_out(uuid, text[]) is 'Those of the scopes that the tenant does not have: {scope: rule}.';

create function pgrant_rules.details_types_left_out(p_tenant uuid, p_types text[]) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_object_agg(a.type, 'the tenant has no such type of authorization details'), '{}')
      from unnest(p_types) a (type)
     where not exists (select from pgrant.authorization_details_types t where t.tenant_id = p_tenant and t.type = a.type));
end
$$;

comment on function pgrant_rules.details_types_left_out(uuid, text[]) is
  'Those of the types of authorization details that the tenant does not have: {type: rule}.';

create function pgrant_rules.without(p_values text[], p_left_out jsonb) returns text[]
language sql immutable
as $$
  select case when p_values is not null
              then array(select v.value from unnest(p_values) with ordinality v (value, position)
                          where not p_left_out ? v.value order by v.position) end
$$;

comment on function pgrant_rules.without(text[], jsonb) is 'The values that are no key of p_left_out, in their order; null of null.';
