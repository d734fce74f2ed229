-- Private rules of the authorization endpoint: where a request is answered, and refusals that go there.

create function pgrant_rules.redirect_uri_choose(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_redirect_uri text, p_required boolean
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
begin
  v_out.redirect_uri := coalesce(p_redirect_uri, case when cardinality(p_client.redirect_uris) = 1
                                                       and not p_required then p_client.redirect_uris[1] end);
  if v_out.redirect_uri is null or not pgrant_rules.redirect_uri_allowed(p_client.redirect_uris, v_out.redirect_uri) then
    v_out.error := 'invalid_redirect_uri';
    v_out.reason := 'redirect_uri missing or not registered';
    v_out.redirect_uri := null;
    v_out.response_detail := pgrant_rules.redirect_uri_refused(p_tenant, p_client.client_id, p_redirect_uri);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.redirect_uri_choose(uuid, pgrant_rules.client_policies, text, boolean) is
  'Where a request is answered: redirect_uri, which OAuth lets a client leave out that has one (RFC 6749 3.1.2.3), unless it is required (p_required), as OpenID Connect does (Core 3.1.2.1). Errors: invalid_redirect_uri.';

create function pgrant_rules.authorization_redirect(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_redirect_uri text, p_openid boolean
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.redirect_uri_choose(p_tenant, p_client, p_redirect_uri, p_openid);
begin
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', v_out.error, v_out.reason, p_client.client_id,
                                      p_detail => pgrant_rules.refused_value(v_out.response_detail));
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_redirect(uuid, pgrant_rules.client_policies, text, boolean) is
  'As redirect_uri_choose, with the refusal recorded. Errors: invalid_redirect_uri, too_many_attempts, flood.';

create function pgrant_rules.client_unknown(p_tenant uuid, p_client_id text, p_fresh_until timestamptz, p_address inet)
returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization := pgrant_rules.client_document_step(p_tenant, p_client_id, p_fresh_until, p_address);
begin
  if v_out.error is not null then
    v_out.response_detail := 'client_id ' || substring(p_client_id from '^[\x21-\x7E]{1,100}') || ': ' || v_out.reason;
    v_out.error := pgrant_rules.audit(p_tenant, 'authorization.request', v_out.error, v_out.reason, p_client_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_unknown(uuid, text, timestamptz, inet) is
  'What becomes of a client_id that is not registered, or whose document is stale: next document, an error that is recorded, or neither where the client is good as it is. Errors: those of client_document_step, too_many_attempts, flood.';

create function pgrant_rules.authorization_refused(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid, p_ui_locales text[], p_out pgrant_api.authorization
) returns pgrant_api.authorization
language plpgsql
as $$
begin
  p_out.error := nullif(pgrant_rules.audit(p_tenant, 'authorization.request', p_out.response_error, p_out.response_reason,
                                           p_client.client_id, p_detail => pgrant_rules.refused_value(p_out.response_detail)),
                        p_out.response_error);
  -- Beyond the limit of its address a refusal is a page: the client is no part of that.
  if p_out.error is not null then
    return p_out;
  end if;
  return pgrant_rules.error_respond(p_tenant, p_client, p_user_id, p_ui_locales, p_out);
end
$$;

comment on function pgrant_rules.authorization_refused(uuid, pgrant_rules.client_policies, uuid, text[], pgrant_api.authorization) is
  'Records response_error and sends it to the client. p_user_id: whoever is signed in, or null. Errors: too_many_attempts, flood.';
