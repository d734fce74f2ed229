-- Verifying, at the node of the tenant: what was sealed is still there as it was. Runs with the rights of whoever asks, and writes nothing.

create function pgrant_report.audit_seal_fault(p_last pgrant_report.audit_seals, p_seal pgrant_report.audit_seals) returns text
language plpgsql stable
as $$
begin
  return case
    when p_last.number is null and p_seal.number > 1 and p_seal.previous_at >= pgrant_report.audit_kept('audit_seals')
      or p_seal.number > p_last.number + 1 then 'seal missing'
    when p_seal.number <= p_last.number
      or p_seal.previous_seal is distinct from coalesce(p_last.seal, p_seal.previous_seal)
      or p_seal.previous_at is distinct from coalesce(p_last.made_at, p_seal.previous_at)
      or p_seal.total <> coalesce(p_last.total + p_seal.events, p_seal.total)
      or p_seal.number = 1 and (p_seal.total <> p_seal.events or p_seal.previous_seal is not null)
      or p_seal.events <> cardinality(p_seal.event_ids)
      or p_seal.events <> cardinality(p_seal.digests)
      or p_seal.root <> pgrant_report.audit_root(p_seal.event_ids, p_seal.digests)
      or p_seal.seal <> pgrant_report.audit_digest(pgrant_report.audit_seal_text(p_seal)) then 'seal edited'
  end;
end
$$;

comment on function pgrant_report.audit_seal_fault(pgrant_report.audit_seals, pgrant_report.audit_seals) is
  'What is wrong with a seal as the one after p_last (null = the first that is kept): seal missing (the one before it), seal edited; null = nothing.';

create function pgrant_report.audit_seal_events(p_seal pgrant_report.audit_seals)
returns table (fault text, event_id uuid, present integer)
language plpgsql stable
-- Rows are estimated too few here, and a thousand times a thousand are too many.
set enable_nestloop = off set jit = off
as $$
declare
  v_gone boolean := date_trunc('month', p_seal.first_at, 'UTC') + interval '1 month' < pgrant_report.audit_kept('audit_events');
begin
  with judged as materialized (
    select s.place, s.event_id, s.digest as sealed, e.digest,
           coalesce(e.at < lag(e.at) over (order by s.place) or e.at > lead(e.at) over (order by s.place), false) as moved
      from unnest(p_seal.event_ids, p_seal.digests) with ordinality s (event_id, digest, place)
      left join (select a.event_id, a.at, pgrant_report.audit_digest(pgrant_report.audit_event_text(a)) as digest
                   from pgrant_report.audit_entries a
                  where a.tenant_id = p_seal.tenant_id and a.at >= p_seal.first_at and a.at <= p_seal.last_at) e
        on e.event_id = s.event_id
  )
  select c.present, f.event_id,
         case when f.event_id is null then null
              when f.moved then 'reordered'
              when f.digest is not null then 'edited'
              when exists (select from pgrant_report.audit_entries e where e.tenant_id = p_seal.tenant_id and e.event_id = f.event_id)
              then 'reordered' else 'removed' end
    into present, event_id, fault
    from (select count(j.digest) as present from judged j) c
    left join (select j.event_id, j.digest, j.moved from judged j
                where j.sealed is distinct from j.digest and not (j.digest is null and v_gone)
                order by j.place limit 1) f on true;
  return next;
end
$$;

comment on function pgrant_report.audit_seal_events(pgrant_report.audit_seals) is
  'The first event of a seal that is not as it was sealed: edited, reordered (its time is not between its neighbours'') or removed; null where all are as they were, or gone with a partition that is past its retention. present = how many are there.';

create function pgrant_report.audit_seal_late(p_seal pgrant_report.audit_seals, p_floor timestamptz) returns uuid
language plpgsql stable
as $$
begin
  if p_seal.first_at < p_floor - interval '1 hour' then
    return p_seal.event_ids[1];
  elsif p_seal.from_xid is null or p_seal.from_at is null or p_seal.made_at < p_seal.from_at
     or p_seal.first_at >= p_seal.from_at - interval '5 minutes' then
    return null;
  end if;
  return (select e.event_id
            from pgrant_report.audit_entries e
           where e.tenant_id = p_seal.tenant_id and e.at >= p_seal.first_at and e.at < p_seal.from_at - interval '5 minutes'
             and e.event_id = any (p_seal.event_ids) and e.request_id is not null
             -- The worker's, who counts what a request has repeated.
             and not coalesce(e.detail ? 'repeats', false)
           order by e.at, e.event_id limit 1);
end
$$;

comment on function pgrant_report.audit_seal_late(pgrant_report.audit_seals, timestamptz) is
  'The first event of a seal that was put in later than it says; null = none. Sealing had passed every transaction of more than an hour before (p_floor = that moment): no transaction of pgrant''s lasts as long. A request''s lasts 10 seconds at most (statement_timeout of pgrant_web), so five minutes are enough for it, unless the seal was made on several nodes or after a restore, where nobody knows what had been passed, or the clock had been set back meanwhile: then it was made before the moment at which it begins.';

create function pgrant_report.audit_walk(p_tenant uuid, p_first bigint, p_seals integer)
returns table (fault text, seal bigint, event_id uuid, seals bigint, events bigint, present bigint, number bigint)
language plpgsql stable
as $$
declare
  v_last pgrant_report.audit_seals;
  v_seal pgrant_report.audit_seals;
  v_events record;
  v_floor timestamptz;
begin
  seals := 0;
  events := 0;
  present := 0;
  v_last := (select s from pgrant_report.audit_seals s where s.tenant_id = p_tenant and s.number = p_first - 1 limit 1);
  v_floor := v_last.from_at;
  for v_seal in
    select s.* from pgrant_report.audit_seals s where s.tenant_id = p_tenant and s.number >= p_first order by s.number limit p_seals
  loop
    fault := pgrant_report.audit_seal_fault(v_last, v_seal);
    if fault is not null then
      seal := case fault when 'seal missing' then coalesce(v_last.number + 1, v_seal.number - 1) else v_seal.number end;
      exit;
    end if;
    select e.* into v_events from pgrant_report.audit_seal_events(v_seal) e;
    if v_events.fault is not null then
      fault := v_events.fault;
      seal := v_seal.number;
      event_id := v_events.event_id;
      exit;
    end if;
    -- Events found in a restored database were not sealed yet in the other one either.
    v_floor := coalesce(v_seal.from_at, v_floor);
    event_id := pgrant_report.audit_seal_late(v_seal, v_floor);
    if event_id is not null then
      fault := 'back-dated';
      seal := v_seal.number;
      exit;
    -- Nothing is sealed before it has happened, unless the clock was set back: then the seal was made before it begins.
    elsif v_seal.last_at > v_seal.made_at + interval '5 minutes' and v_seal.made_at >= v_seal.from_at then
      fault := 'post-dated';
      event_id := v_seal.event_ids[v_seal.events];
      seal := v_seal.number;
      exit;
    end if;
    seals := seals + 1;
    events := events + v_seal.events;
    present := present + v_events.present;
    v_last := v_seal;
  end loop;
  number := v_last.number;
  return next;
end
$$;

comment on function pgrant_report.audit_walk(uuid, bigint, integer) is
  'audit_verify_seals() where the tenant is.';

create function pgrant_report.audit_seal_absent(p_first bigint, p_last bigint) returns void
language plpgsql stable
as $$
begin
  raise exception 'there is no seal %', p_first using errcode = 'OA003', hint = format('the last is %s', coalesce(p_last, 0));
end
$$;

comment on function pgrant_report.audit_seal_absent(bigint, bigint) is
  'Raises OA003: from that seal on there is nothing to verify, which is not to be taken for an audit that is intact.';

create function pgrant_report.audit_compare(p_tenant uuid, p_first bigint, p_number bigint, p_seal bytea)
returns table (fault text, seal bigint, event_id uuid, first_kept bigint, unsealed bigint, unsealed_since timestamptz)
language plpgsql stable
set enable_nestloop = off set jit = off
as $$
declare
  v_chain record;
  v_numbers bigint[];
  v_seals bytea[];
  v_passed bigint := 0;
  v_since timestamptz;
begin
  select c.number, c.seal, l.number as last, l.seal as last_seal,
         c.made_at < pgrant_report.audit_kept('audit_seals') as gone
    into v_chain
    from (select) one
    left join pgrant.audit_chains c on c.tenant_id = p_tenant
    left join (select s.number, s.seal from pgrant_report.audit_seals s where s.tenant_id = p_tenant
                order by s.number desc limit 1) l on true;
  first_kept := (select s.number from pgrant_report.audit_seals s where s.tenant_id = p_tenant order by s.number limit 1);
  -- Where seals are gone, so are those of what is older and still there: what came while there was no partition for it.
  v_since := greatest('-infinity', case when first_kept > 1 then pgrant_report.audit_kept('audit_seals') end, (
    select s.first_at from pgrant_report.audit_seals s where s.tenant_id = p_tenant and s.number = p_first and p_first > 1 limit 1));

  -- The chain against what was said of it: by its own last seal, by checkpoints here, by one from outside.
  select array_agg(c.number) || p_number, array_agg(c.seal) || p_seal into v_numbers, v_seals
    from pgrant.audit_checkpoints c where c.tenant_id = p_tenant;
  if not coalesce(v_chain.gone and v_chain.last is null, false) then
    v_numbers := v_numbers || v_chain.number;
    v_seals := v_seals || v_chain.seal;
  end if;
  select k.number, case when k.number > coalesce(v_chain.last, 0) then 'truncated' else 'rewritten' end into seal, fault
    from unnest(v_numbers, v_seals) k (number, seal)
    left join pgrant_report.audit_seals s on s.tenant_id = p_tenant and s.number = k.number
   where k.number > coalesce(v_chain.last, case when v_chain.gone then v_chain.number else 0 end) or s.seal <> k.seal
   order by k.number limit 1;
  if fault = 'truncated' then
    seal := coalesce(v_chain.last, 0) + 1;
  elsif fault is null and v_chain.last is distinct from v_chain.number and not coalesce(v_chain.gone, false) then
    fault := 'added';
    seal := v_chain.last;
  end if;
  if fault is not null then
    return next;
    return;
  end if;

  -- Where the tables are distributed each node has transaction ids of its own, and this is known on the coordinator.
  if to_regclass('pgrant_report.audit_sealing') is not null then
    v_passed := coalesce((select d.xid from pgrant_report.audit_sealing d), 0);
  end if;
  select count(*) filter (where not u.passed), min(u.at) filter (where not u.passed),
         (array_agg(u.event_id order by u.at) filter (where u.passed))[1]
    into unsealed, unsealed_since, event_id
    from (select e.event_id, e.at, e.xid < v_passed as passed
            from pgrant_report.audit_entries e
           where e.tenant_id = p_tenant and e.at >= v_since
             and not exists (select from pgrant_report.audit_seals s
                              cross join unnest(s.event_ids) i (event_id)
                              where s.tenant_id = p_tenant and s.last_at >= v_since
                                and i.event_id = e.event_id and s.first_at <= e.at and s.last_at >= e.at)) u;
  if event_id is not null then
    fault := 'added';
  elsif unsealed_since < now() - interval '1 hour' then
    fault := 'unsealed';
  -- The first event says that the tenant was added, and the chain outlasts all of its events and seals.
  elsif unsealed = 0 and v_chain.number is null and v_chain.last is null and exists (
          select from pgrant.tenants t
           where t.tenant_id = p_tenant
             and t.created_at < now() - interval '1 hour') then
    fault := 'removed';
  else
    event_id := pgrant_report.refusals_fault(p_tenant);
    fault := case when event_id is not null then 'refusals edited' end;
  end if;
  perform pgrant_report.audit_seal_absent(p_first, v_chain.number) where fault is null and p_first > greatest(v_chain.number, 1);
  return next;
end
$$;

comment on function pgrant_report.audit_compare(uuid, bigint, bigint, bytea) is
  'audit_verify_rest() where the tenant is.';
