-- The account page: where the person is signed in.

create type pgrant_api.account_sessions as (
  error     pgrant_api.error,
  reason    text,
  username  text,
  sessions  jsonb
);

comment on type pgrant_api.account_sessions is 'Where a person is signed in.';
comment on column pgrant_api.account_sessions.sessions is
  'Array of {session_id, current, auth_time, last_seen_at, expires_at, amr, address, user_agent, clients: [name]}, the one that asks first and then the youngest sign-in; times ISO 8601 in UTC. May be null: address, user_agent.';

create function pgrant_api.account_session_list(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_after text
) returns pgrant_api.account_sessions
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.account_sessions;
  v_session pgrant.sessions;
  v_last pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
    return v_out;
  end if;
  v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id);
  -- Ended or not: whoever ends the last session of a page goes on behind it.
  select s.* into v_last
    from pgrant.sessions s
   where s.tenant_id = p_tenant and s.user_id = v_session.user_id and s.session_id::text = lower(p_after)
   order by s.auth_time
   limit 1;
  select coalesce(jsonb_agg(jsonb_build_object(
           'session_id', s.session_id,
           'current', s.current,
           'auth_time', pgrant_rules.iso8601(s.auth_time),
           'last_seen_at', pgrant_rules.iso8601(s.last_seen_at),
           'expires_at', pgrant_rules.iso8601(least(s.idle_expires_at, s.expires_at)),
           'amr', to_jsonb(s.amr),
           'address', host(s.address),
           'user_agent', s.user_agent,
           'clients', (select coalesce(jsonb_agg(distinct c.name order by c.name), '[]')
                         from pgrant.token_families f
                         join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = f.client_id
                        where f.tenant_id = p_tenant and f.session_id = s.session_id and f.revoked_at is null))
         order by s.current desc, s.auth_time desc, s.session_id desc), '[]')
    into v_out.sessions
    from (select s.*, s.session_id = v_session.session_id as current
            from pgrant.sessions s
           where s.tenant_id = p_tenant
             and s.user_id = v_session.user_id
             and s.expires_at > now()
             and s.idle_expires_at > now()
             and s.ended_at is null
             and (v_last.session_id is null
                  or (s.auth_time, s.session_id) < (v_last.auth_time, v_last.session_id) and s.session_id <> v_session.session_id)
           order by s.session_id = v_session.session_id desc, s.auth_time desc, s.session_id desc
           limit 51) s;
  return v_out;
end
$$;

comment on function pgrant_api.account_session_list(uuid, text, inet, bytea, bigint, text) is
  'The live sessions of the person who is signed in, 51 of them, one more than a page shows, behind p_after, a session_id (null, or one that is not there = from the first on). Writes nothing but the session''s idle expiry. Errors: login_required.';

create function pgrant_api.account_session_end(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_ended_session_id text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_session pgrant.sessions;
  v_ended pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.account_refusal(v_session, p_csrf_hash, false) r;
  if v_out.error is not null then
    perform pgrant_rules.audit(p_tenant, 'session.end', v_out.error, v_out.reason, null, v_session.user_id);
    return v_out;
  elsif p_ended_session_id is null then
    perform pgrant_rules.user_sessions_end(p_tenant, v_session.user_id, false, 'signed out everywhere by the person');
    perform pgrant_rules.audit(p_tenant, 'session.end', null, null, null, v_session.user_id);
    return v_out;
  end if;
  select s.* into v_ended
    from pgrant.sessions s
   where s.tenant_id = p_tenant
     and s.session_id::text = lower(p_ended_session_id)
     and s.user_id = v_session.user_id
     and s.ended_at is null
   order by s.expires_at desc
   limit 1;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'no such session of this person';
    perform pgrant_rules.audit(p_tenant, 'session.end', v_out.error, v_out.reason, null, v_session.user_id);
    return v_out;
  end if;
  perform pgrant_rules.session_end(p_tenant, v_ended, null);
  return v_out;
end
$$;

comment on function pgrant_api.account_session_end(uuid, text, inet, bytea, bigint, bytea, text) is
  'Ends a session of the person who is signed in as a logout does, or with null all of them, this one too. Another person''s is like one that does not exist. Errors: login_required, csrf_mismatch, not_found.';
