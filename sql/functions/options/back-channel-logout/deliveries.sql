-- Telling clients that a session is over (OpenID Connect Back-Channel Logout 1.0): queued in the transaction that ends it, and sent
-- by the worker.

create or replace function pgrant_rules.logout_queue(p_tenant uuid, p_client_id text, p_subject text, p_sid text) returns void
language plpgsql
as $$
begin
  insert into pgrant.logout_deliveries (tenant_id, client_id, subject, sid) values (p_tenant, p_client_id, p_subject, p_sid);
  perform pg_notify('pgrant_outbox', '');
end
$$;

comment on function pgrant_rules.logout_queue(uuid, text, text, text) is
  'Queues a logout token for a client, and wakes the worker at commit.';

create function pgrant_rules.logout_delivery_finish(p_tenant uuid, p_delivery_id uuid, p_status integer, p_error text) returns void
language plpgsql
as $$
begin
  update pgrant.logout_deliveries d
     set state = case when p_error is null then 'delivered' else 'dead' end,
         -- Nobody needs it any more.
         subject = case when p_error is null then '' else d.subject end,
         last_status = p_status, last_error = p_error, finished_at = now(),
         expires_at = now() + case when p_error is null then interval '7 days' else interval '30 days' end
   where d.tenant_id = p_tenant and d.delivery_id = p_delivery_id;
end
$$;

comment on function pgrant_rules.logout_delivery_finish(uuid, uuid, integer, text) is
  'Ends a delivery: p_error null = the client was told, else it is given up because of that.';

create function pgrant_ops.logout_delivery_begin(p_tenant uuid, p_client_id text)
returns table (delivery_id uuid, attempt integer, issuer text, url text, subject text, sid text, alg text, kid text, sealed_private bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_row pgrant.logout_deliveries;
  v_client pgrant_rules.client_policies;
begin
  perform pgrant_rules.administer(p_tenant);
  select d.* into v_row
    from pgrant.logout_deliveries d
    join pgrant.tenants t on t.tenant_id = p_tenant and t.disabled_at is null
   where d.tenant_id = p_tenant and d.client_id = p_client_id and d.state = 'pending' and d.next_attempt_at <= now()
   order by d.next_attempt_at
   limit 1
     for update of d skip locked;
  if not found then
    return;
  end if;
  -- Taken for a minute, several times as long as an attempt may take: a worker that is killed does not take it along.
  update pgrant.logout_deliveries d
     set attempts = d.attempts + 1, next_attempt_at = now() + interval '1 minute'
   where d.tenant_id = p_tenant and d.delivery_id = v_row.delivery_id;
  v_client := pgrant_rules.client_find(p_tenant, p_client_id);
  if v_client.backchannel_logout_uri is null then
    perform pgrant_rules.logout_delivery_finish(
      p_tenant, v_row.delivery_id, null, 'the client is disabled or has no backchannel_logout_uri');
    return;
  end if;
  return query
  select v_row.delivery_id, v_row.attempts + 1, t.issuer, v_client.backchannel_logout_uri, v_row.subject, v_row.sid,
         v_client.id_token_alg, k.kid, k.sealed_private
    from pgrant.tenants t
    join pgrant.signing_keys k
      on k.tenant_id = p_tenant and k.alg = v_client.id_token_alg and k.active_at <= now() and k.expires_at > now()
   where t.tenant_id = p_tenant
   order by k.active_at desc, k.kid
   limit 1;
  if not found and now() >= v_row.give_up_at then
    perform pgrant_rules.logout_delivery_finish(p_tenant, v_row.delivery_id, null, 'the tenant has no key that signs for the client');
  end if;
end
$$;

comment on function pgrant_ops.logout_delivery_begin(uuid, text) is
  'Takes the logout of which a client is to be told that is due for longest, for a minute: what the logout token says, where it goes, and the sealed key that signs it. No row where none is due, or none can be told. Nothing is null. Raises OA001.';

create function pgrant_ops.logout_delivery_end(p_tenant uuid, p_client_id text, p_delivery_id uuid, p_attempt integer, p_status integer,
                                               p_error text, p_retry_after integer default null)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- 2.8: 200, and for frameworks that put 204 in its place that too.
  v_delivered boolean := coalesce(p_status in (200, 204), false);
  v_error text := case when not v_delivered then left(coalesce(p_error, 'HTTP ' || p_status), 500) end;
  v_wait interval;
  v_row pgrant.logout_deliveries;
begin
  perform pgrant_rules.administer(p_tenant);
  select d.* into v_row
    from pgrant.logout_deliveries d
   where d.tenant_id = p_tenant and d.delivery_id = p_delivery_id and d.client_id = p_client_id
     -- A failure that is told late says nothing about the attempt that runs now. A success does.
     and case when v_delivered then d.state <> 'delivered' else d.state = 'pending' and d.attempts = p_attempt end
     for update;
  if not found then
    return null;
  elsif v_delivered or now() >= v_row.give_up_at then
    perform pgrant_rules.logout_delivery_finish(p_tenant, p_delivery_id, p_status, v_error);
    return case when v_delivered then 'delivered' else 'dead' end;
  end if;
  v_wait := pgrant_rules.delivery_delay(p_attempt, p_retry_after);
  update pgrant.logout_deliveries d
     set next_attempt_at = least(now() + v_wait, v_row.give_up_at), last_status = p_status, last_error = v_error
   where d.tenant_id = p_tenant and d.delivery_id = p_delivery_id;
  if p_status is null or p_status in (429, 503) then
    -- The client fails, and not this logout alone: the others need not find out one by one, but a thousand at a time, or what
    -- waits for a client that has never answered would be written as a whole each time.
    v_wait := least(v_wait, interval '1 minute');
    update pgrant.logout_deliveries d
       set next_attempt_at = now() + v_wait
     where d.tenant_id = p_tenant
       and d.delivery_id = any (array(select l.delivery_id from pgrant.logout_deliveries l
                                       where l.tenant_id = p_tenant and l.client_id = p_client_id and l.state = 'pending'
                                         and l.next_attempt_at <= now()
                                       order by l.next_attempt_at limit 1000 for update skip locked));
  end if;
  return 'pending';
end
$$;

comment on function pgrant_ops.logout_delivery_end(uuid, text, uuid, integer, integer, text, integer) is
  'Records what became of an attempt: p_status is the HTTP status, null = no answer, and p_error why; p_retry_after in seconds. 200 and 204 = delivered; anything else is tried again for a day, then dead. Returns the state; null where the attempt counts no more. Raises OA001.';

create function pgrant_ops.logout_due() returns table (tenant_id uuid, client_id text, wait float)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select d.tenant_id, d.client_id, extract(epoch from min(d.next_attempt_at) - now())::float
    from pgrant.logout_deliveries d
    join pgrant.issuers i on i.tenant_id = d.tenant_id and i.disabled_at is null
   where d.state = 'pending'
   group by d.tenant_id, d.client_id
   order by 3;
end
$$;

comment on function pgrant_ops.logout_due() is
  'The clients of all tenants that are to be told of a logout, and in how many seconds (0 or less = now), the longest due first. The worker asks this. Nothing is null.';
