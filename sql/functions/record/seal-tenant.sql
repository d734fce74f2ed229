-- Sealing tenant by tenant, where each node has transaction ids of its own.

create function pgrant_rules.audit_uncovered(p_tenant uuid) returns timestamptz
language plpgsql
as $$
begin
  return (
    select min(m.month)
      from (select date_trunc('month', e.at, 'UTC') as month, count(*) as events
              from pgrant.audit_events e where e.tenant_id = p_tenant group by 1) m
      left join (select date_trunc('month', s.first_at, 'UTC') as month, sum(s.events) as events
                   from pgrant.audit_seals s where s.tenant_id = p_tenant group by 1) k on k.month = m.month
     where m.events > coalesce(k.events, 0));
end
$$;

comment on function pgrant_rules.audit_uncovered(uuid) is
  'The first month in which the tenant has more events than its seals cover; null = there is none.';

create function pgrant_rules.audit_unsealed_since(p_tenant uuid, p_from timestamptz, p_width integer)
returns pgrant_report.audit_entries[]
language plpgsql
-- Rows are estimated too few here, as in audit_verify_rest().
set enable_nestloop = off set jit = off
as $$
begin
  return array(
    select e from pgrant_report.audit_entries e
     where e.tenant_id = p_tenant and e.at >= p_from
       and not exists (select from pgrant.audit_seals s
                        cross join unnest(s.event_ids) i (event_id)
                        where s.tenant_id = p_tenant and s.last_at >= p_from
                          and i.event_id = e.event_id and s.first_at <= e.at and s.last_at >= e.at)
     order by e.at limit p_width);
end
$$;

comment on function pgrant_rules.audit_unsealed_since(uuid, timestamptz, integer) is
  'The events of a tenant from a moment on that no seal covers, at most p_width, the oldest first.';

create function pgrant_ops.audit_seal_tenant(p_width integer, p_tenant uuid, p_compare boolean default false) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := now();
  v_settled_at timestamptz;
  v_from timestamptz;
  v_events pgrant_report.audit_entries[];
  v_seals integer;
begin
  perform pg_advisory_xact_lock(hashtext('pgrant.audit_chains'), hashtext(p_tenant::text));
  v_settled_at := (select c.settled_at from pgrant.audit_chains c where c.tenant_id = p_tenant);
  -- No transaction of pgrant's lasts an hour: what is seen later was there, or says that it is older than it is.
  v_from := coalesce(v_settled_at - interval '1 hour', '-infinity');
  if p_compare then
    v_from := least(v_from, pgrant_rules.audit_uncovered(p_tenant));
  end if;
  v_events := pgrant_rules.audit_unsealed_since(p_tenant, v_from, p_width);
  v_seals := pgrant_rules.audit_chain_extend(v_events, null, null, v_settled_at);
  -- Not where something may be left: that has waited for as long as no worker ran.
  if cardinality(v_events) < p_width then
    update pgrant.audit_chains c set settled_at = v_now
     where c.tenant_id = p_tenant and (p_compare or c.settled_at is null or c.settled_at < c.made_at);
    update pgrant.audit_chains c set compared_at = v_now where c.tenant_id = p_tenant and p_compare;
  end if;
  return v_seals;
end
$$;

comment on function pgrant_ops.audit_seal_tenant(integer, uuid, boolean) is
  'Seals the events of one tenant that no seal covers, the oldest p_width first, where transaction ids say nothing because each node has its own: those since an hour before nothing was left, and with p_compare also those of before, in months that have more events than seals cover. Returns how many seals it appended: where there were any, there may be more.';

create function pgrant_ops.audit_seal_due() returns table (tenant_id uuid, compare boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_chained uuid[] := array(select c.tenant_id from pgrant.audit_chains c);
  -- A call a minute compares twice as many as there are in a day.
  v_most integer := ceil(cardinality(v_chained) / 720.0);
begin
  return query
  select c.tenant_id, false from pgrant.audit_chains c where c.made_at > now() - interval '2 hours'
  union
  select c.tenant_id, false
    from pgrant.audit_chains c
   cross join lateral (select e.tenant_id from pgrant.audit_events e
                        where e.tenant_id = c.tenant_id and e.at >= c.made_at group by e.tenant_id) e;
  return query
  select i.tenant_id, false from pgrant.issuers i where i.tenant_id <> all (v_chained);
  return query
  select c.tenant_id, true from pgrant.audit_chains c
   where c.compared_at is null or c.compared_at < now() - interval '1 day'
   order by c.compared_at nulls first limit v_most;
end
$$;

comment on function pgrant_ops.audit_seal_due() is
  'The tenants for which audit_seal_tenant() may find something: those with events since their last seal, those that were sealed within two hours, behind which a transaction may have ended late, and those without a seal; and, with compare true, a few of those whose events were not compared with their seals for a day, so that each has its turn once a day.';
