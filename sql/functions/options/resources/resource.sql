-- Resource indicators (RFC 8707): which APIs a token is for.

create or replace function pgrant_rules.resource_target(p_tenant uuid, p_scopes text[], p_requested text[], p_granted text[])
returns pgrant_rules.target
language plpgsql
as $$
declare
  v_out pgrant_rules.target;
  v_named constant text[] := coalesce(nullif(p_requested, '{}'), p_granted, '{}');
  v_asked text[] := v_named;
  v_found record;
begin
  v_out.resources := '{}';
  if v_asked = '{}' then
    return v_out;
  end if;
  -- A tenant that has registered no resource does not use them: the parameter is ignored. That it has an admin API changes nothing.
  v_asked := array(select distinct pgrant.resource_canonical(a.uri) from unnest(v_asked) a (uri) order by 1);
  if not exists (select from pgrant.resources r
                  where r.tenant_id = p_tenant and (r.resource = any (v_asked) or r.resource not like '%/api/v1'
                        or r.resource <> pgrant_rules.admin_resource(p_tenant))) then
    return v_out;
  end if;

  select count(*) as n, array_agg(r.resource order by r.resource) as resources, min(r.access_token_lifetime) as lifetime,
         case when bool_or(r.access_token_format = 'opaque') then 'opaque' else min(r.access_token_format) end as format,
         -- Where they differ: RS256, which every resource server has to know, and the strict typ (RFC 9068 2.1).
         case when min(r.access_token_alg) <> max(r.access_token_alg) then 'RS256' else min(r.access_token_alg) end as alg,
         case when bool_or(r.access_token_typ = 'at+jwt') then 'at+jwt' else min(r.access_token_typ) end as typ,
         bool_or(r.scopes is null) as any_scope
    into v_found
    from pgrant.resources r
   where r.tenant_id = p_tenant and r.resource = any (v_asked) and r.disabled_at is null;
  if v_found.n < cardinality(v_asked) or not v_asked <@ coalesce(p_granted, v_asked) then
    v_out.error := 'invalid_target';
    v_out.reason := 'a resource is unknown, disabled, or was not granted';
    -- Which one, and not why: what is disabled is to others as if it were not there.
    v_out.detail := (select a.uri from unnest(v_named) with ordinality a (uri, n)
                      where (pgrant.resource_canonical(a.uri) = any (v_found.resources)
                             and pgrant.resource_canonical(a.uri) = any (coalesce(p_granted, v_asked))) is not true
                      order by a.n limit 1);
    return v_out;
  end if;

  v_out.resources := v_asked;
  v_out.audience := v_found.resources || array(
    select distinct a.name from pgrant.resources r, unnest(r.audiences) a (name)
     where r.tenant_id = p_tenant and r.resource = any (v_asked) order by 1);
  v_out.access_token_format := v_found.format;
  v_out.access_token_alg := v_found.alg;
  v_out.access_token_typ := v_found.typ;
  v_out.access_token_lifetime := v_found.lifetime;
  if not v_found.any_scope then
    v_out.scopes := array(
      select s.scope from pgrant.scopes s
       where s.tenant_id = p_tenant
         and (p_scopes is null or s.scope = any (p_scopes))
         and (s.scope = any (pgrant_report.standard_scopes())
              or exists (select from pgrant.resources r
                          where r.tenant_id = p_tenant and r.resource = any (v_asked) and s.scope = any (r.scopes))));
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.resource_target(uuid, text[], text[], text[]) is
  'What the resources that are asked for now (none = all that were granted) make of an access token, and of the scopes that the client may have (p_scopes). p_granted null = nothing has been granted yet. An access token''s aud covers no other. Errors: invalid_target, whose detail is which one.';

create or replace function pgrant_rules.client_target(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_requested text[], p_granted text[]
) returns pgrant_rules.targeted_client
language plpgsql
as $$
declare
  v_out pgrant_rules.targeted_client;
  v_client pgrant_rules.client_policies := p_client;
  v_target pgrant_rules.target := pgrant_rules.resource_target(
    p_tenant, p_client.scopes, coalesce(nullif(p_requested, '{}'), array_remove(array[p_client.default_resource], null)), p_granted);
begin
  v_client.scopes := coalesce(v_target.scopes, p_client.scopes);
  v_out.error := v_target.error;
  v_out.reason := v_target.reason;
  v_out.detail := v_target.detail;
  v_out.resources := v_target.resources;
  v_out.client := v_client;
  return v_out;
end
$$;

comment on function pgrant_rules.client_target(uuid, pgrant_rules.client_policies, text[], text[]) is
  'Narrows the scopes of a client to the resources that it asks for (see resource_target), for the pages. Errors: invalid_target.';
