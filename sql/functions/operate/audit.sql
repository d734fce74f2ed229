-- What operators call: what was refused, and for how long the audit is kept.

create function pgrant_ops.partition_retention(p_months integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_changed integer;
  -- What was dropped until now stays gone. Asked for before: Citus takes no such sum of a column in an UPDATE.
  v_events_since timestamptz := (select now() - p.retention from pgrant.partition_plans p where p.table_name = 'audit_events');
  v_seals_since timestamptz := (select now() - p.retention from pgrant.partition_plans p where p.table_name = 'audit_seals');
begin
  update pgrant.partition_plans p
     set retention = make_interval(months => p_months + case p.table_name when 'audit_seals' then 2 else 0 end),
         complete_since = greatest(p.complete_since, case p.table_name when 'audit_seals' then v_seals_since else v_events_since end)
   where p.table_name in ('audit_events', 'audit_seals');
  get diagnostics v_changed = row_count;
  -- A policy that shows the owner no row would make this a change of nothing.
  if v_changed <> 2 then
    raise exception 'the plans of audit_events and audit_seals cannot be changed (% rows)', v_changed using errcode = 'OA004';
  end if;
end
$$;

comment on function pgrant_ops.partition_retention(integer) is
  'Has audit events kept for so many months, and their seals for two more. Raises OA004 where that changes nothing.';

create function pgrant_ops.error_list(
  p_tenant uuid, p_client_id text default null, p_since timestamptz default '-infinity',
  p_before timestamptz default 'infinity', p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  p_limit integer default 100
) returns table (at timestamptz, event_id uuid, action text, error text, reason text, client_id text, client_name text,
                 username text, address inet, request_id text, refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select e.at, e.event_id, e.action, e.error, e.reason, e.client_id, c.name, u.username, e.address, e.request_id,
         e.detail ->> 'refused'
    from ((select a.at, a.event_id, a.action, a.error, a.reason, a.client_id, a.user_id, a.address, a.request_id, a.detail
             from pgrant.audit_events a
            where a.tenant_id = p_tenant
              and a.error is not null
              and a.at >= p_since
              and a.at <= p_before
              and (a.at, a.event_id) < (p_before, p_before_id)
              and (p_client_id is null or a.client_id = p_client_id)
            order by a.at desc, a.event_id desc
            limit p_limit)
          union all
          -- What names nobody who is known, such as a registration, is no event.
          (select r.first_at, r.event_id, r.action, r.error, r.reason, r.client_id, r.user_id, r.address, r.request_id, r.detail
             from pgrant.refusals r
            where r.tenant_id = p_tenant
              and not r.recorded
              and r.first_at >= p_since
              and r.first_at <= p_before
              and (r.first_at, r.event_id) < (p_before, p_before_id)
              and (p_client_id is null or r.client_id = p_client_id)
            order by r.first_at desc, r.event_id desc
            limit p_limit)) e
    left join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = e.client_id
    left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = e.user_id
   order by e.at desc, e.event_id desc
   limit p_limit;
end
$$;

comment on function pgrant_ops.error_list(uuid, text, timestamptz, timestamptz, uuid, integer) is
  'What was refused at a tenant, and why (refused: which value), youngest first, repeats within a minute once: of one client where given, since p_since, p_limit of them before p_before and p_before_id (at and event_id of the last one of the page before). Raises OA001.';

create function pgrant_rules.audit_months(p_table text) returns integer
language plpgsql stable
as $$
begin
  return (select extract(year from p.retention) * 12 + extract(month from p.retention)
            from pgrant.partition_plans p where p.table_name = p_table);
end
$$;

comment on function pgrant_rules.audit_months(text) is 'For how many months after its own a month of audit_events or audit_seals is kept.';

create function pgrant_ops.audit_retention() returns table (months integer, seal_months integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query select pgrant_rules.audit_months('audit_events'), pgrant_rules.audit_months('audit_seals');
end
$$;

comment on function pgrant_ops.audit_retention() is
  'For how many months after its own a month of audit events is kept, and one of the seals over them; of all tenants. The history is kept as long as the events.';

create function pgrant_ops.audit_retention_set(p_months integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_before integer := pgrant_rules.audit_months('audit_events');
begin
  if p_months is null or p_months not between 1 and 120 then
    raise exception 'the retention of audit events is 1 to 120 months' using errcode = 'OA003';
  elsif p_months = v_before then
    return;
  end if;
  perform pgrant_ops.partition_retention(p_months);
  -- Whoever shortens what is kept of a tenant leaves that in its audit.
  perform pgrant_rules.tenants_audit(null, 'audit.retention', jsonb_build_object('months', p_months, 'before', v_before));
end
$$;

comment on function pgrant_ops.audit_retention_set(integer) is
  'Sets for how many months (1 to 120) after its own a month of audit events is kept, of all tenants, and with it the history; seals are kept two months longer. What is older is dropped within the hour, or once it is archived. An audit event of each tenant says so. Raises OA003.';
