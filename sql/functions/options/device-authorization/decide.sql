-- The person's decision about a device, and the tokens that the device polls for (RFC 8628 3.4, 3.5).

create or replace function pgrant_rules.device_settle(p_tenant uuid, p_request pgrant.authorization_requests, p_error pgrant_api.error)
returns void
language plpgsql
as $$
declare
  v_at constant timestamptz := now();
begin
  update pgrant.device_codes d
     set allowed_at = case when p_error is null then v_at end,
         denied_at = case when p_error is not null then v_at end
   where d.tenant_id = p_tenant and d.device_hash = p_request.device_hash and d.expires_at = p_request.device_expires_at
     and coalesce(d.allowed_at, d.denied_at) is null;
end
$$;

comment on function pgrant_rules.device_settle(uuid, pgrant.authorization_requests, pgrant_api.error) is
  'What a person decided about the device code of a request; p_error null = it is allowed. The first decision stands.';

create or replace function pgrant_rules.device_presentation(p_tenant uuid, p_request pgrant.authorization_requests) returns jsonb
language plpgsql stable
as $$
begin
  return (select jsonb_build_object(
                   'address', host(d.address), 'asked_at', pgrant_rules.iso8601(d.created_at),
                   'others', array(select jsonb_build_object('id', encode(b.device_hash, 'hex'), 'user_code_start', b.user_code_start,
                                                             'asked_at', pgrant_rules.iso8601(b.created_at))
                                     -- One program asks at once; what a health check has left waiting is farther away.
                                     from (select o.* from pgrant_rules.devices_beside(p_tenant, p_request) o
                                            order by greatest(o.created_at - d.created_at, d.created_at - o.created_at), o.device_hash
                                            limit 20) b
                                    order by b.created_at, b.device_hash))
            from pgrant.device_codes d
           where d.tenant_id = p_tenant and d.device_hash = p_request.device_hash and d.expires_at = p_request.device_expires_at
             and coalesce(d.allowed_at, d.denied_at) is null);
end
$$;

comment on function pgrant_rules.device_presentation(uuid, pgrant.authorization_requests) is
  'What pages tell of the device that waits: {address, asked_at (ISO 8601 in UTC), others: [{id, user_code_start, asked_at}]}, the 20 that were asked for nearest to it of those which may be decided together with it; null where none does.';

create type pgrant_rules.device_poll as (
  n            bigint,
  device_hash  bytea,
  expires_at   timestamptz,
  polled_at    timestamptz,
  error        pgrant_api.error,
  reason       text
);

comment on type pgrant_rules.device_poll is
  'What poll n is told; error null = it gets what the code gives.';
comment on column pgrant_rules.device_poll.polled_at is 'When the device polled before; null = it has not.';

create function pgrant_rules.device_polls_waiting(
  p_tenant uuid, p_client_id text[], p_error pgrant_api.error[], p_device_hash bytea[], p_expiries pgrant_rules.expiries
) returns pgrant_rules.device_poll[]
language plpgsql stable
as $$
begin
  return array(
    select row(q.n, d.device_hash, d.expires_at, d.polled_at,
               -- A second is for the network. The first poll may come at once.
               case when d.polled_at > now() - make_interval(secs => d.poll_interval - 1) then 'slow_down'
                    else 'authorization_pending' end, null)::pgrant_rules.device_poll
      from unnest(p_client_id, p_error, p_device_hash) with ordinality q (client_id, error, device_hash, n)
     -- Code by code, each by its key: a plan that is made while there are few is kept, and may join them all.
     cross join lateral (
       select c.* from pgrant.device_codes c
        where c.tenant_id = p_tenant and c.device_hash = q.device_hash and c.expires_at between p_expiries.earliest and p_expiries.latest
       offset 0) d
     where d.client_id = q.client_id and q.error is null and d.expires_at > now() and coalesce(d.allowed_at, d.denied_at) is null
     order by d.device_hash);
end
$$;

comment on function pgrant_rules.device_polls_waiting(uuid, text[], pgrant_api.error[], bytea[], pgrant_rules.expiries) is
  'The polls of devices whose person has not decided yet (RFC 8628 3.5), by device_hash: authorization_pending or slow_down. Locks nothing; p_error is of clients_authenticate.';

create function pgrant_rules.device_polls_note(
  p_tenant uuid, p_polls pgrant_rules.device_poll[], p_error pgrant_api.error[]
) returns pgrant_api.error[]
language plpgsql
as $$
declare
  v_now constant timestamptz := now();
  v_out pgrant_api.error[] := p_error;
  v_poll pgrant_rules.device_poll;
begin
  foreach v_poll in array p_polls loop
    v_out[v_poll.n] := v_poll.error;
    update pgrant.device_codes d
       set polled_at = v_now,
           -- RFC 8628 3.5: by five seconds, for this and all polls to come.
           poll_interval = d.poll_interval + case when v_poll.error = 'slow_down' then 5 else 0 end
     where d.tenant_id = p_tenant and d.device_hash = v_poll.device_hash and d.expires_at = v_poll.expires_at
       and d.polled_at is not distinct from v_poll.polled_at
       -- One expression, so that no plan is by device_codes_waiting.
       and coalesce(d.allowed_at, d.denied_at) is null;
    if not found then
      -- Between the look and the note the device polled once more, so this came too soon; or its person decided, which the next
      -- poll is told.
      update pgrant.device_codes d
         set polled_at = v_now, poll_interval = d.poll_interval + 5
       where d.tenant_id = p_tenant and d.device_hash = v_poll.device_hash and d.expires_at = v_poll.expires_at
         and d.polled_at <> v_now and coalesce(d.allowed_at, d.denied_at) is null;
      if found then
        v_out[v_poll.n] := 'slow_down';
      end if;
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.device_polls_note(uuid, pgrant_rules.device_poll[], pgrant_api.error[]) is
  'Keeps when each device of device_polls_waiting was polled, and has one that polls too often wait longer. Returns p_error with what these are told.';

create function pgrant_rules.device_polls_decide(
  p_client_id text[], p_error pgrant_api.error[], p_device pgrant.device_codes[], p_code pgrant.codes[], p_device_hash bytea[]
) returns pgrant_rules.device_poll[]
language plpgsql stable
as $$
begin
  return array(
    select row(q.n, d.device_hash, d.expires_at, d.polled_at, w.error, w.reason)::pgrant_rules.device_poll
      from unnest(p_client_id, p_error, p_device_hash) with ordinality q (client_id, error, device_hash, n)
      left join unnest(p_device) d on d.device_hash = q.device_hash
      left join unnest(p_code) k on k.code_hash = sha256(q.device_hash)
     cross join lateral (
       select case when q.error is not null then q.error
                   when d.device_hash is null or d.client_id <> q.client_id or k.used_at is not null then 'invalid_grant'
                   when d.denied_at is not null then 'access_denied'
                   when d.expires_at <= now() then 'expired_token' end::pgrant_api.error as error,
              case when q.error is not null then null
                   when d.device_hash is null then 'device code unknown'
                   when d.client_id <> q.client_id then 'device code of another client'
                   when k.used_at is not null then 'device code used already'
                   when d.denied_at is not null then 'the person denied it'
                   when d.expires_at <= now() then 'device code expired' end as reason) w
     order by q.n);
end
$$;

comment on function pgrant_rules.device_polls_decide(text[], pgrant_api.error[], pgrant.device_codes[], pgrant.codes[], bytea[]) is
  'Decides what each poll of a device that does not wait is told, and does nothing: access_denied, expired_token or invalid_grant (RFC 8628 3.5); p_error is what is known of the others.';

create function pgrant_rules.device_codes_lock(
  p_tenant uuid, p_device_hash bytea[], p_device_expires_at bigint[], p_expiries pgrant_rules.expiries,
  out o_code pgrant.codes[], out o_device pgrant.device_codes[]
)
language plpgsql
as $$
begin
  -- Grant, code, device code: in the order in which a person's decision locks them.
  o_code := pgrant_rules.codes_lock(
    p_tenant, array(select sha256(h) from unnest(p_device_hash) with ordinality h (h, n) order by h.n), p_device_expires_at);
  o_device := array(select d from pgrant.device_codes d
                     where d.tenant_id = p_tenant and d.device_hash = any (p_device_hash)
                       and d.expires_at between p_expiries.earliest and p_expiries.latest
                     order by d.device_hash for update);
end
$$;

comment on function pgrant_rules.device_codes_lock(uuid, bytea[], bigint[], pgrant_rules.expiries) is
  'The codes that device codes became, each at the place of its device_hash, and the device codes, locked together with their grants.';

create function pgrant_api.device_redeem(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_device_hash bytea[], p_device_expires_at bigint[],
  p_access_hash bytea[], p_handle_hash bytea[], p_refresh_hash bytea[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_expiries constant pgrant_rules.expiries := pgrant_rules.expiries_of(p_device_expires_at);
  v_auth record;
  v_waiting pgrant_rules.device_poll[];
  v_device_hash bytea[];
  v_locked record;
  v_errors pgrant_api.error[];
  v_polls pgrant_rules.device_poll[];
  v_poll pgrant_rules.device_poll;
  v_decisions pgrant_rules.token_decision[];
  v_out pgrant_api.tokens;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  if cardinality(p_client_id) > 1 and pgrant_rules.any_twice(p_device_hash, p_assertion) then
    -- Who comes second finds what the first has left. What all of them lock is locked in the order of a set, whatever theirs is.
    perform pgrant_rules.device_codes_lock(p_tenant, p_device_hash, p_device_expires_at, v_expiries);
    for i in 1 .. cardinality(p_client_id) loop
      return query select * from pgrant_api.device_redeem(
        p_tenant, p_request_id[i:i], p_address[i:i], p_client_id[i:i], p_auth_method[i:i], p_secret_hash[i:i], p_assertion[i:i],
        p_possession[i:i], p_device_hash[i:i], p_device_expires_at[i:i], p_access_hash[i:i], p_handle_hash[i:i], p_refresh_hash[i:i]);
    end loop;
    return;
  end if;

  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              p_possession, pgrant_rules.device_grant());
  v_waiting := pgrant_rules.device_polls_waiting(p_tenant, p_client_id, v_auth.o_error, p_device_hash, v_expiries);
  if cardinality(v_waiting) = cardinality(p_client_id) then
    -- As in most sets: nothing is decided, and nothing recorded. When it was polled may be lost with the server, so that nobody's
    -- commit waits behind the flush of it; that a proof was used may not.
    if not exists (select from unnest(p_assertion, p_possession) u (assertion, possession)
                    where u.assertion is not null or u.possession ? 'proof') then
      perform set_config('synchronous_commit', 'off', true);
    end if;
    v_out.refresh_token := false;
    foreach v_out.error in array pgrant_rules.device_polls_note(p_tenant, v_waiting, v_auth.o_error) loop
      v_out.reason := v_out.error::text;
      return next v_out;
    end loop;
    return;
  end if;
  v_device_hash := p_device_hash;
  foreach v_poll in array v_waiting loop
    v_device_hash[v_poll.n] := null;
  end loop;
  v_locked := pgrant_rules.device_codes_lock(p_tenant, v_device_hash, p_device_expires_at, v_expiries);
  v_errors := pgrant_rules.device_polls_note(p_tenant, v_waiting, v_auth.o_error);
  v_polls := pgrant_rules.device_polls_decide(p_client_id, v_errors, v_locked.o_device, v_locked.o_code, v_device_hash);
  v_decisions := pgrant_rules.codes_decide(
    p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client,
    array(select p.error from unnest(v_polls) p order by p.n),
    array(select coalesce(v_auth.o_reason[p.n], p.reason, p.error::text) from unnest(v_polls) p order by p.n),
    v_auth.o_detail, v_locked.o_code, array_fill(null::text, array[cardinality(p_client_id)]),
    array_fill(null::text, array[cardinality(p_client_id)]), array_fill(''::text, array[cardinality(p_client_id)]),
    p_access_hash, v_auth.o_cnf, array_fill(null::jsonb, array[cardinality(p_client_id)]));
  foreach v_poll in array v_polls loop
    if v_auth.o_error[v_poll.n] is null then
      -- A poll that waits decides nothing, and is not recorded.
      v_decisions[v_poll.n].action := case when v_poll.error in ('authorization_pending', 'slow_down') then null
                                           else 'device_code.redeem' end;
    end if;
  end loop;
  perform pgrant_rules.families_start(p_tenant, v_auth.o_client, v_decisions, v_locked.o_code, v_auth.o_cnf, p_handle_hash, p_refresh_hash);
  perform pgrant_rules.session_clients_note(p_tenant, v_auth.o_client, v_decisions);
  return query select t.* from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, v_decisions, v_auth.o_cnf) t;
end
$$;

comment on function pgrant_api.device_redeem(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bigint[], bytea[], bytea[], bytea[]) is
  'Answers polls of devices (RFC 8628 3.4), a set of requests at once: tokens where the person has allowed it, once. p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, authorization_pending, slow_down, access_denied, expired_token, invalid_grant, invalid_target, too_many_attempts, flood.';
