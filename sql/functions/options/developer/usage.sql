-- The developer portal: how an application is used, and what it asked for in vain. From what is recorded anyway.

create function pgrant_rules.developer_hours(
  p_tenant uuid, p_client_id text, p_hours integer, out since timestamptz, out hours jsonb
)
language plpgsql stable
as $$
declare
  v_from constant timestamptz := date_trunc('hour', now(), 'UTC') - make_interval(hours => p_hours - 1);
  v_most constant integer := 200000;
  v_scanned bigint;
begin
  -- Of a busy tenant the youngest events: what a page costs is bounded.
  with events as materialized (
    select e.at, e.client_id, e.action
      from pgrant.audit_events e
     where e.tenant_id = p_tenant and e.at >= v_from and e.error is null
     order by e.at desc
     limit v_most
  ), counted as (
    select date_trunc('hour', e.at, 'UTC') as hour, count(*) as calls, 0::bigint as refused
      from events e
     where e.client_id = p_client_id
       and e.action in ('code.redeem', 'refresh.rotate', 'refresh.replay', 'client_credentials.issue', 'device_code.issue',
                        'device_code.redeem', 'token.exchange', 'identity_assertion.issue', 'identity_assertion.redeem',
                        'token.revoke')
     group by 1
    union all
    select date_trunc('hour', r.minute, 'UTC'), 0, sum(r.refused)
      from pgrant.refusals r
     where r.tenant_id = p_tenant and r.minute >= v_from and r.client_id = p_client_id and r.recorded group by 1
  )
  select (select count(*) from events), (select min(e.at) from events e),
         (select jsonb_agg(jsonb_build_object('at', pgrant_rules.iso8601(h.hour), 'granted', coalesce(c.calls, 0),
                                              'refused', coalesce(c.refused, 0)) order by h.hour)
            from generate_series(v_from, now(), interval '1 hour') h (hour)
            left join (select n.hour, sum(n.calls) as calls, sum(n.refused) as refused from counted n group by 1) c on c.hour = h.hour)
    into v_scanned, since, hours;
  if v_scanned < v_most then
    since := v_from;
  end if;
end
$$;

comment on function pgrant_rules.developer_hours(uuid, text, integer) is
  'What was granted to a client at the token endpoint and its neighbours, and refused to it, in each of the last p_hours hours: [{at, granted, refused}], of the 200000 youngest events of the tenant, which go back to since.';

create function pgrant_rules.developer_refusals(p_tenant uuid, p_client_id text, p_hours integer) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'action', f.action, 'error', f.error, 'reason', f.reason, 'value', f.value, 'refused', f.refused,
             'last_at', pgrant_rules.iso8601(f.last_at))
           order by f.last_at desc), '[]')
      from (select r.action, r.error, r.reason, r.detail ->> 'refused' as value, sum(r.refused) as refused, max(r.last_at) as last_at
              from pgrant.refusals r
             where r.tenant_id = p_tenant and r.client_id = p_client_id and r.recorded
               and r.minute >= now() - make_interval(hours => p_hours)
               -- What only the developer's own portal refused is no request of the application.
               and r.action not like 'developer\_client.%'
             group by 1, 2, 3, 4
             order by 6 desc
             limit 50) f);
end
$$;

comment on function pgrant_rules.developer_refusals(uuid, text, integer) is
  'What a client was refused in the last p_hours hours, the youngest 50 kinds: [{action, error, reason, value, refused, last_at}].';

create function pgrant_api.developer_usage(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_client_id text,
  p_hours integer
) returns pgrant_api.developer_page
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_developer pgrant_rules.developer;
  v_counted record;
  v_hours integer := least(greatest(p_hours, 1), 168);
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_by_session(p_tenant, p_session_hash, p_session_expires_at, p_client_id);
  if v_developer.error is not null then
    return pgrant_rules.developer_page_refused(p_tenant, v_developer, p_client_id);
  end if;
  v_counted := pgrant_rules.developer_hours(p_tenant, p_client_id, v_hours);
  return pgrant_rules.developer_page(p_tenant, v_developer, jsonb_build_object(
    'client', pgrant_rules.developer_client_shown(p_tenant, v_developer.brought, v_developer.client),
    'token_rate', (v_developer.client).token_rate,
    'since', pgrant_rules.iso8601(v_counted.since),
    'hours', v_counted.hours,
    'refusals', pgrant_rules.developer_refusals(p_tenant, p_client_id, v_hours),
    'scopes', (select coalesce(jsonb_agg(jsonb_build_object(
                        'scope', f.scope, 'reason', f.reason, 'refused', f.refused, 'last_at', pgrant_rules.iso8601(f.last_at))
                      order by f.last_at desc), '[]')
                 from pgrant.scope_refusals f where f.tenant_id = p_tenant and f.client_id = p_client_id)));
end
$$;

comment on function pgrant_api.developer_usage(uuid, text, inet, bytea, bigint, text, integer) is
  'How an application of the developer who is signed in was used in the last p_hours hours (168 at most): {client, token_rate (requests a minute, null = any number), since, hours: [{at, granted, refused}], refusals: [{action, error, reason, value, refused, last_at}], scopes that were asked for in vain: [{scope, reason, refused, last_at}]}. Errors: login_required, not_found (somebody else''s, too), too_many_attempts, flood.';
