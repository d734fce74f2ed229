-- What operators and auditors ask: which clients were told of a logout, and which were not.

create function pgrant_ops.logout_delivery_list(p_tenant uuid, p_client_id text default null, p_state text default null,
                                                p_limit integer default 100)
returns table (delivery_id uuid, client_id text, sid text, ended_at timestamptz, state text, attempts integer,
               next_attempt_at timestamptz, last_status integer, last_error text, finished_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select d.delivery_id, d.client_id, d.sid, d.ended_at, d.state, d.attempts, case d.state when 'pending' then d.next_attempt_at end,
         d.last_status, d.last_error, d.finished_at
    from pgrant.logout_deliveries d
   where d.tenant_id = p_tenant
     and (p_client_id is null or d.client_id = p_client_id)
     and (p_state is null or d.state = p_state)
   order by d.ended_at desc, d.delivery_id
   limit p_limit;
end
$$;

comment on function pgrant_ops.logout_delivery_list(uuid, text, text, integer) is
  'The newest p_limit logouts that clients are told of, of one client or state (pending, delivered, dead) where given. Raises OA001.';

create function pgrant_ops.logout_delivery_resend(p_tenant uuid, p_client_id text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  perform pgrant_rules.administer(p_tenant);
  update pgrant.logout_deliveries d
     set state = 'pending', attempts = 0, next_attempt_at = now(), give_up_at = now() + interval '1 day', finished_at = null,
         expires_at = 'infinity'
   where d.tenant_id = p_tenant and d.client_id = p_client_id and d.state = 'dead';
  get diagnostics v_count = row_count;
  perform pgrant_rules.audit(p_tenant, 'logout.resend', null, null, p_client_id, p_detail => jsonb_build_object('count', v_count));
  perform pg_notify('pgrant_outbox', '');
  return v_count;
end
$$;

comment on function pgrant_ops.logout_delivery_resend(uuid, text) is
  'Tells a client anew of each logout that was given up. Returns how many. Raises OA001.';

create view pgrant_report.logout_deliveries with (security_invoker = true) as
select i.tenant_id, i.name as tenant, d.client_id, d.delivery_id, d.ended_at, d.state, d.attempts, d.last_status, d.last_error,
       case d.state when 'pending' then d.next_attempt_at end as next_attempt_at, d.finished_at
  from pgrant.logout_deliveries d
  join pgrant.issuers i on i.tenant_id = d.tenant_id;

comment on view pgrant_report.logout_deliveries is
  'Every logout that a client is told of by the back channel: pending, delivered in the last 7 days, or given up in the last 30.';
comment on column pgrant_report.logout_deliveries.ended_at is 'When the session ended.';
comment on column pgrant_report.logout_deliveries.state is 'pending, delivered, or dead (given up).';
comment on column pgrant_report.logout_deliveries.attempts is 'How often it was tried.';
comment on column pgrant_report.logout_deliveries.last_status is 'HTTP status of the last answer; null where there was none.';
comment on column pgrant_report.logout_deliveries.last_error is 'What went wrong last; null = nothing.';
comment on column pgrant_report.logout_deliveries.next_attempt_at is 'When it is tried again; null = it is not.';
comment on column pgrant_report.logout_deliveries.finished_at is 'When it was delivered or given up.';
comment on column pgrant_report.logout_deliveries.delivery_id is 'The logout, as pgrant logout deliveries names it.';
