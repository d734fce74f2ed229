-- Who has to do what before a request is answered: sign in, step up, say which account is meant.

create function pgrant_rules.acr_unmet(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language sql stable
as $$
  select p_request.essential_acr <> '{}'
     and not coalesce(pgrant_rules.acr_reached(p_request.tenant_id, p_session.acr) && p_request.essential_acr, false)
$$;

comment on function pgrant_rules.acr_unmet(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the request must have an acr (OpenID Connect Core 5.5.1.1) that the login does not have.';

create function pgrant_rules.step_up_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language plpgsql stable
as $$
declare
  v_essential boolean := pgrant_rules.acr_unmet(p_request, p_session);
  -- Voluntary: worth a sign-in, and no error (OpenID Connect Core 5.5.1.1; RFC 9470 5).
  v_voluntary boolean := p_request.acr_values <> '{}'
                     and not coalesce(pgrant_rules.acr_reached(p_request.tenant_id, p_session.acr) && p_request.acr_values, false)
                     and not 'none' = any (p_request.prompt);
begin
  if p_session.auth_time >= p_request.created_at or not (v_essential or v_voluntary) then
    return false;
  end if;
  return exists (select from pgrant.tenants t
                  where t.tenant_id = p_request.tenant_id
                    and (v_essential and (t.login_url is not null or t.acr_values_supported && p_request.essential_acr)
                         or v_voluntary and t.acr_values_supported && p_request.acr_values));
end
$$;

comment on function pgrant_rules.step_up_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the person is to sign in once more because the login of before has no acr that was asked for, and another can have one. The product says how good its logins are, so it is asked for any that is essential.';

create function pgrant_rules.account_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language sql immutable
as $$ select 'select_account' = any (p_request.prompt) and p_session.auth_time < p_request.created_at $$;

comment on function pgrant_rules.account_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the person is to say which account is meant (prompt=select_account, OpenID Connect Core 3.1.2.1); whoever signs in for the request has said so.';

create function pgrant_rules.sign_in_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language sql stable
as $$
  select p_session.session_id is null
      or coalesce(p_request.prompt && array['login', 'create'] and p_session.auth_time < p_request.created_at, false)
      or coalesce(p_session.auth_time < p_request.created_at - make_interval(secs => p_request.max_age), false)
      or coalesce(p_session.user_id::text <> p_request.hint_sub, false)
$$;

comment on function pgrant_rules.sign_in_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the session is not the one that is asked for, however good its sign-in was: nobody is signed in, prompt asks for it, max_age has passed, or id_token_hint names another. A login after the request was made satisfies prompt and max_age (OpenID Connect Core 3.1.2.1).';

create function pgrant_rules.login_due(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns boolean
language plpgsql stable
as $$
begin
  if pgrant_rules.sign_in_due(p_request, p_session) or pgrant_rules.step_up_due(p_request, p_session) then
    return true;
  elsif not pgrant_rules.account_due(p_request, p_session) then
    return false;
  end if;
  -- The product knows the accounts that somebody has there.
  return exists (select from pgrant.tenants t where t.tenant_id = p_request.tenant_id and t.login_url is not null);
end
$$;

comment on function pgrant_rules.login_due(pgrant.authorization_requests, pgrant.sessions) is
  'Whether the person must sign in first: sign_in_due, another login can have an acr that was asked for, or the product asks which account is meant.';

create function pgrant_rules.draft_answer(p_out pgrant_api.authorization) returns pgrant_api.authorization
language plpgsql immutable
as $$
begin
  p_out.next := 'respond';
  p_out.response_error := 'access_denied';
  p_out.response_reason := 'the client is a draft, which works for its developer alone';
  p_out.response_detail := 'the application is a draft';
  return p_out;
end
$$;

comment on function pgrant_rules.draft_answer(pgrant_api.authorization) is
  'The answer for whoever is not the developer of a draft (RFC 6749 4.1.2.1).';
