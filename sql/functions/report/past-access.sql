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

create function pgrant_report.details_period(p_tenant uuid, p_type text, p_client_id text, p_user_id uuid, p_grant_id uuid)
returns tstzmultirange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((
    select (select range_agg(h.valid * tstzrange(null, case when upper_inf(h.valid) then g.expires_at end))
              from pgrant.grant_history h
              left join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = h.grant_id
             where h.tenant_id = p_tenant and h.grant_id = p_grant_id
               and h.authorization_details @> jsonb_build_array(jsonb_build_object('type', p_type)))
         * (select range_agg(t.valid) from pgrant.tenant_history t where t.tenant_id = p_tenant and t.enabled)
         * (select range_agg(u.valid) from pgrant.user_history u
             where u.tenant_id = p_tenant and u.user_id = p_user_id and u.enabled)
         * (select range_agg(c.valid * tstzrange(null, case when upper_inf(c.valid) then n.expires_at end))
              from pgrant.client_history c
              left join pgrant.clients n on n.tenant_id = p_tenant and n.client_id = c.client_id
             where c.tenant_id = p_tenant and c.client_id = p_client_id and c.enabled)), '{}');
end
$$;

comment on function pgrant_report.details_period(uuid, text, text, uuid, uuid) is
  'All the time in which a client had authorization details of a type (RFC 9396) for a person by a grant.';

create function pgrant_report.access_period(
  p_at timestamptz, p_tenant uuid, p_what text, p_client_id text, p_user_id uuid, p_grant_id uuid
) returns tstzrange
language plpgsql stable set search_path = pg_catalog, pg_temp
-- Asked for each row of what is planned for itself.
set plan_cache_mode = auto
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
  v_all := v_all + pgrant_report.details_period(p_tenant, p_what, p_client_id, p_user_id, p_grant_id);
  return (select a.period from unnest(v_all) a (period) where a.period @> p_at);
end
$$;

comment on function pgrant_report.access_period(timestamptz, uuid, text, text, uuid, uuid) is
  'The whole period around p_at in which a client could reach a scope or a resource, or had authorization details of a type; null where it could not.';
