-- Upstream login: which user the account is, and the session.

create function pgrant_rules.upstream_link_refusal(
  p_tenant uuid, p_upstream text, p_subject text, p_user_id uuid
) returns text
language plpgsql
as $$
begin
  if exists (select from pgrant.upstream_accounts a
              where a.tenant_id = p_tenant and a.upstream = p_upstream and a.subject = p_subject
                and a.user_id <> p_user_id) then
    return 'the account belongs to another person';
  elsif exists (select from pgrant.upstream_accounts a
                 where a.tenant_id = p_tenant and a.upstream = p_upstream and a.user_id = p_user_id
                   and a.subject <> p_subject) then
    return 'the person has another account of this upstream';
  end if;
  return null;
end
$$;

comment on function pgrant_rules.upstream_link_refusal(uuid, text, text, uuid) is
  'Why an account of an upstream cannot be linked to a person, or null.';

create function pgrant_rules.upstream_account_find(
  p_tenant uuid, p_upstream pgrant.upstreams, p_login pgrant.upstream_logins, p_session pgrant.sessions,
  p_subject text, p_username text, p_present boolean,
  out error pgrant_api.error, out reason text, out user_id uuid
)
language plpgsql
as $$
declare
  v_made boolean := p_login.session_id is null;
begin
  if v_made then
    select a.user_id into user_id
      from pgrant.upstream_accounts a
     where a.tenant_id = p_tenant and a.upstream = p_upstream.name and a.subject = p_subject
       for update;
    if found then
      return;
    elsif not p_upstream.just_in_time or not p_present then
      error := 'unknown_account';
      reason := case when p_present then 'the account is linked to nobody' else 'not a member, and linked to nobody' end;
      return;
    end if;
    user_id := pgrant_rules.upstream_user_add(p_tenant, p_upstream.name, p_subject, p_username);
    if user_id is null then
      error := 'unknown_account';
      reason := 'no username is free for a new user';
      return;
    end if;
  elsif p_session.session_id is distinct from p_login.session_id then
    error := 'login_required';
    reason := 'the session that began the link is over';
    return;
  else
    user_id := p_session.user_id;
    reason := pgrant_rules.upstream_link_refusal(p_tenant, p_upstream.name, p_subject, user_id);
    if reason is not null then
      error := 'access_denied';
      return;
    end if;
  end if;
  insert into pgrant.upstream_accounts (tenant_id, upstream, subject, user_id, made_user)
  values (p_tenant, p_upstream.name, p_subject, user_id, v_made)
      on conflict do nothing;
  perform pgrant_rules.audit(p_tenant, case when v_made then 'user.add' else 'upstream.link' end, null, null, null, user_id,
                             p_detail => jsonb_build_object('upstream', p_upstream.name, 'subject', p_subject));
end
$$;

comment on function pgrant_rules.upstream_account_find(uuid, pgrant.upstreams, pgrant.upstream_logins, pgrant.sessions, text, text, boolean) is
  'The user of an upstream account: known already; the person who links it; or a new one where the upstream makes users. No address or name is ever compared.';

create function pgrant_api.upstream_finish(
  p_tenant uuid, p_request_id text, p_address inet, p_browser_hash bytea, p_state_hash bytea, p_state_expires_at bigint,
  p_subject text, p_username text, p_profile jsonb, p_claims jsonb, p_roles text[], p_amr text[], p_present boolean,
  p_sealed_tokens bytea, p_checkable boolean,
  p_session_hash bytea, p_csrf_hash bytea, p_user_agent text, p_old_session_hash bytea, p_old_session_expires_at bigint
) returns pgrant_api.session
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.session;
  v_login pgrant.upstream_logins;
  v_upstream pgrant.upstreams;
  v_user pgrant.users;
  v_user_id uuid;
  v_detail jsonb;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_upstream := pgrant_rules.upstream_hold(p_tenant, (
    select l.upstream from pgrant.upstream_logins l
     where l.tenant_id = p_tenant and l.state_hash = p_state_hash and l.expires_at = pgrant_rules.moment(p_state_expires_at)));
  update pgrant.upstream_logins l
     set finished_at = now()
   where l.tenant_id = p_tenant
     and l.state_hash = p_state_hash
     and l.expires_at = pgrant_rules.moment(p_state_expires_at)
     and l.expires_at > now()
     and l.browser_hash = p_browser_hash
     and l.used_at is not null
     and l.finished_at is null
  returning l.* into v_login;
  v_detail := jsonb_build_object('upstream', v_login.upstream, 'subject', p_subject);
  if v_login.state_hash is null or v_upstream.name is null then
    v_out.error := 'expired_request';
    v_out.reason := 'state unknown, finished, expired, or another browser''s; or its upstream disabled';
  elsif v_login.session_id is null and pgrant_rules.request_find(
          p_tenant, v_login.request_hash, pgrant_rules.epoch(v_login.request_expires_at), p_browser_hash) is null then
    v_out.error := 'expired_request';
    v_out.reason := 'authorization request answered or expired meanwhile';
  else
    perform pgrant_rules.upstream_account_hold(p_tenant, v_upstream.name, p_subject);
    select f.error, f.reason, f.user_id
      into v_out.error, v_out.reason, v_user_id
      from pgrant_rules.upstream_account_find(
             p_tenant, v_upstream, v_login,
             -- Held: a person may link two accounts at once, of which one is to be refused.
             case when v_login.session_id is not null
                  then pgrant_rules.session_hold(p_tenant, p_old_session_hash, p_old_session_expires_at) end,
             p_subject, p_username, p_present) f;
  end if;

  if v_out.error is null then
    perform pgrant_rules.upstream_record(p_tenant, v_upstream, p_subject, p_present, p_profile, p_claims, p_roles,
                                         p_sealed_tokens, p_checkable);
    perform pgrant_rules.user_hold(p_tenant, v_user_id);
    select u.* into v_user from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_user_id;
    v_out.username := v_user.username;
    if v_user.user_id is null then
      v_out.error := 'access_denied';
      v_out.reason := 'the person was removed meanwhile';
    elsif v_user.disabled_at is not null then
      v_out.error := 'access_denied';
      v_out.reason := 'user disabled';
    elsif v_login.session_id is null and pgrant_rules.second_factor_wait(
            p_tenant, v_login.request_hash, pgrant_rules.epoch(v_login.request_expires_at), v_user.user_id, p_amr) then
      return v_out;
    elsif v_login.session_id is null then
      -- How good the upstream's way to sign in is, it alone knows: acr stays empty.
      v_out.session_expires_at := pgrant_rules.session_start(
        p_tenant, v_user.user_id, null, p_amr, p_session_hash, p_csrf_hash, p_user_agent, p_old_session_hash, p_old_session_expires_at);
    end if;
  end if;
  if v_out.error is not null or v_login.session_id is null then
    perform pgrant_rules.audit(p_tenant, 'session.login', v_out.error, v_out.reason, null, v_user_id, p_detail => v_detail);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.upstream_finish(uuid, text, inet, bytea, bytea, bigint, text, text, jsonb, jsonb, text[], text[], boolean, bytea, boolean, bytea, bytea, text, bytea, bigint) is
  'Signs in the person whom an upstream has named, or links the account to the person who is signed in (session_expires_at is null then, and where a second factor is asked for first), and takes over what the upstream says of them. p_present false = the person is not, or no longer, a member there. Errors: expired_request, unknown_account, access_denied, login_required.';
