-- Reports: pages in the order of the last use. No index has that order, for each refresh would pay for it; but each use is an event of
-- the same moment, and the audit has those in order. As in pages.sql a page may not sort.

create function pgrant_report.family_uses(
  p_tenant text, p_before timestamptz default 'infinity', p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  p_limit integer default 100
) returns setof pgrant_report.refresh_families
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set jit = off
  set enable_seqscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_before timestamptz := coalesce(p_before, 'infinity');
  v_before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_from timestamptz;
  v_family_ids uuid[];
begin
  p_limit := pgrant_report.page_size(p_limit);
  -- Twice as many, for one use may leave two events, and as many replays as come with it, which are no use.
  select min(k.at) into v_from
    from (select e.at
            from pgrant.audit_events e
            join pgrant.token_families f on f.tenant_id = v_tenant_id and f.family_id = e.family_id and f.last_used_at = e.at
           where e.tenant_id = v_tenant_id and e.at <= v_before and (f.last_used_at, f.family_id) < (v_before, v_before_id)
             and e.action <> 'refresh.replay'
           order by e.at desc, e.event_id desc limit 2::bigint * p_limit) k;
  v_family_ids := array(select e.family_id from pgrant.audit_events e
                         where e.tenant_id = v_tenant_id and e.at between v_from and v_before and e.family_id is not null);
  return query
  select f.* from pgrant_report.refresh_families f
   where f.tenant_id = v_tenant_id and f.family_id = any (v_family_ids)
     and f.last_used_at between v_from and v_before and (f.last_used_at, f.family_id) < (v_before, v_before_id)
   order by f.last_used_at desc, f.family_id desc limit p_limit;
end
$$;

comment on function pgrant_report.family_uses(text, timestamptz, uuid, integer) is
  'The token families of a tenant in the order in which they were last used, youngest first, p_limit of them before p_before and p_before_id: last_used_at and family_id of the last one of the page before. Found in the audit, as far back as that is kept: the first pages are quick, and later ones pass over what was used again since. Those that have not been used for long: family_page() of idle too long.';

create function pgrant_report.grant_uses(
  p_tenant text, p_before timestamptz default 'infinity', p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  p_limit integer default 100
) returns setof pgrant_report.active_grants
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set jit = off
  set enable_seqscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_before timestamptz := coalesce(p_before, 'infinity');
  v_before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_grant_ids uuid[];
begin
  p_limit := pgrant_report.page_size(p_limit);
  -- A use may leave several events, and several families of a grant may be used in a moment.
  v_grant_ids := array(
    select k.grant_id
      from (select e.at, g.grant_id
              from pgrant.audit_events e
              join pgrant.grants g on g.tenant_id = v_tenant_id and g.grant_id = e.grant_id
             cross join lateral (select max(f.last_used_at) as at from pgrant.token_families f
                                  where f.tenant_id = v_tenant_id and f.grant_id = g.grant_id) f
             where e.tenant_id = v_tenant_id and e.at <= v_before and e.at = greatest(g.last_used_at, f.at)
               and (e.at, g.grant_id) < (v_before, v_before_id) and g.revoked_at is null and g.expires_at > now()
             group by e.at, g.grant_id order by e.at desc, g.grant_id desc limit p_limit) k);
  return query
  select g.* from pgrant_report.active_grants g
   where g.tenant_id = v_tenant_id and g.grant_id = any (v_grant_ids)
   order by g.last_used_at desc, g.grant_id desc;
end
$$;

comment on function pgrant_report.grant_uses(text, timestamptz, uuid, integer) is
  'The active grants of a tenant in the order in which they were last used, youngest first, p_limit of them before p_before and p_before_id: last_used_at and grant_id of the last one of the page before. Found in the audit as family_uses() finds families: those that have not been used since the audit begins are not here.';

create function pgrant_report.stale_grants(
  p_tenant text, p_unused_for interval default '90 days', p_after uuid default '00000000-0000-0000-0000-000000000000',
  p_limit integer default 100
) returns setof pgrant_report.active_grants
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set jit = off
  set plan_cache_mode = force_custom_plan
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_before constant timestamptz := now() - p_unused_for;
  v_grant_ids uuid[];
begin
  p_limit := pgrant_report.page_size(p_limit);
  -- Of those that a code was redeemed for since then no family is read.
  v_grant_ids := array(
    select g.grant_id
      from pgrant.grants g
     where g.tenant_id = v_tenant_id and g.grant_id > v_after and g.revoked_at is null and g.expires_at > now()
       and g.created_at < v_before and (g.last_used_at < v_before or g.last_used_at is null)
       and not exists (select from pgrant.token_families f
                        where f.tenant_id = v_tenant_id and f.grant_id = g.grant_id and f.last_used_at >= v_before)
     order by g.grant_id limit p_limit);
  return query
  select g.* from pgrant_report.active_grants g
   where g.tenant_id = v_tenant_id and g.grant_id = any (v_grant_ids)
   order by g.grant_id;
end
$$;

comment on function pgrant_report.stale_grants(text, interval, uuid, integer) is
  'The active grants of a tenant that have not been used for so long (90 days), p_limit of them after p_after: the grant_id of the last one of the page before. Candidates for grant revoke; those that are younger are left out. Passes over those that are in use, and reads their families.';
