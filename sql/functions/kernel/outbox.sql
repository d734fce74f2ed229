-- Which decisions are events for others, and how they leave: in the transaction of the decision.

create function pgrant_rules.events() returns jsonb
language sql immutable
as $$
  select jsonb_object_agg(a.action, a.event) from pgrant_report.audit_actions() a where a.event is not null
$$;

comment on function pgrant_rules.events() is
  'The actions of audit() that are events for others, with the type that they have there. Immutable without arguments: a constant of the plans that ask it.';

create function pgrant_rules.event_types() returns text[]
language sql stable
as $$ select array_agg(distinct e.value order by e.value) from jsonb_each_text(pgrant_rules.events()) e $$;

comment on function pgrant_rules.event_types() is 'What a webhook may ask for.';

create function pgrant_rules.event_data(p_client_id text, p_user_id uuid, p_grant_id uuid, p_family_id uuid, p_detail jsonb)
returns jsonb
language plpgsql stable
as $$
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'client_id', p_client_id,
    'user_id', p_user_id,
    'grant_id', p_grant_id,
    'family_id', p_family_id,
    'request_id', nullif(current_setting('pgrant.request_id', true), '')))
    -- Named one by one: an audit event may tell more than leaves the house.
    || (select coalesce(jsonb_object_agg(d.key, d.value), '{}')
          from jsonb_each(p_detail) d
         where d.key in ('scopes', 'resources', 'secret_id', 'kid', 'alg', 'active_at', 'withdrawn', 'since', 'grants',
                         'client_secrets', 'role', 'roles', 'group', 'member', 'token_type', 'jti'));
end
$$;

comment on function pgrant_rules.event_data(text, uuid, uuid, uuid, jsonb) is
  'What a webhook is told of an event: identifiers, no secret, name or address. Whoever may know more asks by them.';

create function pgrant_rules.enqueue(
  p_tenant uuid, p_event_id uuid, p_type text, p_client_id text, p_user_id uuid, p_grant_id uuid, p_family_id uuid, p_detail jsonb
) returns void
language plpgsql
as $$
begin
  -- Locked against removal, which would make the foreign key refuse the decision that the event is about.
  insert into pgrant.outbox (tenant_id, event_id, webhook, type, data)
  select p_tenant, p_event_id, w.name, p_type, pgrant_rules.event_data(p_client_id, p_user_id, p_grant_id, p_family_id, p_detail)
    from pgrant.webhooks w
   where w.tenant_id = p_tenant
     and w.disabled_at is null
     and (w.event_types is null or p_type = any (w.event_types))
     for key share;
  if found then
    perform pg_notify('pgrant_outbox', '');
  end if;
end
$$;

comment on function pgrant_rules.enqueue(uuid, uuid, text, text, uuid, uuid, uuid, jsonb) is
  'Queues an event for each webhook that wants it, and wakes the worker at commit. One look at an index where there is none.';

create function pgrant_rules.delivery_delay(p_attempts integer, p_retry_after integer) returns interval
language plpgsql
as $$
declare
  -- 5 s, 15 s, 45 s, … 4 hours, each a fifth more or less, so that what failed together is not tried again together.
  v_delay float := least(5 * 3 ^ least(p_attempts - 1, 10), 14400) * (0.8 + 0.4 * random());
begin
  return make_interval(secs => greatest(v_delay, least(coalesce(p_retry_after, 0), 14400)));
end
$$;

comment on function pgrant_rules.delivery_delay(integer, integer) is
  'How long to wait after the p_attempts-th attempt has failed, and no less than the p_retry_after seconds that the receiver asked for, within 4 hours.';
