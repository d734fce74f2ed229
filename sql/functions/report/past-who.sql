-- The time machine's answer to: who could reach this?

create function pgrant_report.scopes_reached(
  p_at timestamptz, p_tenant_id uuid, p_what text, p_user_id uuid, p_client_scopes text[], p_granted text[], p_resources text[],
  out scopes text[], out through text[]
)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- Asked for each row of what is planned for itself.
set plan_cache_mode = auto
as $$
begin
  select array_agg(distinct s.scope order by s.scope),
         coalesce(array_agg(distinct s.scope || ': ' || r.by order by s.scope || ': ' || r.by) filter (where r.by is not null), '{}')
    into scopes, through
    from pgrant.scope_history s
    left join pgrant.resource_history e on e.tenant_id = p_tenant_id and e.resource = p_what and e.valid @> p_at and e.enabled
    left join lateral (
      select r.source as by from pgrant.user_role_history r
       where r.tenant_id = p_tenant_id and r.user_id = p_user_id and r.scope = s.scope and r.valid @> p_at
      union all
      select 'group ' || m.group_name from pgrant.group_member_history m
        join pgrant.group_role_history r on r.tenant_id = p_tenant_id and r.group_name = m.group_name
                                        and r.scope = s.scope and r.valid @> p_at
       where m.tenant_id = p_tenant_id and m.user_id = p_user_id and m.valid @> p_at
      union all
      select 'client' where p_user_id is null and s.scope = any (p_client_scopes)) r on s.requires_role
   where s.tenant_id = p_tenant_id and s.valid @> p_at and s.enabled
     and (s.scope = p_what
          or e.resource is not null and coalesce(p_what = any (p_resources), true)
             and (e.scopes is null or s.scope = any (e.scopes) or s.scope = any (pgrant_report.standard_scopes())))
     and (p_client_scopes is null or s.scope = any (p_client_scopes))
     and coalesce(s.scope = any (p_granted), s.scope not in ('openid', 'offline_access'))
     and (not s.requires_role or r.by is not null);
end
$$;

comment on function pgrant_report.scopes_reached(timestamptz, uuid, text, uuid, text[], text[], text[]) is
  'By which scopes p_what (a scope, or a resource) was reached at p_at, and through which roles; scopes null = it was not. p_user_id null = nobody is concerned; p_client_scopes null = all; p_granted and p_resources null = a client for itself.';

create function pgrant_report.known_then(p_tenant_id uuid, p_what text, p_username text, p_client_id text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select s.scope from pgrant.scope_history s
                  where s.scope = p_what and (p_tenant_id is null or s.tenant_id = p_tenant_id))
     and not exists (select r.resource from pgrant.resource_history r
                      where r.resource = p_what and (p_tenant_id is null or r.tenant_id = p_tenant_id))
     and not exists (select t.type from pgrant.authorization_details_types t
                      where t.type = p_what and (p_tenant_id is null or t.tenant_id = p_tenant_id)) then
    raise exception 'there has been no scope and no resource %', p_what using errcode = 'OA001',
      hint = 'a resource is written as it is registered';
  end if;
  perform pgrant_report.names_known(p_tenant_id, p_username, p_client_id);
end
$$;

comment on function pgrant_report.known_then(uuid, text, text, text) is
  'Raises OA001 where there has been no scope, no resource and no type of authorization details p_what, or as names_known(); p_tenant_id null = at any tenant.';

-- Of one tenant without its name, as grants_then.
create function pgrant_report.access_then(
  p_what text, p_at timestamptz, p_tenant_id uuid, p_username text, p_client_id text, p_after uuid, p_after_client text,
  p_limit integer, p_after_tenant uuid
)
returns table (tenant_id uuid, user_id uuid, username text, client_id text, client_name text, grant_id uuid, scopes text[],
               through text[], since timestamptz, until timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set jit = off
-- A plan that is good for every tenant, person and client, or none, finds nobody by index.
set plan_cache_mode = force_custom_plan
as $$
declare
  v_user_ids uuid[] := case when p_username is not null then pgrant_report.users_then(p_tenant_id, p_username, p_at) end;
  v_detail constant jsonb := jsonb_build_array(jsonb_build_object('type', p_what));
  v_rows bigint := 0;
  -- Of all tenants together several have clients of the same name.
  v_after_tenant uuid := coalesce(p_after_tenant, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  p_limit := pgrant_report.page_size(p_limit);
  perform set_config('enable_sort', case when v_user_ids is null then 'off' else 'on' end, true);
  perform pgrant_report.known_then(p_tenant_id, p_what, p_username, p_client_id);
  if p_after_client is null then
    return query
    with able as (
      select h.tenant_id, h.user_id, u.username, h.client_id, c.name, h.grant_id,
             coalesce(a.scopes, '{}') as scopes, coalesce(a.through, '{}') as through
        from pgrant.grant_history h
        join pgrant.tenant_history t on t.tenant_id = h.tenant_id and t.valid @> p_at and t.enabled
        join pgrant.client_history c on c.tenant_id = h.tenant_id and c.client_id = h.client_id and c.valid @> p_at and c.enabled
        join pgrant.user_history u on u.tenant_id = h.tenant_id and u.user_id = h.user_id and u.valid @> p_at and u.enabled
        left join pgrant.grants g on g.tenant_id = h.tenant_id and g.grant_id = h.grant_id and upper_inf(h.valid)
        left join pgrant.clients n on n.tenant_id = h.tenant_id and n.client_id = h.client_id and upper_inf(c.valid)
       cross join lateral pgrant_report.scopes_reached(p_at, h.tenant_id, p_what, h.user_id, c.scopes, h.scopes, h.resources) a
       where (p_tenant_id is null or h.tenant_id = p_tenant_id)
         and (p_client_id is null or h.client_id = p_client_id)
         and (v_user_ids is null or h.user_id = any (v_user_ids))
         and h.grant_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
         and h.valid @> p_at
         and (p_what = any (h.scopes) or p_what = any (h.resources) or h.authorization_details @> v_detail)
         and coalesce(g.expires_at > p_at, true)
         and coalesce(n.expires_at > p_at, true)
         and (a.scopes is not null or h.authorization_details @> v_detail)
       order by h.grant_id
       limit p_limit
    )
    select w.tenant_id, w.user_id, w.username, w.client_id, w.name, w.grant_id, w.scopes, w.through,
           lower(p.period), case when upper(p.period) <= clock_timestamp() then upper(p.period) end
      from able w
     cross join lateral pgrant_report.access_period(p_at, w.tenant_id, p_what, w.client_id, w.user_id, w.grant_id) p (period);
    get diagnostics v_rows = row_count;
  end if;

  return query
  with able as (
    select c.tenant_id, c.maker_id, u.username, c.client_id, c.name, a.scopes, a.through
      from pgrant.client_history c
      join pgrant.tenant_history t on t.tenant_id = c.tenant_id and t.valid @> p_at and t.enabled
      left join pgrant.user_history u on u.tenant_id = c.tenant_id and u.user_id = c.maker_id and u.valid @> p_at and u.enabled
      left join pgrant.clients n on n.tenant_id = c.tenant_id and n.client_id = c.client_id and upper_inf(c.valid)
     cross join lateral pgrant_report.scopes_reached(p_at, c.tenant_id, p_what, c.maker_id, c.scopes, null, null) a
     where (p_tenant_id is null or c.tenant_id = p_tenant_id)
       and (p_client_id is null or c.client_id = p_client_id)
       and (v_user_ids is null or c.maker_id = any (v_user_ids))
       and (p_after_client is null or (c.client_id, c.tenant_id) > (p_after_client, v_after_tenant))
       and c.valid @> p_at
       and c.enabled
       and c.machine
       and c.secret_expires_at > p_at
       and (c.maker_id is null or u.user_id is not null)
       and coalesce(n.expires_at > p_at, true)
       and a.scopes is not null
     order by c.client_id, c.tenant_id
     limit p_limit - v_rows
  )
  select w.tenant_id, w.maker_id, w.username, w.client_id, w.name, null::uuid, w.scopes, w.through,
         lower(p.period), case when upper(p.period) <= clock_timestamp() then upper(p.period) end
    from able w
   cross join lateral pgrant_report.access_period(p_at, w.tenant_id, p_what, w.client_id, w.maker_id, null) p (period);
end
$$;

comment on function pgrant_report.access_then(text, timestamptz, uuid, text, text, uuid, text, integer, uuid) is
  'What who_could_access says, of the tenant that has this id (null = of all that the asker may see), without its name. Raises OA001.';

create function pgrant_report.who_could_access(
  p_what text, p_at timestamptz, p_tenant text default null, p_username text default null, p_client_id text default null,
  p_after uuid default '00000000-0000-0000-0000-000000000000', p_after_client text default null, p_limit integer default null,
  p_after_tenant uuid default null
)
returns table (tenant_id uuid, tenant text, user_id uuid, username text, client_id text, client_name text, grant_id uuid,
               scopes text[], through text[], since timestamptz, until timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid := pgrant_report.tenant_then(p_tenant, p_at);
  v_names jsonb := pgrant_report.tenant_names(v_tenant_id);
begin
  return query
  select a.tenant_id, v_names ->> a.tenant_id::text, a.user_id, a.username, a.client_id, a.client_name, a.grant_id, a.scopes,
         a.through, a.since, a.until
    from pgrant_report.access_then(p_what, p_at, v_tenant_id, p_username, p_client_id, p_after, p_after_client, p_limit,
                                   p_after_tenant) a;
end
$$;

comment on function pgrant_report.who_could_access(text, timestamptz, text, text, text, uuid, text, integer, uuid) is
  'Who could reach the scope or resource p_what at p_at, or had authorization details of the type p_what (RFC 9396) by a grant, then with no scopes: the person (null = a machine that acts for nobody), the client, the grant (null = the client for itself), the scopes that gave it, by which roles (scope: operator, login, group <name>, or client where it is on a machine''s list), since when without a break, until when (null = it had not ended when asked). A resource is reached with at least one scope. First the grants, by grant_id, then the clients for themselves; p_limit rows (null = all) after the grant p_after, or with p_after_client after that client, when the grants are all done (where p_tenant is null, with p_after_tenant, for several tenants may have such a client). A page of one tenant, or of one person or client, is found by index; of all tenants at once every grant is looked at first. Raises OA001, OA003.';
