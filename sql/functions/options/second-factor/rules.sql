-- Who has to show a second factor, and when: the rule of the tenant, and what the person and the request add to it.

create function pgrant_rules.second_factor_rule(p_tenant uuid) returns text
language plpgsql stable
as $$
begin
  return (select pgrant_rules.second_factor_policy(t.second_factor, t.login_url) from pgrant.tenants t where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_rules.second_factor_rule(uuid) is
  'second_factor of the tenant; off where people sign in on the product''s own page, which may ask for more than a password itself.';

create function pgrant_rules.second_factor_held(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from pgrant.totp_authenticators a where a.tenant_id = p_tenant and a.user_id = p_user_id)
      or exists (select from pgrant.passkeys k where k.tenant_id = p_tenant and k.user_id = p_user_id);
end
$$;

comment on function pgrant_rules.second_factor_held(uuid, uuid) is 'Whether a person has set up a second factor.';

create function pgrant_rules.second_factor_needed(p_request pgrant.authorization_requests, p_user_id uuid, p_amr text[])
returns boolean
language plpgsql stable
as $$
declare
  v_rule text := pgrant_rules.second_factor_rule(p_request.tenant_id);
  v_asked text[] := case when p_request.essential_acr <> '{}' then p_request.essential_acr else p_request.acr_values end;
begin
  if v_rule = 'off' or 'mfa' = any (p_amr) then
    return false;
  end if;
  return v_rule = 'required'
      or pgrant_rules.second_factor_held(p_request.tenant_id, p_user_id)
      -- Whoever would do with one factor says so.
      or '2' = any (v_asked) and not '1' = any (v_asked)
      or v_rule = 'sensitive' and exists (select from pgrant.scopes s
                                           where s.tenant_id = p_request.tenant_id and s.scope = any (p_request.scopes) and s.sensitive);
end
$$;

comment on function pgrant_rules.second_factor_needed(pgrant.authorization_requests, uuid, text[]) is
  'Whether a person who has signed in by p_amr shows a second factor before the request goes on.';

create or replace function pgrant_rules.second_factor_step(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns pgrant_rules.factor_step
language plpgsql stable
as $$
declare
  v_out pgrant_rules.factor_step;
begin
  if pgrant_rules.second_factor_rule(p_request.tenant_id) = 'off' then
    return null;
  end if;
  select f.user_id into v_out.user_id
    from pgrant.first_factors f
    join pgrant.users u on u.tenant_id = f.tenant_id and u.user_id = f.user_id and u.disabled_at is null
   where f.tenant_id = p_request.tenant_id and f.request_hash = p_request.request_hash and f.expires_at = p_request.expires_at;
  if found then
    v_out.next := 'second_factor';
  elsif not pgrant_rules.sign_in_due(p_request, p_session)
        and pgrant_rules.second_factor_needed(p_request, p_session.user_id, p_session.amr) then
    -- A browser that was left alone gets nobody a factor of their own.
    v_out.next := case when pgrant_rules.second_factor_held(p_request.tenant_id, p_session.user_id)
                         or p_session.auth_time >= p_request.created_at then 'second_factor' else 'login' end;
    v_out.user_id := p_session.user_id;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.second_factor_step(pgrant.authorization_requests, pgrant.sessions) is
  'What a second factor asks for before the request goes on: see factor_step. A factor is set up after a sign-in for this request only.';

create function pgrant_rules.factor_hold(
  p_tenant uuid, p_request pgrant.authorization_requests, p_session_hash bytea, p_session_expires_at bigint
) returns pgrant.sessions
language plpgsql
as $$
declare
  v_session pgrant.sessions := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
begin
  perform pgrant_rules.user_hold(p_tenant, (pgrant_rules.second_factor_step(p_request, v_session)).user_id);
  return v_session;
end
$$;

comment on function pgrant_rules.factor_hold(uuid, pgrant.authorization_requests, bytea, bigint) is
  'session_hold, with whoever has shown a first factor for the request held as well.';

create or replace function pgrant_rules.second_factor_page(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  if pgrant_rules.second_factor_rule(p_tenant) = 'off' then
    return null;
  end if;
  return jsonb_build_object(
    'user_id', p_user_id,
    'required', pgrant_rules.second_factor_rule(p_tenant) = 'required',
    'totp', (select jsonb_build_object('created_at', pgrant_rules.iso8601(a.created_at),
                                       'last_used_at', pgrant_rules.iso8601(a.last_used_at))
               from pgrant.totp_authenticators a where a.tenant_id = p_tenant and a.user_id = p_user_id),
    'passkeys', (select coalesce(jsonb_agg(jsonb_build_object(
                          'id', encode(k.credential_id, 'hex'), 'name', k.name, 'backed_up', k.backed_up,
                          'created_at', pgrant_rules.iso8601(k.created_at),
                          'last_used_at', pgrant_rules.iso8601(k.last_used_at)) order by k.created_at), '[]')
                   from pgrant.passkeys k where k.tenant_id = p_tenant and k.user_id = p_user_id),
    'recovery_codes', (select count(*) from pgrant.recovery_codes c
                        where c.tenant_id = p_tenant and c.user_id = p_user_id and c.used_at is null));
end
$$;

comment on function pgrant_rules.second_factor_page(uuid, uuid) is
  'What a person is shown of their second factors: {user_id, required (whether everybody has one), totp: {created_at, last_used_at} or null, passkeys: [{id (hex), name, backed_up, created_at, last_used_at}], recovery_codes (how many are left)}; times ISO 8601 in UTC. Null where nobody shows one here.';

create or replace function pgrant_rules.second_factor_wait(
  p_tenant uuid, p_request_hash bytea, p_request_expires_at bigint, p_user_id uuid, p_amr text[]
) returns boolean
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
begin
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant and r.request_hash = p_request_hash and r.expires_at = pgrant_rules.moment(p_request_expires_at);
  if not pgrant_rules.second_factor_needed(v_request, p_user_id, p_amr) then
    delete from pgrant.first_factors f
     where f.tenant_id = p_tenant and f.request_hash = p_request_hash and f.expires_at = v_request.expires_at;
    return false;
  end if;
  insert into pgrant.first_factors as f (tenant_id, request_hash, expires_at, user_id, amr)
  values (p_tenant, p_request_hash, v_request.expires_at, p_user_id, p_amr)
      on conflict (tenant_id, request_hash, expires_at)
      do update set user_id = excluded.user_id, amr = excluded.amr, auth_time = excluded.auth_time;
  perform pgrant_rules.audit(p_tenant, 'login.first_factor', null, null, v_request.client_id, p_user_id,
                             p_detail => jsonb_build_object('amr', to_jsonb(p_amr)));
  return true;
end
$$;

comment on function pgrant_rules.second_factor_wait(uuid, bytea, bigint, uuid, text[]) is
  'Whether a person who has shown the first factor for a request is asked for the second one before they are signed in. Remembers them with the request.';

create or replace function pgrant_rules.second_factor_owed(p_session pgrant.sessions) returns boolean
language plpgsql stable
as $$
begin
  return pgrant_rules.second_factor_rule(p_session.tenant_id) <> 'off'
     and not 'mfa' = any (p_session.amr)
     and pgrant_rules.second_factor_held(p_session.tenant_id, p_session.user_id);
end
$$;

comment on function pgrant_rules.second_factor_owed(pgrant.sessions) is
  'Whether the person has a second factor and has not shown it in this session: then nothing is changed for good.';

create or replace function pgrant_rules.second_factor_missing(p_session pgrant.sessions) returns boolean
language plpgsql stable
as $$
begin
  return pgrant_rules.second_factor_owed(p_session)
      or pgrant_rules.second_factor_rule(p_session.tenant_id) = 'required' and not 'mfa' = any (p_session.amr);
end
$$;

comment on function pgrant_rules.second_factor_missing(pgrant.sessions) is
  'Whether the session has shown one factor where the person has a second one, or everybody has to have one: then nothing is administered.';

create or replace function pgrant_rules.first_factors_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$
begin
  delete from pgrant.first_factors f where f.tenant_id = p_tenant and f.user_id = p_user_id;
end
$$;

comment on function pgrant_rules.first_factors_forget(uuid, uuid) is
  'Sends those who have shown the first factor as this person back to the beginning: the password may be another one now.';

create or replace function pgrant_rules.acr_reached(p_tenant uuid, p_acr text) returns text[]
language plpgsql stable
as $$
begin
  return case when p_acr = '2' and pgrant_rules.second_factor_rule(p_tenant) <> 'off' then array['2', '1'] else array[p_acr] end;
end
$$;

comment on function pgrant_rules.acr_reached(uuid, text) is
  'The acr that a sign-in is good for: with two factors (2) it is as good as with a password (1).';

create or replace function pgrant_rules.acr_offered(p_tenant uuid) returns text[]
language plpgsql stable
as $$ begin return case when pgrant_rules.second_factor_rule(p_tenant) = 'off' then '{}' else array['2'] end; end $$;

comment on function pgrant_rules.acr_offered(uuid) is
  'The acr that sign-ins can have beside acr_values_supported: 2 = two factors, where people show a second one.';
