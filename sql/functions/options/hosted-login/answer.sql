-- Private rules of the product's own login: what an answer may say, and what it does.

create function pgrant_rules.login_refusal(
  p_tenant uuid, p_request pgrant.authorization_requests, p_subject text, p_username text, p_claims jsonb, p_roles text[],
  p_acr text, p_auth_time timestamptz,
  out error pgrant_api.error, out detail text
)
language plpgsql
as $$
declare
  v_user pgrant.users;
  v_session pgrant.sessions;
begin
  select u.* into v_user from pgrant.users u where u.tenant_id = p_tenant and u.external_subject = p_subject;
  v_session.session_id := gen_random_uuid();
  v_session.user_id := coalesce(v_user.user_id, gen_random_uuid());
  v_session.auth_time := p_auth_time;
  v_session.acr := p_acr;
  error := 'invalid_request';
  detail := case
    when length(p_subject) not between 1 and 255 or p_subject is null then 'subject must have 1 to 255 characters'
    when not pgrant.name_sound(p_username)
    then 'username must have 1 to 255 characters, all of which people can see, in normal form C, with single spaces'
    when p_username in ('.', '..') then 'username must be neither . nor .., which no URL can name (RFC 3986 5.2.4)'
    when jsonb_typeof(p_claims) <> 'object' then 'claims must be a JSON object'
    when pgrant.claims_fault(p_claims) is not null then pgrant.claims_fault(p_claims) || ' (OpenID Connect Core 5.1)'
    when length(p_acr) > 255 then 'acr must have at most 255 characters'
    when p_auth_time is null then 'auth_time is missing'
    when p_auth_time > now() + interval '1 minute' then 'auth_time is in the future'
    when exists (select from pgrant.users u
                  where u.tenant_id = p_tenant and u.username_key = lower(p_username) and u.user_id <> v_session.user_id)
    then 'the username belongs to another person; pgrant_ops.user_subject says that both are one' end;
  if detail is null then
    select 'there is no role ' || string_agg(r.role, ', ' order by r.role) into detail
      from unnest(p_roles) r (role)
     where not exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = r.role and s.requires_role);
  end if;
  if detail is not null then
    return;
  elsif v_user.disabled_at is not null then
    error := 'access_denied';
    detail := 'the person is disabled';
  elsif pgrant_rules.login_due(p_request, v_session) then
    -- Accepted, it would send the browser straight back to the product, round and round.
    error := 'login_required';
    detail := case when p_request.hint_sub <> v_session.user_id::text then 'the request is for another person'
                   when pgrant_rules.acr_unmet(p_request, v_session)
                   then 'acr must be one of ' || array_to_string(p_request.essential_acr, ', ')
                   when pgrant_rules.step_up_due(p_request, v_session)
                   then 'acr must be one of ' || array_to_string(p_request.acr_values, ', ') || ', or the sign-in a new one'
                   else 'auth_time is older than the request allows' end;
  else
    error := null;
  end if;
end
$$;

comment on function pgrant_rules.login_refusal(uuid, pgrant.authorization_requests, text, text, jsonb, text[], text, timestamptz) is
  'Why the product''s answer is not accepted, or nulls. What it says may be corrected: the challenge stays open.';

create function pgrant_rules.user_upsert(p_tenant uuid, p_subject text, p_username text, p_claims jsonb, p_roles text[])
returns uuid
language plpgsql
as $$
declare
  v_at constant timestamptz := now();
  v_user_id uuid;
  v_name text := coalesce(p_username, p_subject);
  v_held text[];
begin
  -- A subject is the product's own; people are not shown what they cannot read.
  if not pgrant.name_sound(v_name) or v_name in ('.', '..') then
    v_name := 'user-' || gen_random_uuid();
  end if;
  update pgrant.users u
     set username = coalesce(p_username, u.username),
         claims = coalesce(p_claims, u.claims),
         updated_at = case when coalesce(p_claims, u.claims) <> u.claims then v_at else u.updated_at end
   where u.tenant_id = p_tenant and u.external_subject = p_subject
  returning u.user_id into v_user_id;
  if not found then
    -- Somebody who has the subject as a username is somebody else until an operator says otherwise.
    if exists (select from pgrant.users u where u.tenant_id = p_tenant and u.username_key = lower(v_name)) then
      v_name := left(v_name, 240) || '-' || substr(gen_random_uuid()::text, 1, 8);
      if not pgrant.name_sound(v_name) then
        v_name := 'user-' || gen_random_uuid();
      end if;
    end if;
    insert into pgrant.users (tenant_id, username, external_subject, claims)
    values (p_tenant, v_name, p_subject, coalesce(p_claims, '{}'))
    returning user_id into v_user_id;
    perform pgrant_rules.audit(p_tenant, 'user.add', null, null, null, v_user_id,
                               p_detail => jsonb_build_object('source', 'login'));
  end if;
  perform pgrant_rules.user_remember(p_tenant, v_user_id, 'login.accept');
  if p_roles is not null then
    v_held := pgrant_rules.roles_held(p_tenant, v_user_id);
    delete from pgrant.user_roles r
     where r.tenant_id = p_tenant and r.user_id = v_user_id and r.source = 'login' and not r.scope = any (p_roles);
    insert into pgrant.user_roles (tenant_id, user_id, scope, source)
    select p_tenant, v_user_id, r.role, 'login' from unnest(p_roles) r (role) on conflict do nothing;
    perform pgrant_rules.user_roles_remember(p_tenant, v_user_id, 'login.accept');
    perform pgrant_rules.roles_lost(p_tenant, v_user_id, v_held);
  end if;
  return v_user_id;
end
$$;

comment on function pgrant_rules.user_upsert(uuid, text, text, jsonb, text[]) is
  'The person whom the product calls p_subject, made or brought up to date. Nulls change nothing; roles replace those of the last login, and never an operator''s.';

create function pgrant_rules.challenge_accept(
  p_tenant uuid, p_challenge_hash bytea, p_verifier_hash bytea, p_subject text, p_username text, p_claims jsonb,
  p_roles text[], p_acr text, p_amr text[], p_auth_time timestamptz
) returns pgrant_api.login_answer
language plpgsql
as $$
declare
  v_out pgrant_api.login_answer;
  v_challenge pgrant.login_challenges;
  v_request pgrant.authorization_requests;
  v_refusal record;
begin
  v_challenge := pgrant_rules.challenge_find(p_tenant, p_challenge_hash);
  if v_challenge.challenge_hash is null then
    return pgrant_rules.challenge_refuse(p_tenant, 'login.accept');
  end if;
  v_request := pgrant_rules.challenge_request(p_tenant, v_challenge);
  -- Two logins at once of somebody new make one person.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant || ' subject ' || coalesce(p_subject, ''), 0));
  v_refusal := pgrant_rules.login_refusal(p_tenant, v_request, p_subject, p_username, p_claims, p_roles, p_acr, p_auth_time);
  if v_refusal.error is not null then
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.detail;
    v_out.detail := v_refusal.detail;
    perform pgrant_rules.audit(p_tenant, 'login.accept', v_out.error, v_out.reason, v_request.client_id,
                               p_detail => jsonb_build_object('subject', p_subject));
    return v_out;
  end if;
  v_out.user_id := pgrant_rules.user_upsert(p_tenant, p_subject, p_username, p_claims, p_roles);
  update pgrant.login_challenges c
     set answered_at = now(), verifier_hash = p_verifier_hash, user_id = v_out.user_id,
         auth_time = least(p_auth_time, now()), acr = p_acr, amr = coalesce(p_amr, '{}')
   where c.tenant_id = p_tenant
     and c.challenge_hash = v_challenge.challenge_hash
     and c.expires_at = v_challenge.expires_at;
  perform pgrant_rules.audit(p_tenant, 'login.accept', null, null, v_request.client_id, v_out.user_id,
                             p_detail => jsonb_build_object('subject', p_subject, 'roles', to_jsonb(p_roles)));
  select t.issuer || '/oauth/login/continue' into v_out.redirect_to from pgrant.tenants t where t.tenant_id = p_tenant;
  return v_out;
end
$$;

comment on function pgrant_rules.challenge_accept(uuid, bytea, bytea, text, text, jsonb, text[], text, text[], timestamptz) is
  'Takes the product''s word for who has signed in, once. Errors: expired_request, invalid_request, access_denied, login_required, too_many_attempts, flood.';

create or replace function pgrant_rules.logins_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$
begin
  update pgrant.login_challenges c
     set user_id = null, auth_time = null, acr = null, amr = null, reject_reason = 'signed out since'
   where c.tenant_id = p_tenant and c.user_id = p_user_id and c.used_at is null and c.expires_at > now();
end
$$;

comment on function pgrant_rules.logins_forget(uuid, uuid) is
  'What the product has said of a person, and no browser has come back with, is good for no session any more: it may be the word of before they were disabled, or signed out.';

create function pgrant_rules.challenge_reject(p_tenant uuid, p_challenge_hash bytea, p_verifier_hash bytea, p_reason text)
returns pgrant_api.login_answer
language plpgsql
as $$
declare
  v_out pgrant_api.login_answer;
  v_challenge pgrant.login_challenges;
begin
  v_challenge := pgrant_rules.challenge_find(p_tenant, p_challenge_hash);
  if v_challenge.challenge_hash is null then
    return pgrant_rules.challenge_refuse(p_tenant, 'login.reject');
  end if;
  update pgrant.login_challenges c
     set answered_at = now(), verifier_hash = p_verifier_hash, reject_reason = left(p_reason, 500)
   where c.tenant_id = p_tenant
     and c.challenge_hash = v_challenge.challenge_hash
     and c.expires_at = v_challenge.expires_at;
  perform pgrant_rules.audit(p_tenant, 'login.reject', null, left(p_reason, 500),
                             (pgrant_rules.challenge_request(p_tenant, v_challenge)).client_id);
  select t.issuer || '/oauth/login/continue' into v_out.redirect_to from pgrant.tenants t where t.tenant_id = p_tenant;
  return v_out;
end
$$;

comment on function pgrant_rules.challenge_reject(uuid, bytea, bytea, text) is
  'Takes the product''s word that nobody signs in, once; the client is told access_denied. Errors: expired_request, too_many_attempts, flood.';
