-- What operators call: who is told of the events of a tenant.

create function pgrant_rules.webhook_check(p_tenant uuid, p_name text, p_enabled boolean default false) returns void
language plpgsql
as $$
declare
  v_disabled_at timestamptz;
begin
  select w.disabled_at into v_disabled_at from pgrant.webhooks w where w.tenant_id = p_tenant and w.name = p_name;
  if not found then
    raise exception 'there is no webhook %', p_name using errcode = 'OA001',
      hint = 'list the webhooks: select * from pgrant_ops.webhook_list(p_tenant)';
  elsif p_enabled and v_disabled_at is not null then
    raise exception 'the webhook % is disabled', p_name using errcode = 'OA003', hint = 'enable it first';
  end if;
end
$$;

comment on function pgrant_rules.webhook_check(uuid, text, boolean) is
  'Raises OA001 where the tenant has no such webhook, and OA003 where it has to be enabled and is not.';

create function pgrant_rules.event_types_check(p_event_types text[]) returns void
language plpgsql
as $$
declare
  v_unknown text;
begin
  select string_agg(coalesce(t.type, 'null'), ', ') into v_unknown
    from unnest(p_event_types) t (type) where (t.type = any (pgrant_rules.event_types())) is not true;
  if v_unknown is not null then
    raise exception 'there is no event type %', v_unknown using errcode = 'OA003',
      hint = 'event types: ' || array_to_string(pgrant_rules.event_types(), ', ');
  end if;
end
$$;

comment on function pgrant_rules.event_types_check(text[]) is 'Raises OA003 for an event type that does not exist.';

create function pgrant_ops.webhook_add(p_tenant uuid, p_name text, p_url text, p_sealed_secret bytea,
                                       p_event_types text[] default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if exists (select from pgrant.webhooks w where w.tenant_id = p_tenant and w.name = p_name) then
    raise exception 'there is a webhook % already', p_name using errcode = 'OA002', hint = 'choose another name';
  end if;
  if (select count(*) from pgrant.webhooks w where w.tenant_id = p_tenant) >= 100 then
    -- Each writes a row for each event, in the transaction of whoever caused it.
    raise exception 'a tenant has 100 webhooks at most' using errcode = 'OA003', hint = 'remove one that nobody needs any more';
  end if;
  perform pgrant_rules.event_types_check(p_event_types);
  perform pgrant_rules.values_check('webhooks', jsonb_build_object('name', p_name, 'url', p_url, 'event_types', p_event_types));
  insert into pgrant.webhooks (tenant_id, name, url, sealed_secret, event_types)
  values (p_tenant, p_name, p_url, p_sealed_secret, p_event_types);
  perform pgrant_rules.audit(p_tenant, 'webhook.add', null, null, null,
                             p_detail => jsonb_build_object('name', p_name, 'url', p_url, 'event_types', p_event_types));
  return pgrant_ops.webhook_show(p_tenant, p_name);
end
$$;

comment on function pgrant_ops.webhook_add(uuid, text, text, bytea, text[]) is
  'Has the events of a tenant (p_event_types, null = all) sent to a URL from now on, signed with a secret that was made and sealed outside. A tenant has 100 at most. Returns the webhook. Raises OA001, OA002, OA003.';

create function pgrant_ops.webhook_set(p_tenant uuid, p_name text, p_settings jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_event_types text[];
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_name);
  perform pgrant_rules.settings_write('update pgrant.webhooks w set (%1$s) = row(%2$s) where w.tenant_id = $1 and w.name = $2',
                                      'webhooks', p_settings, p_tenant, p_name);
  update pgrant.webhooks w
     set paused_until = '-infinity'
   where w.tenant_id = p_tenant and w.name = p_name
  returning w.event_types into v_event_types;
  perform pgrant_rules.event_types_check(v_event_types);
  perform pgrant_rules.audit(p_tenant, 'webhook.set', null, null, null,
                             p_detail => p_settings || jsonb_build_object('name', p_name));
  return pgrant_ops.webhook_show(p_tenant, p_name);
end
$$;

comment on function pgrant_ops.webhook_set(uuid, text, jsonb) is
  'Changes settings of a webhook, given as {setting: value}: url (what is pending goes there, too), event_types (null = all), dead_letter_lifetime in seconds. Returns the webhook. Raises OA001, OA003.';

create function pgrant_ops.webhook_list(p_tenant uuid)
returns table (name text, url text, event_types text[], pending bigint, dead bigint, oldest_at timestamptz, last_delivered_at timestamptz,
               paused_until timestamptz, created_at timestamptz, disabled_at timestamptz, disabled_reason text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select w.name, w.url, w.event_types, o.pending, g.dead, o.oldest_at, y.last_delivered_at,
         case when w.paused_until > now() then w.paused_until end, w.created_at, w.disabled_at, w.disabled_reason
    from pgrant.webhooks w
   cross join lateral (
     select count(*) as pending, min(d.at) as oldest_at
       from pgrant.outbox d
      where d.tenant_id = p_tenant and d.webhook = w.name and d.state = 'pending') o
   cross join lateral (
     select count(*) as dead
       from pgrant.outbox d
      where d.tenant_id = p_tenant and d.webhook = w.name and d.state = 'dead') g
   cross join lateral (
     -- Of the youngest only: of all that were delivered there may be millions.
     select max(y.finished_at) as last_delivered_at
       from (select d.finished_at from pgrant.outbox d
              where d.tenant_id = p_tenant and d.webhook = w.name and d.state = 'delivered'
              order by d.at desc, d.event_id desc limit 100) y) y
   where w.tenant_id = p_tenant
   order by w.name;
end
$$;

comment on function pgrant_ops.webhook_list(uuid) is
  'The webhooks of a tenant: what is pending, since when (the oldest event), what has been given up, when one of the 100 youngest that were delivered was last. Raises OA001.';

create type pgrant_rules.webhook_shown as (
  name                   text,
  url                    text,
  event_types            text[],
  pending                bigint,
  dead                   bigint,
  oldest_at              timestamptz,
  last_delivered_at      timestamptz,
  paused_until           timestamptz,
  created_at             timestamptz,
  disabled_at            timestamptz,
  disabled_reason        text,
  dead_letter_lifetime   integer,
  old_secret_expires_at  timestamptz
);

comment on type pgrant_rules.webhook_shown is 'A webhook as operators and admins see it: as webhook_list has it, and two more.';
comment on column pgrant_rules.webhook_shown.url is 'Where events are sent.';
comment on column pgrant_rules.webhook_shown.pending is 'How many events wait to be sent.';
comment on column pgrant_rules.webhook_shown.dead is 'How many were given up.';
comment on column pgrant_rules.webhook_shown.dead_letter_lifetime is 'For how long those are kept, in seconds.';
comment on column pgrant_rules.webhook_shown.event_types is 'null = all events are sent.';
comment on column pgrant_rules.webhook_shown.oldest_at is 'null = nothing is pending.';
comment on column pgrant_rules.webhook_shown.last_delivered_at is 'null = nothing was delivered lately.';
comment on column pgrant_rules.webhook_shown.paused_until is 'null = it is not paused.';
comment on column pgrant_rules.webhook_shown.disabled_at is 'null = it is in force.';
comment on column pgrant_rules.webhook_shown.disabled_reason is 'null = it is in force, or an operator or admin has disabled it.';
comment on column pgrant_rules.webhook_shown.old_secret_expires_at is 'null = one secret is good; else until when the one before is, too.';

create function pgrant_ops.webhook_show(p_tenant uuid, p_name text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_name);
  return (select to_jsonb(row(l.*, w.dead_letter_lifetime,
                              case when w.old_secret_expires_at > now() then w.old_secret_expires_at end)::pgrant_rules.webhook_shown)
            from pgrant.webhooks w
            join pgrant_ops.webhook_list(p_tenant) l on l.name = w.name
           where w.tenant_id = p_tenant and w.name = p_name);
end
$$;

comment on function pgrant_ops.webhook_show(uuid, text) is 'All that is known of a webhook but its secrets. Raises OA001.';

create function pgrant_ops.webhook_secret(p_tenant uuid, p_name text, p_sealed_secret bytea, p_overlap integer default 86400)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_expires_at timestamptz := now() + make_interval(secs => p_overlap);
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_name);
  update pgrant.webhooks w
     set sealed_secret = p_sealed_secret,
         -- One that was imported has none.
         sealed_old_secret = nullif(w.sealed_secret, ''),
         old_secret_expires_at = case when w.sealed_secret <> '' then v_expires_at end
   where w.tenant_id = p_tenant and w.name = p_name;
  perform pgrant_rules.audit(p_tenant, 'webhook.secret', null, null, null,
                             p_detail => jsonb_build_object('name', p_name, 'old_secret_expires_at', v_expires_at));
  return v_expires_at;
end
$$;

comment on function pgrant_ops.webhook_secret(uuid, text, bytea, integer) is
  'Replaces the secret of a webhook by one that was made and sealed outside; for p_overlap seconds requests are signed with both. Returns until when. Raises OA001.';

create function pgrant_rules.webhook_end(p_tenant uuid, p_name text, p_reason text) returns void
language plpgsql
as $$
begin
  update pgrant.webhooks w
     set disabled_at = now(), disabled_reason = p_reason
   where w.tenant_id = p_tenant and w.name = p_name and w.disabled_at is null;
  if found then
    update pgrant.outbox o
       set state = 'dead', finished_at = now(), last_error = 'the webhook was disabled',
           expires_at = now() + (select make_interval(secs => w.dead_letter_lifetime) from pgrant.webhooks w
                                  where w.tenant_id = p_tenant and w.name = p_name)
     where o.tenant_id = p_tenant and o.webhook = p_name and o.state = 'pending';
    perform pgrant_rules.audit(p_tenant, 'webhook.disable', null, p_reason, null,
                               p_detail => jsonb_build_object('name', p_name));
  end if;
end
$$;

comment on function pgrant_rules.webhook_end(uuid, text, text) is
  'Disables a webhook: nothing is queued for it any more, and what was pending is given up, to be sent again by who enables it.';

create function pgrant_ops.webhook_disable(p_tenant uuid, p_name text, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_name);
  if p_disabled then
    perform pgrant_rules.webhook_end(p_tenant, p_name, 'by an operator');
  else
    update pgrant.webhooks w
       set disabled_at = null, disabled_reason = null, paused_until = '-infinity'
     where w.tenant_id = p_tenant and w.name = p_name;
    perform pgrant_rules.audit(p_tenant, 'webhook.enable', null, null, null, p_detail => jsonb_build_object('name', p_name));
  end if;
end
$$;

comment on function pgrant_ops.webhook_disable(uuid, text, boolean) is
  'Disables a webhook (no event is kept for it any more; what was pending is given up) or enables it again. Raises OA001.';

create function pgrant_ops.webhook_remove(p_tenant uuid, p_name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.webhook_check(p_tenant, p_name);
  delete from pgrant.webhooks w where w.tenant_id = p_tenant and w.name = p_name;
  perform pgrant_rules.audit(p_tenant, 'webhook.remove', null, null, null, p_detail => jsonb_build_object('name', p_name));
end
$$;

comment on function pgrant_ops.webhook_remove(uuid, text) is
  'Removes a webhook with all that is pending, dead or logged for it. There is no way back. Raises OA001.';
