-- Reports: pages of what is large, and why a token lacks a scope.
-- The planner expects few rows behind the auditor's policy, and would rather sort all that follow than walk the index
-- that has them in order; so a page may not sort. A position that is null is the beginning.

create function pgrant_report.grant_page(
  p_tenant text, p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100
) returns setof pgrant_report.active_grants
language sql stable set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off
as $$
  select g.* from pgrant_report.active_grants g
   where g.tenant_id = (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant)
     and g.grant_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
   order by g.grant_id limit p_limit
$$;

comment on function pgrant_report.grant_page(text, uuid, integer) is
  'The active grants of a tenant, p_limit of them after p_after: the grant_id of the last one of the page before. A page costs the same wherever it is.';

create function pgrant_report.family_page(
  p_tenant text, p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100
) returns setof pgrant_report.refresh_families
language sql stable set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off
as $$
  select f.* from pgrant_report.refresh_families f
   where f.tenant_id = (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant)
     and f.family_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
   order by f.family_id limit p_limit
$$;

comment on function pgrant_report.family_page(text, uuid, integer) is
  'The token families of a tenant, live and dead, p_limit of them after p_after: the family_id of the last one of the page before.';

create function pgrant_report.session_page(
  p_tenant text, p_after timestamptz default '-infinity', p_after_id uuid default '00000000-0000-0000-0000-000000000000',
  p_limit integer default 100
) returns setof pgrant_report.sessions
language sql stable
as $$
  select s.* from pgrant_report.sessions s
   where s.tenant_id = (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant)
     and s.expires_at >= coalesce(p_after, '-infinity')
     and (s.expires_at, s.session_id)
         > (coalesce(p_after, '-infinity'), coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
   order by s.expires_at, s.session_id limit p_limit
$$;

comment on function pgrant_report.session_page(text, timestamptz, uuid, integer) is
  'The sessions of a tenant in the order in which they expire, p_limit of them after p_after and p_after_id: expires_at and session_id of the last one of the page before.';

create function pgrant_report.audit_page(
  p_tenant text, p_before timestamptz default 'infinity', p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  p_limit integer default 100
) returns setof pgrant_report.audit_events
language plpgsql stable set search_path = pg_catalog, pg_temp set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_before timestamptz := coalesce(p_before, 'infinity');
  v_before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_from timestamptz;
begin
  -- Each of what the view unites has an order of its own: how far back the page goes is asked there.
  select min(k.at) into v_from
    from ((select e.at from pgrant.audit_events e
            where e.tenant_id = v_tenant_id and e.at <= v_before and (e.at, e.event_id) < (v_before, v_before_id)
            order by e.at desc, e.event_id desc limit p_limit)
          union all
          (select r.first_at from pgrant.refusals r
            where r.tenant_id = v_tenant_id and r.first_at <= v_before and (r.first_at, r.event_id) < (v_before, v_before_id)
            order by r.first_at desc, r.event_id desc limit p_limit)
          order by 1 desc limit p_limit) k;
  return query
  select a.* from pgrant_report.audit_events a
   where a.tenant_id = v_tenant_id and a.at between v_from and v_before
     and (a.at, a.event_id) < (v_before, v_before_id)
   order by a.at desc, a.event_id desc limit p_limit;
end
$$;

comment on function pgrant_report.audit_page(text, timestamptz, uuid, integer) is
  'The audit events of a tenant, youngest first, p_limit of them before p_before and p_before_id: at and event_id of the last one of the page before.';

create function pgrant_report.scope_explain(p_tenant text, p_username text, p_client_id text, p_scopes text[] default null)
returns table (scope text, registered boolean, consented boolean, held boolean, effective boolean, reason text)
language sql stable
as $$
  with asked (tenant_id, user_id, roles, registered, grants, disabled) as materialized (
    select t.tenant_id, u.user_id, u.roles, c.scopes,
           (select g.scopes from pgrant_report.active_grants g
             where g.tenant_id = t.tenant_id and g.user_id = u.user_id and g.client_id = c.client_id),
           case when t.disabled_at is not null then 'tenant disabled'
                when u.disabled_at is not null then 'person disabled'
                when c.disabled_at is not null or c.expires_at <= now() then 'client disabled' end
      from pgrant_report.tenants t
      join pgrant_report.people u on u.tenant_id = t.tenant_id and lower(u.username) = lower(p_username)
      join pgrant_report.clients c on c.tenant_id = t.tenant_id and c.client_id = p_client_id
     where t.tenant = p_tenant
  )
  select x.scope, coalesce(x.scope = any (a.registered), true), coalesce(x.scope = any (a.grants), false), h.held,
         r.reason is null and a.grants is not null,
         coalesce(r.reason, case when a.grants is null then 'would be granted with consent' else 'granted' end)
    from asked a
   cross join lateral (
     select w.scope, w.position from unnest(p_scopes) with ordinality w (scope, position)
     union all
     select s.scope, null from pgrant_report.scopes_in_use s where s.tenant_id = a.tenant_id and p_scopes is null) x
    left join pgrant_report.scopes_in_use s on s.tenant_id = a.tenant_id and s.scope = x.scope
   cross join lateral (select case when s.requires_role then x.scope = any (a.roles) end as held) h
   cross join lateral (
     select case when a.disabled is not null then a.disabled
                 when s.scope is null then 'undefined'
                 when s.disabled_at is not null then 'disabled'
                 when not x.scope = any (a.registered) then 'not registered'
                 when not h.held then 'role missing'
                 when not x.scope = any (a.grants) then 'not consented' end as reason) r
   order by x.position, x.scope
$$;

comment on function pgrant_report.scope_explain(text, text, text, text[]) is
  'What a person and a client would get at this moment, for each of p_scopes (null = every scope of the tenant): registered for the client, consented to, role held (null = none is needed), effective, and why. The twin of pgrant_ops.token_explain for auditors; it also says where tenant, person or client is disabled. No row where there is no such tenant, person or client that you may read.';
