-- prompt=select_account: the person says whether to go on with the account that is signed in.

create function pgrant_api.account_choose(
  p_tenant uuid, p_request_id text, p_address inet,
  p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea,
  p_session_hash bytea, p_session_expires_at bigint, p_code_hash bytea, p_csrf_hash bytea, p_another boolean
) returns pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_out pgrant_api.authorization;
  v_client pgrant_rules.client_policies;
  v_request pgrant.authorization_requests;
  v_session pgrant.sessions;
  v_grants pgrant.grants[];
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_request := pgrant_rules.request_find(p_tenant, p_request_hash, p_request_expires_at, p_browser_hash);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  v_grants := pgrant_rules.grants_lock(p_tenant, array[v_session.user_id], array[v_request.client_id]);
  v_client := pgrant_rules.request_client(p_tenant, v_request);
  if v_client.client_id is null then
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s; or its client disabled or changed';
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.continue', 'expired_request', v_out.reason, v_request.client_id);
    return v_out;
  elsif v_session.session_id is null or v_session.session_id is distinct from v_request.session_id then
    v_out.next := 'continue';
    v_out.request_expires_at := p_request_expires_at;
    return v_out;
  elsif v_session.csrf_hash is distinct from p_csrf_hash then
    v_out.error := 'csrf_mismatch';
    v_out.reason := 'csrf token missing or of another session';
    perform pgrant_rules.audit(p_tenant, 'authorization.continue', v_out.error, v_out.reason, v_client.client_id, v_session.user_id);
    return v_out;
  end if;
  update pgrant.authorization_requests r
     set prompt = case when p_another then r.prompt || array['select_account', 'login'] else array_remove(r.prompt, 'select_account') end,
         -- Whoever has signed in for this request already is to sign in once more.
         created_at = case when p_another then v_at else r.created_at end
   where r.tenant_id = p_tenant and r.request_hash = v_request.request_hash and r.expires_at = v_request.expires_at
  returning r.* into v_request;
  return pgrant_rules.authorization_resume(
    p_tenant, (pgrant_rules.client_target(p_tenant, v_client, v_request.resources, null)).client, v_request, v_session, v_grants[1],
    p_code_hash);
end
$$;

comment on function pgrant_api.account_choose(uuid, text, inet, bytea, bigint, bytea, bytea, bigint, bytea, bytea, boolean) is
  'The person''s choice of an account: the one that is signed in, or, with p_another, one to sign in with. Counts only in the session to which the page was shown; else the browser is sent back to what is next. Errors: expired_request, csrf_mismatch, too_many_attempts, flood.';
