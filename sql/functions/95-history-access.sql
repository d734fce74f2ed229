-- The time machine asked from the other side: who could reach a scope or a resource, since when, until when.
-- A client acts for a person by a grant, or for itself by client_credentials; an API credential for the person who made it.

create function pgrant_report.role_period(p_tenant uuid, p_user_id uuid, p_role text) returns tstzmultirange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((
    select range_agg(h.period)
      from (select r.valid as period from pgrant.user_role_history r
             where r.tenant_id = p_tenant and r.user_id = p_user_id and r.scope = p_role
            union all
            select m.valid * r.valid from pgrant.group_member_history m
              join pgrant.group_role_history r on r.tenant_id = p_tenant and r.group_name = m.group_name and r.scope = p_role
             where m.tenant_id = p_tenant and m.user_id = p_user_id) h), '{}');
end
$$;

comment on function pgrant_report.role_period(uuid, uuid, text) is 'When a person held a role, directly or through a group.';

create function pgrant_report.client_period(p_tenant uuid, p_client_id text, p_scope text, p_machine boolean, p_any boolean)
returns tstzmultirange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((
    select range_agg(c.valid * tstzrange(null, least(case when upper_inf(c.valid) then n.expires_at end,
                                                     case when p_machine then c.secret_expires_at end)))
      from pgrant.client_history c
      left join pgrant.clients n on n.tenant_id = p_tenant and n.client_id = c.client_id
     where c.tenant_id = p_tenant and c.client_id = p_client_id and c.enabled
       and case when p_any then c.scopes is null else p_scope = any (c.scopes) end
       and (not p_machine or c.machine and c.secret_expires_at is not null and p_scope not in ('openid', 'offline_access'))), '{}');
end
$$;

comment on function pgrant_report.client_period(uuid, text, text, boolean, boolean) is
  'When a client could ask for a scope: for a person, or (p_machine) for itself, which takes a live secret; while it had the scope on its list, or (p_any) no list.';

create function pgrant_report.scope_period(p_tenant uuid, p_scope text, p_client_id text, p_user_id uuid, p_grant_id uuid, p_resource text)
returns tstzmultirange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_always constant tstzmultirange := '{(,)}'::tstzmultirange;
  v_machine constant boolean := p_grant_id is null;
  v_live tstzmultirange;
  v_grant tstzmultirange;
  v_free tstzmultirange;
  v_role tstzmultirange;
begin
  select range_agg(t.valid) into v_live from pgrant.tenant_history t where t.tenant_id = p_tenant and t.enabled;
  if p_user_id is not null then
    v_live := v_live * (select range_agg(u.valid) from pgrant.user_history u
                         where u.tenant_id = p_tenant and u.user_id = p_user_id and u.enabled);
  end if;
  select coalesce(range_agg(s.valid) filter (where not s.requires_role), '{}'),
         coalesce(range_agg(s.valid) filter (where s.requires_role), '{}')
    into v_free, v_role
    from pgrant.scope_history s where s.tenant_id = p_tenant and s.scope = p_scope and s.enabled;
  -- A machine that acts for nobody has the roles that are on its list, and without a list none.
  if p_user_id is not null then
    v_role := v_role * pgrant_report.role_period(p_tenant, p_user_id, p_scope);
  end if;
  if v_machine then
    v_grant := v_always;
  else
    select range_agg(h.valid * tstzrange(null, case when upper_inf(h.valid) then g.expires_at end)) into v_grant
      from pgrant.grant_history h
      left join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = h.grant_id
     where h.tenant_id = p_tenant and h.grant_id = p_grant_id and p_scope = any (h.scopes)
       and (p_resource is null or p_resource = any (h.resources));
  end if;
  return coalesce(v_live * v_grant, '{}')
    * (pgrant_report.client_period(p_tenant, p_client_id, p_scope, v_machine, false) * (v_free + v_role)
       + pgrant_report.client_period(p_tenant, p_client_id, p_scope, v_machine, true)
         * case when v_machine then v_free else v_free + v_role end);
end
$$;

comment on function pgrant_report.scope_period(uuid, text, text, uuid, uuid, text) is
  'All the time in which a client could reach a scope: for a person by a grant (of p_resource, where given), or for itself (p_grant_id null).';

create function pgrant_report.access_period(
  p_at timestamptz, p_tenant uuid, p_what text, p_client_id text, p_user_id uuid, p_grant_id uuid
) returns tstzrange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_all tstzmultirange;
begin
  -- Every version counts, not the one at p_at alone: renaming a client divides no period.
  select coalesce(range_agg(o.period), '{}') into v_all
    from (select unnest(pgrant_report.scope_period(p_tenant, e.scope, p_client_id, p_user_id, p_grant_id, p_what)
                        * range_agg(e.valid)) as period
            from (select s.scope, r.valid
                    from (select distinct s.scope from pgrant.scope_history s where s.tenant_id = p_tenant) s
                    join pgrant.resource_history r on r.tenant_id = p_tenant and r.resource = p_what and r.enabled
                     and (r.scopes is null or s.scope = any (r.scopes) or s.scope = any (pgrant_report.standard_scopes()))) e
           group by e.scope) o;
  v_all := v_all + pgrant_report.scope_period(p_tenant, p_what, p_client_id, p_user_id, p_grant_id, null);
  return (select a.period from unnest(v_all) a (period) where a.period @> p_at);
end
$$;

comment on function pgrant_report.access_period(timestamptz, uuid, text, text, uuid, uuid) is
  'The whole period around p_at in which a client could reach a scope or a resource; null where it could not.';

create function pgrant_report.standard_scopes() returns text[]
language sql immutable
as $$ select array['openid', 'profile', 'email', 'address', 'phone', 'roles', 'offline_access'] $$;

comment on function pgrant_report.standard_scopes() is 'The scopes that every resource lets pass.';

create function pgrant_report.who_could_access(
  p_what text, p_at timestamptz, p_tenant text default null, p_username text default null, p_client_id text default null,
  p_after text default '', p_limit integer default null
)
returns table (tenant_id uuid, tenant text, user_id uuid, username text, client_id text, client_name text, grant_id uuid,
               scopes text[], through text[], since timestamptz, until timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid := pgrant_report.tenant_then(p_tenant, p_at);
begin
  if not exists (select from pgrant.scope_history s where s.scope = p_what and (v_tenant_id is null or s.tenant_id = v_tenant_id))
     and not exists (select from pgrant.resource_history r
                      where r.resource = p_what and (v_tenant_id is null or r.tenant_id = v_tenant_id)) then
    raise exception 'there has been no scope and no resource %', p_what
      using errcode = 'OA001', hint = 'a resource is written as it is registered';
  end if;
  return query
  with asking as (
    select h.tenant_id, h.user_id, h.client_id, h.grant_id, h.scopes, h.resources, h.grant_id::text as id
      from pgrant.grant_history h
      left join pgrant.grants g on g.tenant_id = h.tenant_id and g.grant_id = h.grant_id and upper_inf(h.valid)
     where h.valid @> p_at and coalesce(g.expires_at > p_at, true)
    union all
    select c.tenant_id, c.maker_id, c.client_id, null, null, null, c.client_id
      from pgrant.client_history c
     where c.valid @> p_at and c.machine and c.secret_expires_at > p_at
  ), able as (
    select w.tenant_id, i.name as tenant, w.user_id, u.username, w.client_id, c.name, w.grant_id, w.id, a.scopes, a.through
      from asking w
      join pgrant.issuers i on i.tenant_id = w.tenant_id
      join pgrant.tenant_history t on t.tenant_id = w.tenant_id and t.valid @> p_at and t.enabled
      join pgrant.client_history c on c.tenant_id = w.tenant_id and c.client_id = w.client_id and c.valid @> p_at and c.enabled
      left join pgrant.clients n on n.tenant_id = w.tenant_id and n.client_id = w.client_id and upper_inf(c.valid)
      left join pgrant.user_history u on u.tenant_id = w.tenant_id and u.user_id = w.user_id and u.valid @> p_at and u.enabled
     cross join lateral (
       select array_agg(distinct s.scope order by s.scope) as scopes,
              coalesce(array_agg(distinct s.scope || ': ' || r.by order by s.scope || ': ' || r.by) filter (where r.by is not null),
                       '{}') as through
         from pgrant.scope_history s
         left join pgrant.resource_history e on e.tenant_id = w.tenant_id and e.resource = p_what and e.valid @> p_at and e.enabled
         left join lateral (
           select r.source as by from pgrant.user_role_history r
            where r.tenant_id = w.tenant_id and r.user_id = w.user_id and r.scope = s.scope and r.valid @> p_at
           union all
           select 'group ' || m.group_name from pgrant.group_member_history m
             join pgrant.group_role_history r on r.tenant_id = w.tenant_id and r.group_name = m.group_name
                                             and r.scope = s.scope and r.valid @> p_at
            where m.tenant_id = w.tenant_id and m.user_id = w.user_id and m.valid @> p_at
           union all
           select 'client' where w.user_id is null and s.scope = any (c.scopes)) r on s.requires_role
        where s.tenant_id = w.tenant_id and s.valid @> p_at and s.enabled
          and (s.scope = p_what
               or e.resource is not null and (w.grant_id is null or p_what = any (w.resources))
                  and (e.scopes is null or s.scope = any (e.scopes) or s.scope = any (pgrant_report.standard_scopes())))
          and (c.scopes is null or s.scope = any (c.scopes))
          and (w.grant_id is null and s.scope not in ('openid', 'offline_access') or s.scope = any (w.scopes))
          and (not s.requires_role or r.by is not null)) a
     where (v_tenant_id is null or w.tenant_id = v_tenant_id)
       and (p_client_id is null or w.client_id = p_client_id)
       and (p_username is null or lower(u.username) = lower(p_username))
       and (w.user_id is null or u.user_id is not null)
       and coalesce(n.expires_at > p_at, true)
       and a.scopes is not null
       and w.id > p_after
     order by w.id
     limit p_limit
  )
  select w.tenant_id, w.tenant, w.user_id, w.username, w.client_id, w.name, w.grant_id, w.scopes, w.through,
         lower(p.period), case when upper(p.period) <= clock_timestamp() then upper(p.period) end
    from able w
   cross join lateral pgrant_report.access_period(p_at, w.tenant_id, p_what, w.client_id, w.user_id, w.grant_id) p (period)
   order by w.id;
end
$$;

comment on function pgrant_report.who_could_access(text, timestamptz, text, text, text, text, integer) is
  'Who could reach the scope or resource p_what at p_at: the person (null = a machine that acts for nobody), the client, the grant (null = the client for itself), the scopes that gave it, by which roles (scope: operator, login, group <name>, or client where it is on a machine''s list), since when without a break, until when (null = it had not ended when asked). A resource is reached with at least one scope. p_limit rows (null = all) after grant_id, or client_id where there is none, p_after. Raises OA001, OA003.';
