-- What the worker and operators call: delivering what is in the outbox. Begun here, sent outside, ended here.

create function pgrant_ops.delivery_begin(p_tenant uuid, p_webhook text)
returns table (event_id uuid, type text, occurred_at text, data jsonb, attempt integer, issuer text, url text,
               sealed_secret bytea, sealed_old_secret bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_row pgrant.outbox;
begin
  perform pgrant_rules.administer(p_tenant);
  select o.* into v_row
    from pgrant.outbox o
    join pgrant.webhooks w on w.tenant_id = p_tenant and w.name = o.webhook and w.disabled_at is null and w.paused_until <= now()
    join pgrant.tenants t on t.tenant_id = p_tenant and t.disabled_at is null
   where o.tenant_id = p_tenant and o.webhook = p_webhook and o.state = 'pending' and o.next_attempt_at <= now()
   order by o.next_attempt_at
   limit 1
     for update of o skip locked;
  if not found then
    return;
  end if;
  -- Taken for a minute, several times as long as an attempt may take: a worker that is killed does not take it along.
  update pgrant.outbox o
     set attempts = o.attempts + 1, next_attempt_at = now() + interval '1 minute'
   where o.tenant_id = p_tenant and o.event_id = v_row.event_id and o.webhook = p_webhook;
  return query
  select v_row.event_id, v_row.type, to_char(v_row.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), v_row.data,
         v_row.attempts + 1, t.issuer, w.url, w.sealed_secret,
         case when w.old_secret_expires_at > now() then w.sealed_old_secret end
    from pgrant.webhooks w
    join pgrant.tenants t on t.tenant_id = p_tenant
   where w.tenant_id = p_tenant and w.name = p_webhook;
end
$$;

comment on function pgrant_ops.delivery_begin(uuid, text) is
  'Takes the pending event of a webhook that is due for longest, for a minute: what is to be sent where, and the secrets to sign with. No row where none is due. May be null: sealed_old_secret. Raises OA001.';

create function pgrant_ops.delivery_end(p_tenant uuid, p_webhook text, p_event_id uuid, p_attempt integer, p_status integer,
                                        p_error text, p_duration_ms integer, p_retry_after integer default null)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_delivered boolean := coalesce(p_status between 200 and 299, false);
  v_webhook pgrant.webhooks;
  v_row pgrant.outbox;
begin
  perform pgrant_rules.administer(p_tenant);
  -- The webhook before what is queued for it: the lock order of every function.
  select w.* into v_webhook from pgrant.webhooks w where w.tenant_id = p_tenant and w.name = p_webhook for no key update;
  select o.* into v_row
    from pgrant.outbox o
   where o.tenant_id = p_tenant and o.event_id = p_event_id and o.webhook = p_webhook
     -- A failure that is told late says nothing about the attempt that runs now. A success does.
     and case when v_delivered then o.state <> 'delivered' else o.state = 'pending' and o.attempts = p_attempt end
     for update;
  if not found then
    return null;
  end if;

  v_row.last_status := p_status;
  v_row.last_error := case when not v_delivered then left(coalesce(p_error, 'HTTP ' || p_status), 500) end;
  v_row.attempt_log := v_row.attempt_log || jsonb_build_object(
    'at', pgrant_rules.iso8601(now()), 'status', p_status, 'error', v_row.last_error, 'ms', p_duration_ms);
  if jsonb_array_length(v_row.attempt_log) > 20 then
    v_row.attempt_log := v_row.attempt_log - 0;
  end if;
  v_row.state := case when v_delivered then 'delivered'
                      when p_status = 410 or now() >= v_row.give_up_at then 'dead' else 'pending' end;
  v_row.next_attempt_at := least(now() + pgrant_rules.delivery_delay(p_attempt, p_retry_after), v_row.give_up_at);
  v_row.finished_at := case when v_row.state <> 'pending' then now() end;
  v_row.expires_at := case v_row.state when 'pending' then 'infinity' when 'delivered' then now() + interval '7 days'
                                       else now() + make_interval(secs => v_webhook.dead_letter_lifetime) end;
  update pgrant.outbox o
     set state = v_row.state, next_attempt_at = v_row.next_attempt_at, last_status = v_row.last_status,
         last_error = v_row.last_error, attempt_log = v_row.attempt_log, finished_at = v_row.finished_at,
         expires_at = v_row.expires_at
   where o.tenant_id = p_tenant and o.event_id = p_event_id and o.webhook = p_webhook;

  if p_status = 410 then
    perform pgrant_rules.webhook_end(p_tenant, p_webhook, 'the receiver is gone (410)');
  elsif p_status is null or p_status in (429, 503) then
    -- Its receiver fails, and not this event alone: the others need not find out one by one.
    update pgrant.webhooks w
       set paused_until = now() + least(pgrant_rules.delivery_delay(p_attempt, p_retry_after), interval '1 minute')
     where w.tenant_id = p_tenant and w.name = p_webhook;
  end if;
  return v_row.state;
end
$$;

comment on function pgrant_ops.delivery_end(uuid, text, uuid, integer, integer, text, integer, integer) is
  'Records what became of an attempt: p_status is the HTTP status, null = no answer, and p_error why; p_retry_after in seconds. 2xx = delivered; 410 disables the webhook; anything else is tried again for a day, then dead. Returns the state; null where the attempt counts no more. Raises OA001.';

create function pgrant_ops.webhook_resend(p_tenant uuid, p_webhook text, p_event_id uuid default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_webhook, true);
  update pgrant.webhooks w set paused_until = '-infinity' where w.tenant_id = p_tenant and w.name = p_webhook;
  update pgrant.outbox o
     set state = 'pending', attempts = 0, next_attempt_at = now(), give_up_at = now() + interval '1 day', finished_at = null,
         expires_at = 'infinity'
   where o.tenant_id = p_tenant
     and o.webhook = p_webhook
     and case when p_event_id is null then o.state = 'dead' else o.event_id = p_event_id end;
  get diagnostics v_count = row_count;
  if p_event_id is not null and v_count = 0 then
    raise exception 'the webhook % has no event %', p_webhook, p_event_id using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.webhook_deliveries(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'webhook.resend', null, null, null,
                             p_detail => jsonb_build_object('name', p_webhook, 'event_id', p_event_id, 'count', v_count));
  perform pg_notify('pgrant_outbox', '');
  return v_count;
end
$$;

comment on function pgrant_ops.webhook_resend(uuid, text, uuid) is
  'Sends again, under the same webhook-id: one event of a webhook, delivered or not, or with p_event_id null all that was given up. Returns how many. Raises OA001, OA003 (disabled).';

create function pgrant_ops.webhook_test(p_tenant uuid, p_webhook text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_event_id uuid := gen_random_uuid();
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_webhook, true);
  insert into pgrant.outbox (tenant_id, event_id, webhook, type, data) values (p_tenant, v_event_id, p_webhook, 'webhook.test', '{}');
  perform pg_notify('pgrant_outbox', '');
  return v_event_id;
end
$$;

comment on function pgrant_ops.webhook_test(uuid, text) is
  'Queues an event of type webhook.test for one webhook, whatever types it asks for. Returns its event_id. Raises OA001, OA003 (disabled).';

create function pgrant_ops.webhook_deliveries(p_tenant uuid, p_webhook text default null, p_state text default null,
                                              p_limit integer default 100, p_after text default null)
returns table (event_id uuid, webhook text, type text, occurred_at timestamptz, state text, attempts integer,
               next_attempt_at timestamptz, last_status integer, last_error text, finished_at timestamptz, data jsonb,
               attempt_log jsonb, cursor text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := coalesce(nullif(split_part(p_after, ',', 1), '')::timestamptz, 'infinity');
  v_event_id uuid := coalesce(nullif(split_part(p_after, ',', 2), '')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  -- A name has no comma.
  v_webhook text := coalesce(split_part(p_after, ',', 3), '');
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select o.event_id, o.webhook, o.type, o.at, o.state, o.attempts, case o.state when 'pending' then o.next_attempt_at end,
         o.last_status, o.last_error, o.finished_at, o.data, o.attempt_log,
         to_char(o.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ',' || o.event_id || ',' || o.webhook
    from pgrant.webhooks w
   cross join unnest(array['pending', 'delivered', 'dead']) s (state)
   -- Of each webhook and state as many as the page has, in the order of the index: no more is read however many there are.
   cross join lateral (
     select d.* from pgrant.outbox d
      where d.tenant_id = p_tenant and d.webhook = w.name and d.state = s.state
        and (d.at, d.event_id) <= (v_at, v_event_id) and (d.at, d.event_id, d.webhook) < (v_at, v_event_id, v_webhook)
      order by d.at desc, d.event_id desc
      limit p_limit) o
   where w.tenant_id = p_tenant
     and (p_webhook is null or w.name = p_webhook)
     and (p_state is null or s.state = p_state)
   order by o.at desc, o.event_id desc, o.webhook desc
   limit p_limit;
end
$$;

comment on function pgrant_ops.webhook_deliveries(uuid, text, text, integer, text) is
  'The newest p_limit events of the outbox after p_after, a cursor of the page before, of one webhook or state (pending, delivered, dead) where given, with each attempt: {at, status, error, ms}. Raises OA001.';

create function pgrant_ops.webhook_due() returns table (tenant_id uuid, webhook text, wait float)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select w.tenant_id, w.name, extract(epoch from greatest(o.next_attempt_at, w.paused_until) - now())::float
    from pgrant.webhooks w
    join pgrant.issuers i on i.tenant_id = w.tenant_id and i.disabled_at is null
   cross join lateral (
     select d.next_attempt_at from pgrant.outbox d
      where d.tenant_id = w.tenant_id and d.webhook = w.name and d.state = 'pending'
      order by d.next_attempt_at limit 1) o
   where w.disabled_at is null
   order by 3;
end
$$;

comment on function pgrant_ops.webhook_due() is
  'The webhooks of all tenants for which something is pending, and in how many seconds it is due (0 or less = now), the longest due first. The worker asks this. Nothing is null.';
