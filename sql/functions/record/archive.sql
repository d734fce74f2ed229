-- Archives: months written to a file with their seals, before they are dropped.

create function pgrant_ops.audit_archive_due(p_tenant uuid, p_before timestamptz default null)
returns table (month date, events bigint, sealed bigint, first bigint, last bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_before timestamptz := date_trunc('month', least(coalesce(p_before, pgrant_report.audit_kept('audit_events')), now()), 'UTC');
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select e.month, e.events, coalesce(s.events, 0), s.first, s.last
    from (select (date_trunc('month', a.at, 'UTC') at time zone 'UTC')::date as month, count(*) as events
            from pgrant.audit_events a
           where a.tenant_id = p_tenant and a.at < v_before
           group by 1) e
    left join (select (date_trunc('month', a.first_at, 'UTC') at time zone 'UTC')::date as month, sum(a.events)::bigint as events,
                      min(a.number) as first, max(a.number) as last
                 from pgrant.audit_seals a
                where a.tenant_id = p_tenant and a.last_at < v_before
                group by 1) s on s.month = e.month
    left join pgrant.audit_archives r on r.tenant_id = p_tenant and r.month = e.month
   where r.events is distinct from e.events
   order by e.month;
end
$$;

comment on function pgrant_ops.audit_archive_due(uuid, timestamptz) is
  'Months (UTC) of a tenant that ended before p_before (null = past their retention) and whose events were not archived, or became more since: events that are there, events that are sealed, first and last seal. Raises OA001.';

create function pgrant_report.audit_archive_lines(p_tenant uuid, p_month date, p_first bigint, p_last bigint)
returns table (line text)
language plpgsql stable
set enable_nestloop = off set jit = off
as $$
declare
  v_seal pgrant_report.audit_seals;
begin
  for v_seal in
    select s.* from pgrant_report.audit_seals s
     where s.tenant_id = p_tenant and s.number between p_first and p_last order by s.number
  loop
    line := pgrant_report.audit_seal_text(v_seal);
    return next;
    if p_month is null or (date_trunc('month', v_seal.first_at, 'UTC') at time zone 'UTC')::date = p_month then
      return query
      select pgrant_report.audit_event_text(e)
        from unnest(v_seal.event_ids) with ordinality i (event_id, place)
        join pgrant_report.audit_entries e on e.tenant_id = p_tenant and e.event_id = i.event_id
         and e.at >= v_seal.first_at and e.at <= v_seal.last_at
       order by i.place;
    end if;
  end loop;
end
$$;

comment on function pgrant_report.audit_archive_lines(uuid, date, bigint, bigint) is
  'Lines of an archive: the canonical text of each seal from p_first to p_last, and behind those of the month (null = of every month) their events.';

create function pgrant_ops.audit_archive_lines(p_tenant uuid, p_month date, p_first bigint, p_last bigint)
returns table (line text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query select l.line from pgrant_report.audit_archive_lines(p_tenant, p_month, p_first, p_last) l;
end
$$;

comment on function pgrant_ops.audit_archive_lines(uuid, date, bigint, bigint) is
  'pgrant_report.audit_archive_lines() for operators. Raises OA001.';

create function pgrant_ops.audit_archive_add(p_tenant uuid, p_month date, p_events bigint, p_file text, p_digest bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := now();
begin
  perform pgrant_rules.administer(p_tenant);
  insert into pgrant.audit_archives as r (tenant_id, month, events, file, digest, archived_at)
  values (p_tenant, p_month, p_events, p_file, p_digest, v_now)
      on conflict (tenant_id, month) do update
     set events = excluded.events, file = excluded.file, digest = excluded.digest, archived_at = excluded.archived_at;
  perform pgrant_rules.audit(p_tenant, 'audit.archive', null, null, null, p_detail => jsonb_build_object(
            'month', p_month, 'events', p_events, 'file', p_file, 'sha256', encode(p_digest, 'hex')));
end
$$;

comment on function pgrant_ops.audit_archive_add(uuid, date, bigint, text, bytea) is
  'Records that the events of a month are in a file with this SHA-256: the month may be dropped once it is past its retention. Raises OA001.';

create function pgrant_rules.audit_archived(p_from timestamptz, p_to timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return not exists (
    select from (select e.tenant_id, count(*) as events
                   from pgrant.audit_events e
                   join pgrant.issuers i on i.tenant_id = e.tenant_id
                  where e.at >= p_from and e.at < p_to
                  group by e.tenant_id) c
      left join pgrant.audit_archives a on a.tenant_id = c.tenant_id and a.month = (p_from at time zone 'UTC')::date
     where a.events is distinct from c.events);
end
$$;

comment on function pgrant_rules.audit_archived(timestamptz, timestamptz) is
  'Whether every event of every tenant in a month is in an archive.';
