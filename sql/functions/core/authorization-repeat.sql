-- A button is pressed twice, a page reloaded: what an answered request says to the browser that it has answered.

create function pgrant_rules.authorization_repeat(
  p_tenant uuid, p_request_hash bytea, p_expires_at bigint, p_browser_hash bytea, p_session pgrant.sessions, p_code_hash bytea,
  p_allow boolean
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
  v_request pgrant.authorization_requests;
  v_client pgrant_rules.client_policies;
begin
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant
     and r.request_hash = p_request_hash
     and r.expires_at = pgrant_rules.moment(p_expires_at)
     and r.expires_at > now()
     and r.completed_at is not null
     and r.browser_hash = p_browser_hash;
  v_client := pgrant_rules.client_find(p_tenant, v_request.client_id);
  if v_client.client_id is null or p_session.session_id is null
     or v_request.device_hash is null and not pgrant_rules.redirect_uri_allowed(v_client.redirect_uris, v_request.redirect_uri) then
    return null;
  end if;
  v_out := pgrant_rules.authorization_answer(v_client, v_request);
  if not p_allow then
    if v_request.response_error is distinct from 'access_denied' or v_request.session_id <> p_session.session_id then
      return null;
    end if;
    v_out.response_error := 'access_denied';
    v_out.response_reason := 'the person denied it';
    return v_out;
  end if;
  perform from pgrant.codes c
    where c.tenant_id = p_tenant
      and c.code_hash = coalesce(sha256(v_request.device_hash), p_code_hash)
      and c.expires_at = v_request.code_expires_at
      and c.expires_at > now()
      and c.session_id = p_session.session_id
      -- Not one that the client has used: a second use would take its tokens away (RFC 6749 4.1.2). No page has that of a device.
      and (c.used_at is null or v_request.device_hash is not null);
  if not found then
    return null;
  end if;
  v_out.code_expires_at := pgrant_rules.epoch(v_request.code_expires_at);
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_repeat(uuid, bytea, bigint, bytea, pgrant.sessions, bytea, boolean) is
  'The answer that a request of this browser and session was given, once more: the same code while it is good and unused, the same word of a device, or with p_allow = false the same access_denied. Null for any other, and where the person says something else now. Decides nothing.';

create function pgrant_rules.request_gone(
  p_tenant uuid, p_action text, p_request_hash bytea, p_request_expires_at bigint, p_browser_hash bytea, p_session pgrant.sessions,
  p_code_hash bytea, p_allow boolean, p_client_id text
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.authorization_repeat(
    p_tenant, p_request_hash, p_request_expires_at, p_browser_hash, p_session, p_code_hash, p_allow);
begin
  if v_out.next is null then
    v_out.reason := 'authorization request unknown, answered, expired, or another browser''s; or its client disabled or changed';
    v_out.error := pgrant_rules.audit(p_tenant, p_action, 'expired_request', v_out.reason, p_client_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.request_gone(uuid, text, bytea, bigint, bytea, pgrant.sessions, bytea, boolean, text) is
  'The answer where a request is not there to go on with: once more the one that it was given (authorization_repeat), else expired_request, recorded as p_action.';
