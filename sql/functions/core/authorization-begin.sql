-- The authorization endpoint: a set of requests is read, checked, started and stored.

create function pgrant_rules.authorizations_read(
  p_tenant uuid, p_client_id text[], p_redirect_uri text[], p_parameters jsonb[]
) returns pgrant_rules.authorization_decided[]
language plpgsql
as $$
declare
  v_clients constant pgrant_rules.client_policies[] := pgrant_rules.clients_find(p_tenant, p_client_id);
  v_client pgrant_rules.client_policies;
  v_one pgrant_rules.authorization_decided;
  v_out pgrant_rules.authorization_decided[];
begin
  for i in 1 .. cardinality(p_client_id) loop
    v_client := v_clients[i];
    v_one := null;
    if v_client.client_id is not null then
      v_one.client := v_client;
      v_one.request := pgrant_rules.request_record(p_tenant, v_client, p_redirect_uri[i], p_parameters[i]);
    end if;
    v_out[i] := v_one;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.authorizations_read(uuid, text[], text[], jsonb[]) is
  'The client of each request, where there is one, and what it asks for (see request_record).';

create function pgrant_rules.authorization_scopes(
  p_tenant uuid, p_decided pgrant_rules.authorization_decided[], p_sessions pgrant.sessions[]
) returns pgrant_rules.known_scopes
language plpgsql
as $$
declare
  v_scopes text[] := array[]::text[];
begin
  for i in 1 .. cardinality(p_decided) loop
    v_scopes := v_scopes || ((p_decided[i]).request).scopes;
  end loop;
  return pgrant_rules.scopes_find(p_tenant, v_scopes, array(select s.user_id from unnest(p_sessions) s));
end
$$;

comment on function pgrant_rules.authorization_scopes(uuid, pgrant_rules.authorization_decided[], pgrant.sessions[]) is
  'What is known of the scopes that a set of requests asks for, and of who is signed in (see scopes_find).';

create function pgrant_rules.authorization_check(
  p_tenant uuid, p_address inet, p_one pgrant_rules.authorization_decided, p_user_id uuid, p_known pgrant_rules.known_scopes,
  p_client_id text, p_redirect_uri text, p_parameters jsonb, p_request_object jsonb, p_error pgrant_api.error, p_error_reason text
) returns pgrant_rules.authorization_decided
language plpgsql
as $$
declare
  v_client pgrant_rules.client_policies := p_one.client;
  v_request pgrant.authorization_requests := p_one.request;
  v_answer pgrant_api.authorization;
  v_checked pgrant_rules.targeted_client;
  v_out pgrant_rules.authorization_decided;
begin
  if v_client.client_id is null or v_client.document_expires_at is not null then
    v_answer := pgrant_rules.client_unknown(p_tenant, p_client_id, v_client.document_expires_at, p_address);
    v_out.answer := v_answer;
    if v_answer.next = 'document' or v_answer.error is not null then
      return v_out;
    end if;
  end if;
  v_answer := pgrant_rules.authorization_redirect(p_tenant, v_client, p_redirect_uri, p_parameters -> 'scopes' ? 'openid');
  v_out.answer := v_answer;
  if v_answer.error is not null then
    return v_out;
  end if;
  v_request.redirect_uri := v_answer.redirect_uri;
  v_checked := pgrant_rules.request_check(p_tenant, v_client, v_request, p_known, p_request_object,
                                          p_parameters -> 'authorization_details', p_error, p_error_reason);
  if not pgrant_rules.client_asks(v_client) then
    v_checked.error := 'unauthorized_client';
    v_checked.reason := v_client.profile_fault;
    v_checked.detail := v_client.profile_fault;
  elsif v_client.require_pushed_authorization_requests then
    v_checked.error := 'invalid_request';
    v_checked.reason := 'the client has to push its requests, and did not';
    v_checked.detail := 'the client has to push its requests (RFC 9126)';
  end if;
  if v_checked.error is not null then
    -- The client is told by redirect (RFC 6749 4.1.2.1), where the person may be sent there unasked.
    v_answer := pgrant_rules.authorization_answer(v_client, v_request);
    v_answer.response_error := v_checked.error;
    v_answer.response_reason := v_checked.reason;
    v_answer.response_detail := v_checked.detail;
    v_out.answer := pgrant_rules.authorization_refused(p_tenant, v_client, p_user_id, v_request.ui_locales, v_answer);
    return v_out;
  end if;
  v_request.resources := v_checked.resources;
  v_out := null;
  v_out.client := v_checked.client;
  v_out.request := v_request;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_check(uuid, inet, pgrant_rules.authorization_decided, uuid, pgrant_rules.known_scopes, text, text, jsonb, jsonb, pgrant_api.error, text) is
  'Whether one request of authorization_begin is good: answered where not. p_one is of authorizations_read, p_user_id whoever is signed in.';

create function pgrant_rules.authorizations_start(
  p_tenant uuid, p_request_id text[], p_address inet[], p_decided pgrant_rules.authorization_decided[], p_session pgrant.sessions[],
  p_grant pgrant.grants[], p_known pgrant_rules.known_scopes, p_request_hash bytea[], p_browser_hash bytea[], p_code_hash bytea[]
) returns pgrant_rules.authorization_decided[]
language plpgsql
as $$
declare
  v_begun inet[];
  v_beyond_rate boolean[];
  v_one pgrant_rules.authorization_decided;
begin
  for i in 1 .. cardinality(p_address) loop
    v_begun[i] := case when ((p_decided[i]).client).client_id is not null then p_address[i] end;
  end loop;
  v_beyond_rate := pgrant_rules.authorization_rates_reached(
    p_tenant, v_begun, array_fill('authorization'::text, array[cardinality(v_begun)]));
  for i in 1 .. cardinality(p_address) loop
    v_one := p_decided[i];
    if (v_one.client).client_id is not null then
      p_request_id[i] := pgrant_rules.attribute(p_request_id[i], p_address[i]);
      p_decided[i] := pgrant_rules.authorization_start(
        p_tenant, v_one.client, v_one.request, p_session[i], p_grant[i], p_known, v_beyond_rate[i],
        p_request_hash[i], p_browser_hash[i], p_code_hash[i]);
    end if;
  end loop;
  return p_decided;
end
$$;

comment on function pgrant_rules.authorizations_start(uuid, text[], inet[], pgrant_rules.authorization_decided[], pgrant.sessions[], pgrant.grants[], pgrant_rules.known_scopes, bytea[], bytea[], bytea[]) is
  'What comes next for those requests that are good (see authorization_start), each counted as a sign-in that is begun.';

create function pgrant_api.authorization_begin(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_request_hash bytea[], p_browser_hash bytea[], p_session_hash bytea[], p_session_expires_at bigint[], p_code_hash bytea[],
  p_client_id text[], p_redirect_uri text[], p_parameters jsonb[], p_request_object jsonb[], p_error pgrant_api.error[],
  p_error_reason text[]
) returns setof pgrant_api.authorization
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_sessions pgrant.sessions[];
  v_grants pgrant.grants[];
  v_known pgrant_rules.known_scopes;
  v_decided pgrant_rules.authorization_decided[];
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  -- What requests will count by and use is locked in one order by all, be they one or several.
  perform pgrant_rules.counters_lock(p_tenant, pgrant_rules.authorization_keys(p_tenant, p_address));
  v_sessions := pgrant_rules.sessions_use(p_tenant, p_session_hash, p_session_expires_at);
  v_grants := pgrant_rules.grants_lock(p_tenant, array(select s.user_id from unnest(v_sessions) s), p_client_id);
  if cardinality(p_client_id) > 1 then
    perform pgrant_rules.counters_lock(p_tenant, pgrant_rules.refusal_keys(p_tenant, p_address));
  end if;
  v_decided := pgrant_rules.authorizations_read(p_tenant, p_client_id, p_redirect_uri, p_parameters);
  v_known := pgrant_rules.authorization_scopes(p_tenant, v_decided, v_sessions);
  for i in 1 .. cardinality(p_client_id) loop
    p_request_id[i] := pgrant_rules.attribute(p_request_id[i], p_address[i]);
    v_decided[i] := pgrant_rules.authorization_check(
      p_tenant, p_address[i], v_decided[i], (v_sessions[i]).user_id, v_known, p_client_id[i], p_redirect_uri[i], p_parameters[i],
      p_request_object[i], p_error[i], p_error_reason[i]);
  end loop;
  v_decided := pgrant_rules.authorizations_start(p_tenant, p_request_id, p_address, v_decided, v_sessions, v_grants, v_known,
                                                 p_request_hash, p_browser_hash, p_code_hash);
  perform pgrant_rules.authorizations_store(p_tenant, v_decided);
  for i in 1 .. cardinality(v_decided) loop
    return next (v_decided[i]).answer;
  end loop;
end
$$;

comment on function pgrant_api.authorization_begin(uuid, text[], inet[], bytea[], bytea[], bytea[], bigint[], bytea[], text[], text[], jsonb[], jsonb[], pgrant_api.error[], text[]) is
  'Takes authorization requests (RFC 6749 4.1.1), a set of them at once: proves client and redirect URI, then reports p_error or its own refusal to the client (or, where untrusted, to the person), else says what comes next and stores the request unless it is answered. p_parameters is authorization_parameters. Without p_browser_hash the request is only stored. No scopes = all that the client may have, or has registered for itself, without openid and offline_access. With next = document nothing was done: the document at p_client_id is to be fetched and stored (client_document_store), and the call repeated. Errors: unknown_client, invalid_redirect_uri, too_many_attempts, flood, temporarily_unavailable (documents only).';
