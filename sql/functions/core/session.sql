-- Signed-in browsers: the session behind a cookie.

create type pgrant_api.session as (
  error               pgrant_api.error,
  reason              text,
  session_expires_at  bigint,
  username            text,
  retry_after         integer
);

comment on type pgrant_api.session is 'A signed-in browser.';
comment on column pgrant_api.session.username is 'Who is signed in; null where the caller knows.';
comment on column pgrant_api.session.retry_after is 'Seconds, with too_many_attempts; null otherwise.';
comment on column pgrant_api.session.session_expires_at is
  'Epoch seconds; null where the session is the one before: an account was linked, or a second factor is asked for first.';

create function pgrant_rules.session_touch(p_tenant uuid, p_session pgrant.sessions) returns void
language plpgsql
as $$
declare
  v_idle integer;
begin
  select t.session_idle_lifetime into v_idle from pgrant.tenants t where t.tenant_id = p_tenant;
  update pgrant.sessions s
     set last_seen_at = now(),
         idle_expires_at = least(pgrant_rules.after(v_idle), s.expires_at)
   where s.tenant_id = p_tenant
     and s.session_hash = p_session.session_hash
     and s.expires_at = p_session.expires_at;
end
$$;

comment on function pgrant_rules.session_touch(uuid, pgrant.sessions) is 'Slides the idle expiry of a session that is used.';

create function pgrant_rules.sessions_use(p_tenant uuid, p_session_hash bytea[], p_expires_at bigint[]) returns pgrant.sessions[]
language plpgsql
as $$
declare
  v_expiries constant pgrant_rules.expiries := pgrant_rules.expiries_of(p_expires_at);
  v_sessions pgrant.sessions[];
  v_session pgrant.sessions;
  v_found bytea[];
  v_out pgrant.sessions[];
begin
  if array_remove(p_session_hash, null) = '{}' then
    return null;
  end if;
  -- In the order of the key: those that slide are locked.
  v_sessions := array(select s from pgrant.sessions s
                        join pgrant.users u on u.tenant_id = p_tenant and u.user_id = s.user_id and u.disabled_at is null
                       where s.tenant_id = p_tenant and s.session_hash = any (p_session_hash)
                         and s.expires_at between greatest(v_expiries.earliest, now()) and v_expiries.latest
                         and s.expires_at > now() and s.idle_expires_at > now() and s.ended_at is null
                       order by s.session_hash);
  for i in 1 .. cardinality(v_sessions) loop
    v_session := v_sessions[i];
    v_found[i] := v_session.session_hash;
    if v_session.last_seen_at < now() - interval '1 minute' then
      perform pgrant_rules.session_touch(p_tenant, v_session);
    end if;
  end loop;
  for i in 1 .. cardinality(p_session_hash) loop
    v_session := v_sessions[array_position(v_found, p_session_hash[i])];
    v_out[i] := case when v_session.expires_at = v_expiries.moments[i] then v_session end;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.sessions_use(uuid, bytea[], bigint[]) is
  'The live session behind each cookie, or null: none was sent, ended, expired, idle too long, or its user disabled. Slides the idle expiry, once a minute at most.';

create function pgrant_rules.session_use(p_tenant uuid, p_session_hash bytea, p_expires_at bigint) returns pgrant.sessions
language plpgsql
as $$ begin return (pgrant_rules.sessions_use(p_tenant, array[p_session_hash], array[p_expires_at]))[1]; end $$;

comment on function pgrant_rules.session_use(uuid, bytea, bigint) is 'The live session behind a cookie, or null; see sessions_use.';

create function pgrant_rules.session_hold(p_tenant uuid, p_session_hash bytea, p_expires_at bigint) returns pgrant.sessions
language plpgsql
as $$
declare
  v_expires_at constant timestamptz := pgrant_rules.moment(p_expires_at);
begin
  perform pgrant_rules.user_hold(p_tenant, (select s.user_id from pgrant.sessions s
                                             where s.tenant_id = p_tenant and s.session_hash = p_session_hash
                                               and s.expires_at = v_expires_at));
  perform from pgrant.sessions s
    where s.tenant_id = p_tenant and s.session_hash = p_session_hash and s.expires_at = v_expires_at
      for no key update;
  return pgrant_rules.session_use(p_tenant, p_session_hash, p_expires_at);
end
$$;

comment on function pgrant_rules.session_hold(uuid, bytea, bigint) is
  'The live session behind a cookie, or null, held as its person is (see user_hold): for what goes on in a new session, which nobody who ends this one would find.';

create function pgrant_rules.user_agent_kept(p_user_agent text) returns text
language sql immutable
as $$ select nullif(left(regexp_replace(p_user_agent, '[\u0001-\u001f\u007f-\u009f]', '', 'g'), 400), '') $$;

comment on function pgrant_rules.user_agent_kept(text) is 'What is kept of what a browser calls itself: as much as people need who look where they are signed in.';

create function pgrant_rules.session_start(
  p_tenant uuid, p_user_id uuid, p_acr text, p_amr text[], p_session_hash bytea, p_csrf_hash bytea, p_user_agent text,
  p_old_session_hash bytea, p_old_session_expires_at bigint, p_auth_time timestamptz default now()
) returns bigint
language plpgsql
as $$
declare
  v_old pgrant.sessions;
  v_tenant pgrant.tenants;
begin
  select t.* into v_tenant from pgrant.tenants t where t.tenant_id = p_tenant;
  -- The cookie changes at login (session fixation) and the one before is worth nothing. For the same person the
  -- sign-in goes on, so that a logout ends what both gave; another person's is over.
  update pgrant.sessions s
     set ended_at = now()
   where s.tenant_id = p_tenant
     and s.session_hash = p_old_session_hash
     and s.expires_at = pgrant_rules.moment(p_old_session_expires_at)
     and s.ended_at is null
  returning s.* into v_old;
  if v_old.user_id <> p_user_id then
    perform pgrant_rules.session_end(p_tenant, v_old, null);
  elsif v_old.user_id = p_user_id then
    update pgrant.session_clients s
       set expires_at = pgrant_rules.after(v_tenant.session_lifetime)
     where s.tenant_id = p_tenant and s.session_id = v_old.session_id;
  end if;
  insert into pgrant.sessions (tenant_id, session_hash, expires_at, session_id, user_id, auth_time, acr, amr, csrf_hash,
                               idle_expires_at, address, user_agent)
  values (p_tenant, p_session_hash, pgrant_rules.after(v_tenant.session_lifetime),
          case when v_old.user_id = p_user_id then v_old.session_id else gen_random_uuid() end, p_user_id, p_auth_time,
          p_acr, p_amr, p_csrf_hash,
          pgrant_rules.after(least(v_tenant.session_idle_lifetime, v_tenant.session_lifetime)), pgrant_rules.caller_address(),
          pgrant_rules.user_agent_kept(p_user_agent));
  return pgrant_rules.epoch(pgrant_rules.after(v_tenant.session_lifetime));
end
$$;

comment on function pgrant_rules.session_start(uuid, uuid, text, text[], bytea, bytea, text, bytea, bigint, timestamptz) is
  'Starts the session of a person, held (see user_hold), who was authenticated at p_auth_time, in the browser and from the address that ask now, and ends the one that the browser had. Returns its expiry.';
