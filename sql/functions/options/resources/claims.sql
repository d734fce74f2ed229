-- What the tokens of a resource say of a person, in the words of the server that reads them.

create function pgrant_rules.resource_claim_sources() returns table (claim text, type text, scope text)
language sql immutable
as $$
  select s.claim, s.type, s.scope from pgrant_rules.standard_claims() s where s.scope <> 'openid'
   union all
  values ('groups', 'array', 'roles'), ('roles', 'array', null)
$$;

comment on function pgrant_rules.resource_claim_sources() is
  'What a claim of an access token can be made of, its JSON type, and the scope that has to allow it; roles are those that the token may use, which no further scope has to allow.';

create function pgrant_rules.resource_claim_fault(p_tenant uuid, p_name text, p_text text) returns text
language plpgsql
as $$
declare
  v_source text := substring(p_text from '^[^{}]*\{([^{}]+)\}[^{}]*$');
  v_type text;
begin
  select s.type into v_type from pgrant_rules.resource_claim_sources() s where s.claim = v_source;
  if p_name !~ '^[\x21-\x7E]{1,255}$' then
    return format('a claim has a name of 1 to 255 visible characters, and %L is none', left(p_name, 100));
  elsif p_name = any (pgrant.token_members()) then
    return format('%s says something of the token itself', p_name);
  elsif exists (select from pgrant.tenants t
                 where t.tenant_id = p_tenant and p_name in (t.roles_claim, t.permissions_claim, t.tenant_claim)) then
    return format('every access token of the tenant has %s already (roles_claim, permissions_claim, tenant_claim)', p_name);
  elsif v_source is null or length(p_text) > 255 or p_text ~ '[\x01-\x1F\x7F]' then
    return format('the claim %s is made of text with one {claim} in it, at most 255 characters that can be seen', p_name);
  elsif v_type is null then
    return format('%s: there is no claim %s', p_name, v_source);
  elsif p_name in (select s.claim from pgrant_rules.resource_claim_sources() s) and v_source <> p_name then
    return format('%s means that claim, and can be made of {%1$s} alone', p_name);
  elsif v_type not in ('string', 'array') and p_text <> format('{%s}', v_source) then
    return format('%s: {%s} is no text, and stands alone', p_name, v_source);
  end if;
  return null;
end
$$;

comment on function pgrant_rules.resource_claim_fault(uuid, text, text) is
  'Why a claim of access tokens cannot be called so, or be made so; null = it can.';

create function pgrant_rules.resource_claims_refuse(p_tenant uuid, p_claims jsonb) returns void
language plpgsql
as $$
declare
  v_fault text;
begin
  select pgrant_rules.resource_claim_fault(p_tenant, c.key, c.value) into v_fault
    from jsonb_each_text(p_claims) c
   where pgrant_rules.resource_claim_fault(p_tenant, c.key, c.value) is not null
   order by c.key
   limit 1;
  if v_fault is not null then
    raise exception '%', v_fault using errcode = 'OA003',
      hint = 'claims: ' || (select string_agg(s.claim, ', ') from pgrant_rules.resource_claim_sources() s);
  end if;
end
$$;

comment on function pgrant_rules.resource_claims_refuse(uuid, jsonb) is 'Raises OA003 for the first claim that cannot be, with those that can.';

create or replace function pgrant_rules.resource_claims_check(p_tenant uuid) returns void
language plpgsql
as $$
declare
  v_taken record;
begin
  select r.resource, c.key as name into v_taken
    from pgrant.resources r
   cross join lateral jsonb_each_text(r.access_token_claims) c
   where r.tenant_id = p_tenant and pgrant_rules.resource_claim_fault(p_tenant, c.key, c.value) is not null
   order by r.resource, c.key
   limit 1;
  if found then
    raise exception 'the resource % has % already, a claim of its access tokens', v_taken.resource, v_taken.name using errcode = 'OA003',
      hint = 'choose another name, or let its access_token_claims go without it';
  end if;
end
$$;

comment on function pgrant_rules.resource_claims_check(uuid) is
  'Raises OA003 where a claim of a resource has a name that the tenant has just given to another.';

create function pgrant_rules.audiences_check(p_tenant uuid, p_resource text, p_audiences text[]) returns void
language plpgsql
as $$
declare
  v_own text := (select t.audience from pgrant.tenants t where t.tenant_id = p_tenant);
  v_taken record;
begin
  select r.resource, a.name into v_taken
    from pgrant.resources r, unnest(r.audiences) a (name)
   where r.tenant_id = p_tenant and r.resource <> p_resource and a.name = any (p_audiences)
   limit 1;
  if found then
    raise exception 'the audience % is of %', v_taken.name, v_taken.resource using errcode = 'OA002',
      hint = 'a token for the one would be good for the other';
  elsif v_own = any (p_audiences) then
    raise exception 'the audience % is that of tokens for no resource', v_own using errcode = 'OA002',
      hint = 'they would be good for this one';
  end if;
end
$$;

comment on function pgrant_rules.audiences_check(uuid, text, text[]) is
  'Raises OA002 where another resource has one of the audiences, or tokens for none have.';

create or replace function pgrant_rules.tenant_audience_check(p_tenant uuid) returns void
language plpgsql
as $$
begin
  perform pgrant_rules.audiences_check(p_tenant, r.resource, r.audiences)
     from pgrant.resources r
    where r.tenant_id = p_tenant and r.audiences <> '{}';
end
$$;

comment on function pgrant_rules.tenant_audience_check(uuid) is
  'Raises OA002 where a resource has beside itself what the tenant has just made the audience of tokens for none.';

create function pgrant_rules.claim_fits(p_text text, p_word text) returns boolean
language sql immutable
as $$ select p_text !~ '\}@' or p_word ~ '^[^\s"(),/:;<>@\\\x5B\x5D]+$' $$;

comment on function pgrant_rules.claim_fits(text, text) is
  'Whether a text may stand before @ where {claim} stands there: admin@chat.example/x would be the address of another (RFC 7622 3.1, RFC 5322 3.4.1).';

create function pgrant_rules.claim_made(p_text text, p_value jsonb) returns jsonb
language sql immutable
as $$
  select case
    when p_text ~ '^\{[a-z_]+\}$' then p_value
    when jsonb_typeof(p_value) = 'array' then (
      select coalesce(jsonb_agg(split_part(p_text, '{', 1) || e.word || split_part(p_text, '}', 2)), '[]')
        from jsonb_array_elements_text(p_value) e (word) where pgrant_rules.claim_fits(p_text, e.word))
    when pgrant_rules.claim_fits(p_text, p_value #>> '{}')
    then to_jsonb(split_part(p_text, '{', 1) || (p_value #>> '{}') || split_part(p_text, '}', 2)) end
$$;

comment on function pgrant_rules.claim_made(text, jsonb) is
  'A value with what stands before and behind {claim}; of a list each word. Null, or without the word, where it does not fit there.';

create or replace function pgrant_rules.token_shape(
  p_tenant uuid, p_audience text[], p_user_id uuid, p_scopes text[], p_token_claims jsonb
) returns pgrant_rules.token_shape
language plpgsql
as $$
declare
  v_out pgrant_rules.token_shape;
  v_resources pgrant.resources[] := array(
    select r from pgrant.resources r where r.tenant_id = p_tenant and r.resource = any (p_audience));
  v_needed text[];
  v_given jsonb;
begin
  v_out.claims := '{}';
  if cardinality(v_resources) = 0 then
    return v_out;
  end if;
  -- Where they differ: the standard form, and what each of them has.
  select case when bool_and(r.access_token_scope is not distinct from 'array') then 'array' end
    into v_out.access_token_scope
    from unnest(v_resources) r;
  select coalesce(jsonb_object_agg(c.key, c.value), '{}') into v_out.claims
    from (select e.key, e.value from unnest(v_resources) r, jsonb_each_text(r.access_token_claims) e
           group by e.key, e.value having count(*) = cardinality(v_resources)) c;
  if v_out.claims = '{}' then
    return v_out;
  end if;

  v_needed := array(select distinct s.scope
                      from jsonb_each_text(v_out.claims) c
                      join pgrant_rules.resource_claim_sources() s on s.claim = substring(c.value from '\{([a-z_]+)\}')
                     where s.scope = any (p_scopes));
  v_given := pgrant_rules.claims_given(p_tenant, p_user_id, v_needed, '{}', p_token_claims) || (
    select jsonb_build_object('roles', p_token_claims -> t.roles_claim) from pgrant.tenants t where t.tenant_id = p_tenant);
  select coalesce(jsonb_object_agg(c.key, m.value), '{}') into v_out.claims
    from jsonb_each_text(v_out.claims) c
    join pgrant_rules.resource_claim_sources() s on s.claim = substring(c.value from '\{([a-z_]+)\}')
   cross join lateral (select pgrant_rules.claim_made(c.value, v_given -> s.claim) as value) m
   where v_given ? s.claim and m.value is not null;
  return v_out;
end
$$;

comment on function pgrant_rules.token_shape(uuid, text[], uuid, text[], jsonb) is
  'What the resources among p_audience make of an access token of a person (null = of a client) with these scopes; p_token_claims is what every access token says (see token_claims). Of several resources what all of them have.';
