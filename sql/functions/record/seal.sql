-- Sealing: events that are final go into the chain of their tenant, each once.

create function pgrant_rules.audit_unsealed(p_events pgrant_report.audit_entries[]) returns pgrant_report.audit_entries[]
language plpgsql
as $$
declare
  v_tenants uuid[] := array(select distinct e.tenant_id from unnest(p_events) e);
  v_first_at timestamptz := (select min(e.at) from unnest(p_events) e);
  v_last_at timestamptz := (select max(e.at) from unnest(p_events) e);
begin
  -- Citus would plan, for no tenant at all, what it does not take.
  if cardinality(v_tenants) = 0 then
    return p_events;
  end if;
  return array(
    select e from unnest(p_events) e
     where not exists (
       select from pgrant.audit_seals s
        cross join unnest(s.event_ids) i (event_id)
        where s.tenant_id = any (v_tenants) and s.last_at >= v_first_at and s.first_at <= v_last_at
          and s.tenant_id = e.tenant_id and i.event_id = e.event_id));
end
$$;

comment on function pgrant_rules.audit_unsealed(pgrant_report.audit_entries[]) is
  'Those of the events that no seal covers. Asked where transaction ids do not tell.';

create function pgrant_rules.audit_chain_extend(
  p_events pgrant_report.audit_entries[], p_from_xid bigint, p_to_xid bigint, p_from_at timestamptz
) returns integer
language plpgsql
as $$
declare
  v_batch record;
  v_tenant_id uuid;
  v_last pgrant.audit_chains;
  v_seal pgrant_report.audit_seals;
  v_seals integer := 0;
begin
  for v_batch in
    with placed as (
      select e.tenant_id, e.event_id, e.at, pgrant_report.audit_digest(pgrant_report.audit_event_text(e)) as digest,
             date_trunc('month', e.at, 'UTC') as month,
             (row_number() over (partition by e.tenant_id, date_trunc('month', e.at, 'UTC') order by e.at, e.event_id) - 1) / 1000 as part
        from unnest(p_events) e
    )
    select p.tenant_id, count(*) as events, min(p.at) as first_at, max(p.at) as last_at,
           array_agg(p.event_id order by p.at, p.event_id) as event_ids, array_agg(p.digest order by p.at, p.event_id) as digests
      from placed p
     group by p.tenant_id, p.month, p.part
     order by p.tenant_id, p.month, p.part
  loop
    v_tenant_id := v_batch.tenant_id;
    v_last := (select c from pgrant.audit_chains c where c.tenant_id = v_tenant_id);
    v_seal := row(v_batch.tenant_id, coalesce(v_last.number, 0) + 1, now(), v_last.seal, v_last.made_at, p_from_xid, p_to_xid,
                  v_batch.events, coalesce(v_last.total, 0) + v_batch.events, v_batch.first_at, v_batch.last_at,
                  v_batch.event_ids, v_batch.digests, pgrant_report.audit_root(v_batch.event_ids, v_batch.digests), null, p_from_at);
    v_seal.seal := pgrant_report.audit_digest(pgrant_report.audit_seal_text(v_seal));
    insert into pgrant.audit_seals select v_seal.*;
    insert into pgrant.audit_chains as c (tenant_id, number, seal, total, made_at)
    values (v_tenant_id, v_seal.number, v_seal.seal, v_seal.total, v_seal.made_at)
        on conflict (tenant_id) do update
       set number = excluded.number, seal = excluded.seal, total = excluded.total, made_at = excluded.made_at;
    v_seals := v_seals + 1;
  end loop;
  return v_seals;
end
$$;

comment on function pgrant_rules.audit_chain_extend(pgrant_report.audit_entries[], bigint, bigint, timestamptz) is
  'Appends the events to the chains of their tenants, at most 1000 and of one month in a seal, by time and then by id. Returns how many seals that took.';

create function pgrant_rules.audit_adopt(p_sealing pgrant.audit_sealing, p_width integer) returns pgrant.audit_sealing
language plpgsql
as $$
declare
  v_out pgrant.audit_sealing := p_sealing;
  v_until timestamptz;
  v_events pgrant_report.audit_entries[];
begin
  for v_tenants in 1 .. 1000 loop
    v_until := (select max(w.at) from (select e.at from pgrant_report.audit_entries e
                                        where e.tenant_id = v_out.adopt_tenant and e.at > v_out.adopt_at
                                        order by e.at limit p_width) w);
    exit when v_until is not null;
    v_out.adopt_at := '-infinity';
    v_out.adopt_tenant := (select i.tenant_id from pgrant.issuers i where i.tenant_id > v_out.adopt_tenant
                            order by i.tenant_id limit 1);
    exit when v_out.adopt_tenant is null;
  end loop;
  if v_until is not null then
    v_events := array(select e from pgrant_report.audit_entries e
                       where e.tenant_id = v_out.adopt_tenant and e.at > v_out.adopt_at and e.at <= v_until);
    perform pgrant_rules.audit_chain_extend(pgrant_rules.audit_unsealed(v_events), null, null, null);
    v_out.adopt_at := v_until;
  end if;
  v_out.doubt_before := greatest(v_out.doubt_before, clock_timestamp(), v_until);
  return v_out;
end
$$;

comment on function pgrant_rules.audit_adopt(pgrant.audit_sealing, integer) is
  'Goes on looking through all events, tenant by tenant, for those that no seal covers, and seals them: the first time, and in a database whose transaction ids have begun anew. Returns how far it is.';

create function pgrant_ops.audit_seal(p_width integer default 10000) returns table (seals integer, done boolean, by_tenant boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_sealing pgrant.audit_sealing;
  v_cluster bigint := (select c.system_identifier from pg_catalog.pg_control_system() c);
  v_width bigint := p_width;
  v_final bigint;
  v_to bigint;
  v_events pgrant_report.audit_entries[];
begin
  seals := 0;
  done := true;
  by_tenant := pgrant_rules.on_several_nodes();
  v_sealing := (select s from pgrant.audit_sealing s for update skip locked);
  if v_sealing is null then
    if not exists (select from pgrant.audit_sealing s) then
      raise exception 'nobody knows how far the audit is sealed' using errcode = 'OA004',
        hint = 'pgrant.audit_sealing has lost its row: insert into pgrant.audit_sealing default values';
    end if;
    -- Another worker is at it.
    return next;
    return;
  end if;
  if by_tenant then
    update pgrant.audit_sealing s set sealed_at = now();
    return next;
    return;
  end if;
  -- Behind the lock, because it only ever grows. What began before this is committed or gone, and seen by all that follows.
  v_final := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  if v_sealing.cluster is distinct from v_cluster or v_sealing.xid > v_final then
    v_sealing.cluster := v_cluster;
    v_sealing.xid := v_final;
    v_sealing.xid_at := now();
    v_sealing.adopt_tenant := (select i.tenant_id from pgrant.issuers i order by i.tenant_id limit 1);
    v_sealing.adopt_at := '-infinity';
    v_sealing.doubt_before := clock_timestamp();
  end if;

  if v_sealing.adopt_tenant is not null then
    v_sealing := pgrant_rules.audit_adopt(v_sealing, p_width);
    done := false;
  else
    loop
      v_to := least(v_final, v_sealing.xid + v_width);
      v_events := array(select e from pgrant_report.audit_entries e
                          -- What is left of a tenant that was removed stays outside.
                          join pgrant.issuers i on i.tenant_id = e.tenant_id
                         where e.xid + 0 >= v_sealing.xid and e.xid + 0 < v_to);
      if exists (select from unnest(v_events) e where e.at < v_sealing.doubt_before) then
        v_events := pgrant_rules.audit_unsealed(v_events);
      end if;
      seals := pgrant_rules.audit_chain_extend(v_events, v_sealing.xid, v_to, v_sealing.xid_at);
      -- Only where nothing is left: what is may have waited for as long as no worker ran.
      if v_to = v_final and v_to > v_sealing.xid then
        v_sealing.xid_at := now();
      end if;
      v_sealing.xid := v_to;
      exit when v_to = v_final or seals > 0;
      -- Transactions of others in the same cluster: a long stretch without events is passed over in long steps.
      v_width := v_width * 4;
    end loop;
    done := v_to = v_final;
  end if;
  update pgrant.audit_sealing s
     set cluster = v_sealing.cluster, xid = v_sealing.xid, xid_at = v_sealing.xid_at, sealed_at = now(),
         adopt_tenant = v_sealing.adopt_tenant, adopt_at = v_sealing.adopt_at, doubt_before = v_sealing.doubt_before;
  return next;
end
$$;

comment on function pgrant_ops.audit_seal(integer) is
  'Seals the events of all tenants whose transactions can no longer change: those of the next p_width transaction ids. Returns how many seals it appended (those of audit_adopt() are not counted), and whether nothing is left (else call it again); by_tenant: it did nothing, for audit_seal_tenant() is to be called for each of audit_seal_due(). While one worker seals, others do nothing. A transaction that runs for long holds up what was recorded after it began. Nothing is null.';
