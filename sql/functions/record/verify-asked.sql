-- What auditors ask: verifying, wherever the tenant is.

create function pgrant_report.audit_absent(p_tenant uuid) returns void
language plpgsql stable
as $$
begin
  raise exception 'there is no tenant %', p_tenant using errcode = 'OA001', hint = 'an auditor of one tenant sees that one';
end
$$;

comment on function pgrant_report.audit_absent(uuid) is 'Raises OA001: the tenant is not there, or not the auditor''s.';

create function pgrant_report.audit_verify_seals(p_tenant uuid, p_first bigint default 1, p_seals integer default null)
returns table (fault text, seal bigint, event_id uuid, seals bigint, events bigint, present bigint, number bigint)
language plpgsql stable
as $$
begin
  -- By way of its row: where there are several nodes, the one that has it does the work.
  return query
  select w.* from pgrant.tenants t cross join lateral pgrant_report.audit_walk(t.tenant_id, p_first, p_seals) w
   where t.tenant_id = p_tenant;
  if not found then
    perform pgrant_report.audit_absent(p_tenant);
  end if;
end
$$;

comment on function pgrant_report.audit_verify_seals(uuid, bigint, integer) is
  'Walks the chain of a tenant from seal p_first on, for at most p_seals (null = to its end) in little memory. Returns the first fault (edited, removed, reordered, seal edited, seal missing, back-dated, post-dated; null = none) with the number of its seal and the event; seals and the events in them up to there, how many of those events are present (the others were dropped by retention), and the last good seal. back-dated: see audit_seal_late(); post-dated: of more than five minutes after it was sealed. Raises OA001.';

create function pgrant_report.audit_verify_rest(
  p_tenant uuid, p_first bigint default 1, p_number bigint default null, p_seal bytea default null
) returns table (fault text, seal bigint, event_id uuid, first_kept bigint, unsealed bigint, unsealed_since timestamptz)
language plpgsql stable
as $$
begin
  return query
  select c.* from pgrant.tenants t cross join lateral pgrant_report.audit_compare(t.tenant_id, p_first, p_number, p_seal) c
   where t.tenant_id = p_tenant;
  if not found then
    perform pgrant_report.audit_absent(p_tenant);
  end if;
end
$$;

comment on function pgrant_report.audit_verify_rest(uuid, bigint, bigint, bytea) is
  'What walking the chain does not show. Its end and each checkpoint (p_number and p_seal: one that was kept outside) must be in it, else truncated (seal = the first that is not there) or rewritten. Events that no seal covers: added where the sealing had passed their transaction, unsealed where it has not come to them for an hour. Counted refusals that are not as their event says: refusals edited. first_kept = the oldest seal that is there; a checkpoint before it says nothing. With p_first, events from that seal''s on. Raises OA001, OA003 (there is no such seal yet).';

create function pgrant_report.audit_verify(
  p_tenant uuid, p_first bigint default 1, p_number bigint default null, p_seal bytea default null
) returns table (intact boolean, fault text, seal bigint, event_id uuid, seals bigint, events bigint, present bigint,
                 unsealed bigint, unsealed_since timestamptz)
language plpgsql stable
as $$
declare
  v_rest record;
begin
  select v.fault, v.seal, v.event_id, v.seals, v.events, v.present into fault, seal, event_id, seals, events, present
    from pgrant_report.audit_verify_seals(p_tenant, p_first) v;
  if fault is null then
    select r.* into v_rest from pgrant_report.audit_verify_rest(p_tenant, p_first, p_number, p_seal) r;
    fault := v_rest.fault;
    seal := v_rest.seal;
    event_id := v_rest.event_id;
    unsealed := v_rest.unsealed;
    unsealed_since := v_rest.unsealed_since;
  end if;
  intact := fault is null;
  return next;
end
$$;

comment on function pgrant_report.audit_verify(uuid, bigint, bigint, bytea) is
  'Verifies the audit of a tenant, all of it or from seal p_first on (what came since the last checkpoint: the column checkpoint of audit_chain): audit_verify_seals() and audit_verify_rest() in one. A million events take some 20 seconds, since each is hashed again. fault names the first that is wrong: edited, removed, reordered, added, back-dated, post-dated, seal edited, seal missing, truncated, rewritten, unsealed, refusals edited; seal and event_id say where. Whoever may rewrite every table may rewrite the chain too: give p_number and p_seal of a checkpoint that was kept elsewhere. Raises OA001, OA003.';
