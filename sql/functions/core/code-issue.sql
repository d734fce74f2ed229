-- A request becomes a code.

create function pgrant_rules.acr_told(p_request pgrant.authorization_requests, p_session pgrant.sessions) returns text
language plpgsql stable
as $$
declare
  v_asked text[] := case when p_request.essential_acr <> '{}' then p_request.essential_acr else p_request.acr_values end;
begin
  if v_asked = '{}' then
    return p_session.acr;
  end if;
  return coalesce((select a.acr
                     from unnest(v_asked) with ordinality a (acr, n)
                    where a.acr = any (pgrant_rules.acr_reached(p_request.tenant_id, p_session.acr))
                    order by a.n
                    limit 1), p_session.acr);
end
$$;

comment on function pgrant_rules.acr_told(pgrant.authorization_requests, pgrant.sessions) is
  'The acr that the client is told: of those that it asks for the first that the sign-in has reached (OpenID Connect Core 5.5.1.1), else the one of the sign-in.';

create function pgrant_rules.code_row(
  p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_session pgrant.sessions, p_scopes text[],
  p_grant_id uuid, p_code_hash bytea
) returns pgrant.codes
language plpgsql
as $$
declare
  v_code pgrant.codes;
begin
  v_code.tenant_id := p_client.tenant_id;
  -- No browser may redeem the code of a device: it is kept under another hash, of which nobody has the text.
  v_code.code_hash := coalesce(sha256(p_request.device_hash), p_code_hash);
  v_code.expires_at := coalesce(p_request.device_expires_at, pgrant_rules.after(p_client.code_lifetime));
  v_code.client_id := p_client.client_id;
  v_code.user_id := p_session.user_id;
  v_code.grant_id := p_grant_id;
  v_code.session_id := p_session.session_id;
  v_code.redirect_uri := p_request.redirect_uri;
  v_code.redirect_uri_sent := p_request.redirect_uri_sent;
  v_code.code_challenge := p_request.code_challenge;
  v_code.scopes := p_scopes;
  v_code.claims_id_token := p_request.claims_id_token;
  v_code.claims_userinfo := p_request.claims_userinfo;
  v_code.nonce := p_request.nonce;
  v_code.auth_time := p_session.auth_time;
  v_code.acr := pgrant_rules.acr_told(p_request, p_session);
  v_code.amr := p_session.amr;
  v_code.resources := p_request.resources;
  v_code.authorization_details := p_request.authorization_details;
  v_code.dpop_jkt := p_request.dpop_jkt;
  v_code.grant_management_action := p_request.grant_management_action;
  return v_code;
end
$$;

comment on function pgrant_rules.code_row(pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, text[], uuid, bytea) is
  'The code that a request becomes, not stored yet.';

create function pgrant_rules.code_entry(p_code pgrant.codes, p_consented boolean) returns pgrant_rules.audit_entry
language sql stable
as $$
  select row(
    nullif(current_setting('pgrant.request_id', true), ''), pgrant_rules.caller_address(),
    case when p_consented then 'consent.allow' else 'consent.remember' end, null, null, p_code.client_id, p_code.user_id,
    p_code.grant_id, null,
    jsonb_build_object('scopes', p_code.scopes) || pgrant_rules.details_noted(p_code.authorization_details)
  )::pgrant_rules.audit_entry
$$;

comment on function pgrant_rules.code_entry(pgrant.codes, boolean) is
  'What is recorded of a code of the request that is attributed now: whether the person has just consented, or has before.';

create function pgrant_rules.codes_store(p_tenant uuid, p_codes pgrant.codes[], p_entries pgrant_rules.audit_entry[]) returns boolean
language plpgsql
as $$
begin
  insert into pgrant.codes (tenant_id, code_hash, expires_at, client_id, user_id, grant_id, session_id, redirect_uri,
                            redirect_uri_sent, code_challenge, scopes, claims_id_token, claims_userinfo, nonce,
                            auth_time, acr, amr, resources, authorization_details, dpop_jkt, grant_management_action)
  select p_tenant, c.code_hash, c.expires_at, c.client_id, c.user_id, c.grant_id, c.session_id, c.redirect_uri,
         c.redirect_uri_sent, c.code_challenge, c.scopes, c.claims_id_token, c.claims_userinfo, c.nonce,
         c.auth_time, c.acr, c.amr, c.resources, c.authorization_details, c.dpop_jkt, c.grant_management_action
    from unnest(p_codes) c
      -- Two people may type the same user code: the first to decide has decided.
      on conflict (tenant_id, code_hash, expires_at) do nothing;
  if not found then
    return false;
  end if;
  perform pgrant_rules.audit_all(p_tenant, p_entries);
  return true;
end
$$;

comment on function pgrant_rules.codes_store(uuid, pgrant.codes[], pgrant_rules.audit_entry[]) is
  'Stores codes and records them (see code_entry). False where that of a device, which comes alone, was decided by another person.';

create function pgrant_rules.code_issue(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_scopes text[], p_code_hash bytea
) returns bigint
language plpgsql
as $$
declare
  v_code pgrant.codes;
begin
  v_code := pgrant_rules.code_row(
    p_client, p_request, p_session, p_scopes,
    pgrant_rules.grant_consent(p_tenant, p_session.user_id, p_client, p_request, p_scopes), p_code_hash);
  perform pgrant_rules.subject_remember(p_tenant, p_client, p_session.user_id);
  return case when pgrant_rules.codes_store(p_tenant, array[v_code], array[pgrant_rules.code_entry(v_code, true)])
              then pgrant_rules.epoch(v_code.expires_at) end;
end
$$;

comment on function pgrant_rules.code_issue(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, text[], bytea) is
  'Turns what the person has just consented to into a code: records the consent and stores the code. Returns the expiry of the code; null where another person has allowed the device meanwhile.';
