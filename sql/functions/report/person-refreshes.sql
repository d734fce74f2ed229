-- Reports: what a person did, refreshes too, which fill the audit: found by a filter over the people of every tenant, which
-- no query of an auditor may use. So the places of a person's events are found by functions that nobody sees through, and
-- whoever asks reads there what their own rights give.

create function pgrant_rules.person_events_find(
  p_tenant uuid, p_user_id uuid, p_from timestamptz, p_before timestamptz, p_before_id uuid, p_limit integer
) returns table (at timestamptz, event_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_from timestamptz := date_trunc('month', least(p_before, now()), 'UTC');
  v_until timestamptz := timestamptz 'infinity';
  v_left integer := coalesce(p_limit, 2147483647);
  v_found integer;
begin
  while v_left > 0 and v_until > p_from loop
    return query
    select e.at, e.event_id
      from pgrant.audit_events e
     where e.at >= v_from and e.at < v_until and e.at <= p_before and (e.at, e.event_id) < (p_before, p_before_id)
       and e.user_id = p_user_id and uuid_hash(e.user_id) = uuid_hash(p_user_id)
       -- As no key of an index, by which all of the tenant's events would be read.
       and (e.tenant_id = p_tenant) is true
     order by e.at desc, e.event_id desc limit v_left;
    get diagnostics v_found = row_count;
    v_left := v_left - v_found;
    v_until := v_from;
    v_from := date_trunc('month', v_from - interval '1 day', 'UTC');
  end loop;
end
$$;

comment on function pgrant_rules.person_events_find(uuid, uuid, timestamptz, timestamptz, uuid, integer) is
  'Where the events of a person are, youngest first, month after month back to that of p_from. What it reads besides is not of the tenant alone: only for a person whom the tenant has.';

create function pgrant_report.person_event_keys(
  p_auditor name, p_tenant uuid, p_user_id uuid, p_before timestamptz default 'infinity',
  p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff', p_limit integer default 100
) returns table (at timestamptz, event_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- As pgrant.auditor() has it: who that is says the caller, and it has to be a role that the login may take on.
  v_auditor constant name := case when p_auditor = 'pgrant_auditor' and not pg_has_role(session_user, 'pgrant_owner', 'MEMBER')
                                  then session_user else p_auditor end;
  v_means constant text := case when current_setting('server_version_num')::integer < 160000 then 'MEMBER' else 'SET' end;
  v_from timestamptz;
begin
  -- Before anything that Citus would not plan.
  if pgrant_rules.on_several_nodes() then
    return;
  end if;
  if (pg_has_role(session_user, v_auditor, v_means) and pg_has_role(v_auditor, 'pgrant_auditor', 'MEMBER')
      and (v_auditor = 'pgrant_auditor'
           or exists (select from pgrant.auditors a where a.role_name = v_auditor and coalesce(a.tenant_id, p_tenant) = p_tenant)
           -- Whom no policy binds.
           or exists (select from pg_roles r where r.rolname = v_auditor and (r.rolsuper or r.rolbypassrls)))) is not true then
    return;
  end if;
  -- A partition is kept until all of it is older.
  v_from := (select now() - p.retention - interval '1 month' from pgrant.partition_plans p where p.table_name = 'audit_events');
  perform pgrant_rules.visit(p_tenant);
  -- Of anybody else the time that it takes would tell an auditor whether another tenant has them.
  if exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id) then
    return query
    select k.at, k.event_id
      from pgrant_rules.person_events_find(p_tenant, p_user_id, v_from, p_before, p_before_id, p_limit) k;
  end if;
end
$$;

comment on function pgrant_report.person_event_keys(name, uuid, uuid, timestamptz, uuid, integer) is
  'Where the events of a person of a tenant are, refreshes too, for an auditor of it: p_auditor is the role that asks (current_user), of which the login is a member. No row for anybody else, nor where tables are distributed: no node lets the functions in that find them. person_page() reads them.';

create function pgrant_report.person_page(
  p_tenant text, p_username text, p_before timestamptz default 'infinity',
  p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff', p_limit integer default 100, p_refreshes boolean default false
) returns setof pgrant_report.person_events
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
  set plan_cache_mode = force_custom_plan
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_user_id uuid := (select u.user_id from pgrant.users u where u.tenant_id = v_tenant_id and u.username_key = lower(p_username));
  v_before timestamptz := coalesce(p_before, 'infinity');
  v_before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_at timestamptz[];
  v_event_ids uuid[];
begin
  p_limit := pgrant_report.page_size(p_limit);
  if p_refreshes then
    if exists (select from pg_extension x where x.extname = 'citus') then
      select array_agg(k.at), array_agg(k.event_id) into v_at, v_event_ids
        from (select a.at, a.event_id from pgrant.audit_events a
               where a.tenant_id = v_tenant_id and a.user_id = v_user_id and a.at <= v_before
                 and (a.at, a.event_id) < (v_before, v_before_id)
               order by a.at desc, a.event_id desc limit p_limit) k;
    else
      select array_agg(k.at), array_agg(k.event_id) into v_at, v_event_ids
        from pgrant_report.person_event_keys(current_user, v_tenant_id, v_user_id, v_before, v_before_id, p_limit) k;
    end if;
    return query
    select u.tenant_id, p_tenant, u.user_id, u.username, a.at, a.event_id, a.action, a.error, a.reason, a.client_id, a.grant_id,
           a.family_id, a.address, a.request_id, a.detail, a.actor ->> 'role', a.actor ->> 'user', a.actor ->> 'reason',
           (a.actor ->> 'user_id')::uuid, a.actor ->> 'client_id'
      from unnest(v_at, v_event_ids) k (at, event_id)
      join pgrant.audit_events a on a.tenant_id = v_tenant_id and a.at = k.at and a.event_id = k.event_id
      join pgrant.users u on u.tenant_id = v_tenant_id and u.user_id = v_user_id
     order by a.at desc, a.event_id desc;
    return;
  end if;
  return query
  select e.* from pgrant_report.person_events e
   where e.tenant_id = v_tenant_id and e.user_id = v_user_id and e.at <= v_before
     and (e.at, e.event_id) < (v_before, v_before_id)
   order by e.at desc, e.event_id desc limit p_limit;
end
$$;

comment on function pgrant_report.person_page(text, text, timestamptz, uuid, integer, boolean) is
  'What a person did and what was done about them, youngest first, p_limit of them (null = all) before p_before and p_before_id: at and event_id of the last one of the page before. Refreshes are left out, unless p_refreshes: they take some 10 milliseconds a million events of all tenants. No row where there is no such tenant or person that you may read.';
