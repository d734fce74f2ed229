-- Codes become tokens.

create function pgrant_rules.code_refusal(
  p_code pgrant.codes, p_client_id text, p_redirect_uri text, p_code_challenge text, p_jkt text
) returns text
language sql stable
as $$
  select case
    when p_code.code_hash is null then 'code unknown'
    when p_code.client_id <> p_client_id then 'code of another client'
    when p_code.dpop_jkt is distinct from p_jkt and p_code.dpop_jkt is not null then 'code of another key'
    when p_redirect_uri <> p_code.redirect_uri then 'redirect_uri differs'
    -- OAuth 2.1 10.2 drops the parameter for clients that use PKCE; RFC 6749 4.1.3 holds for the others.
    when p_redirect_uri is null and p_code.redirect_uri_sent and p_code.code_challenge is null
      then 'redirect_uri missing'
    when p_code.code_challenge is null and p_code_challenge is not null
      -- RFC 9700 4.8.2: a verifier for a code that was asked for without a challenge is a downgrade.
      then 'code_verifier without a code_challenge'
    when p_code.code_challenge is distinct from p_code_challenge then 'code_verifier missing or wrong'
    when p_code.expires_at <= now() and p_code.used_at is null then 'code expired'
  end
$$;

comment on function pgrant_rules.code_refusal(pgrant.codes, text, text, text, text) is
  'Why a code is not this caller''s to redeem, or null. A wrong client, key (RFC 9449 10), redirect URI or verifier burns nothing.';

create function pgrant_rules.codes_lock(p_tenant uuid, p_code_hash bytea[], p_code_expires_at bigint[]) returns pgrant.codes[]
language plpgsql
as $$
declare
  v_expiries constant pgrant_rules.expiries := pgrant_rules.expiries_of(p_code_expires_at);
  v_codes pgrant.codes[];
  v_code pgrant.codes;
  v_found bytea[];
  v_out pgrant.codes[];
begin
  -- The grant is locked before the code, as everywhere. What is read after it, nobody else is about to change.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant
      and g.grant_id = any (array(select c.grant_id from pgrant.codes c
                                   where c.tenant_id = p_tenant and c.code_hash = any (p_code_hash)
                                     and c.expires_at between v_expiries.earliest and v_expiries.latest))
    order by g.grant_id
      for no key update;
  v_codes := array(select c from pgrant.codes c
                    where c.tenant_id = p_tenant and c.code_hash = any (p_code_hash)
                      and c.expires_at between v_expiries.earliest and v_expiries.latest
                    order by c.code_hash
                      for update);
  for i in 1 .. cardinality(v_codes) loop
    v_found[i] := (v_codes[i]).code_hash;
  end loop;
  for i in 1 .. cardinality(p_code_hash) loop
    v_code := v_codes[array_position(v_found, p_code_hash[i])];
    v_out[i] := case when v_code.expires_at = v_expiries.moments[i] then v_code end;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.codes_lock(uuid, bytea[], bigint[]) is
  'The code with each digest and expiry, used or not, locked together with its grant; null where there is none.';

create function pgrant_rules.family_decide(
  p_client pgrant_rules.client_policies, p_target pgrant_rules.target, p_code pgrant.codes,
  inout p_decision pgrant_rules.token_decision
)
language plpgsql volatile
as $$
declare
  v_refreshed constant boolean := 'refresh_token' = any (p_client.grant_types);
begin
  p_decision.family_id := gen_random_uuid();
  p_decision.family_expires_at := pgrant_rules.after(
    case when v_refreshed then p_client.refresh_lifetime
         else coalesce(p_target.access_token_lifetime, p_client.access_token_lifetime) end);
  p_decision.idle_expires_at := least(case when v_refreshed then pgrant_rules.after(p_client.refresh_idle_lifetime) end,
                                      p_decision.family_expires_at);
  p_decision.refresh_token := v_refreshed;
  p_decision.session_id := p_code.session_id;
  p_decision.auth_time := p_code.auth_time;
  p_decision.acr := p_code.acr;
  p_decision.amr := p_code.amr;
  p_decision.claims_id_token := p_code.claims_id_token;
  p_decision.grant_management_action := p_code.grant_management_action;
  p_decision := pgrant_rules.access_token_decide(p_client, p_target, p_decision.family_expires_at, p_decision);
end
$$;

comment on function pgrant_rules.family_decide(pgrant_rules.client_policies, pgrant_rules.target, pgrant.codes, pgrant_rules.token_decision) is
  'Adds the family that a code starts, with a refresh token where the client is registered for refresh_token, and the access token that hangs on it.';

create function pgrant_rules.code_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_code pgrant.codes, p_grant pgrant.grants, p_session_live boolean,
  p_known pgrant_rules.known_scopes, p_redirect_uri text, p_code_challenge text, p_resource text[], p_jkt text, p_details jsonb
) returns pgrant_rules.token_decision
language plpgsql
as $$
declare
  v_target pgrant_rules.target;
  v_details pgrant_rules.narrowed_details;
  v_out pgrant_rules.token_decision;
begin
  v_out.action := 'code.redeem';
  v_out.error := 'invalid_grant';
  v_out.user_id := p_code.user_id;
  v_out.grant_id := p_code.grant_id;
  v_out.family_id := p_code.family_id;
  v_out.reason := pgrant_rules.code_refusal(p_code, p_client.client_id, p_redirect_uri, p_code_challenge, p_jkt);
  if v_out.reason is not null then
    return v_out;
  elsif p_code.used_at is not null then
    -- RFC 6749 4.1.2, RFC 9700 4.5: somebody has a copy of the code.
    v_out.action := 'code.reuse';
    v_out.reason := 'code used twice';
    return v_out;
  elsif p_grant.grant_id is null then
    v_out.reason := 'grant revoked or user disabled';
    return v_out;
  elsif not (p_code.resources <@ p_grant.resources and (p_code.claims_id_token || p_code.claims_userinfo) <@ p_grant.claims) then
    -- Scopes and details are narrowed below; these would begin a family that is not there to be narrowed any more.
    v_out.reason := 'the grant was replaced by one that says less';
    return v_out;
  elsif not p_session_live then
    -- Who is told of the logout has been told: nothing would end a session that the client begins now.
    v_out.reason := 'the person has signed out';
    return v_out;
  end if;

  if p_resource <> '{}' or p_code.resources <> '{}' then
    v_target := pgrant_rules.resource_target(p_tenant, p_client.scopes, p_resource, p_code.resources);
  end if;
  v_out.scopes := pgrant_rules.scopes_effective(p_code.scopes, coalesce(v_target.scopes, p_client.scopes), p_grant.scopes,
                                                p_code.user_id, p_known);
  if p_details is not null or p_code.authorization_details <> '[]' then
    v_details := pgrant_rules.details_narrow(p_tenant, p_client.authorization_details_types, p_details,
                                             p_code.authorization_details, p_grant.authorization_details, v_target.audience);
  end if;
  if v_target.error is not null then
    v_out.error := v_target.error;
    v_out.reason := v_target.reason;
    v_out.detail := v_target.detail;
    return v_out;
  elsif v_details.error is not null then
    v_out.error := v_details.error;
    v_out.reason := v_details.reason;
    v_out.detail := v_details.detail;
    return v_out;
  elsif v_out.scopes = '{}' and coalesce(v_details.details, '[]') = '[]' then
    v_out.reason := 'no scope is left';
    v_out.detail := array_to_string(p_code.scopes, ' ');
    return v_out;
  end if;

  v_out.error := null;
  v_out.consented := p_grant.scopes;
  v_out.asked := case when v_out.scopes <> p_code.scopes then p_code.scopes end;
  v_out.roles := pgrant_rules.scopes_common(v_out.scopes, p_known.roles);
  v_out.details := v_details.details;
  v_out.nonce := p_code.nonce;
  return pgrant_rules.family_decide(p_client, v_target, p_code, v_out);
end
$$;

comment on function pgrant_rules.code_decide(uuid, pgrant_rules.client_policies, pgrant.codes, pgrant.grants, boolean, pgrant_rules.known_scopes, text, text, text[], text, jsonb) is
  'Whether a code is good, and for what tokens. p_grant is its grant where that and the person are live; p_jkt the key that was proven; p_details null = all that were granted.';

create function pgrant_rules.codes_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_code pgrant.codes[], p_redirect_uri text[], p_code_challenge text[], p_resource text[],
  p_access_hash bytea[], p_cnf jsonb[], p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_client pgrant_rules.client_policies;
  v_code pgrant.codes;
  v_grant_ids uuid[];
  v_user_ids uuid[];
  v_session_ids uuid[];
  v_scopes text[] := array[]::text[];
  v_grants pgrant.grants[];
  v_known pgrant_rules.known_scopes;
  v_decision pgrant_rules.token_decision;
  v_out pgrant_rules.token_decision[];
begin
  for i in 1 .. cardinality(p_code) loop
    v_code := p_code[i];
    v_grant_ids[i] := v_code.grant_id;
    v_user_ids[i] := v_code.user_id;
    v_session_ids[i] := v_code.session_id;
    v_scopes := v_scopes || v_code.scopes;
  end loop;
  select array_agg(g), array_agg(g.grant_id) into v_grants, v_grant_ids
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.grant_id = any (v_grant_ids) and g.revoked_at is null;
  select array_agg(u.user_id) into v_user_ids
    from pgrant.users u
   where u.tenant_id = p_tenant and u.user_id = any (v_user_ids) and u.disabled_at is null;
  v_session_ids := array(select s.session_id from pgrant.sessions s
                          where s.tenant_id = p_tenant and s.session_id = any (v_session_ids) and s.ended_at is null);
  v_known := pgrant_rules.scopes_find(p_tenant, v_scopes, v_user_ids);
  for i in 1 .. cardinality(p_code) loop
    v_code := p_code[i];
    v_decision := null;
    if i = 1 or p_client_id[i] is distinct from p_client_id[i - 1] then
      v_client := p_client[i];
    end if;
    if p_error[i] is null then
      v_decision := pgrant_rules.code_decide(
        p_tenant, v_client, v_code,
        case when v_code.user_id = any (v_user_ids) then v_grants[array_position(v_grant_ids, v_code.grant_id)] end,
        coalesce(v_code.session_id = any (v_session_ids), false), v_known, p_redirect_uri[i], p_code_challenge[i],
        string_to_array(p_resource[i], ' '), p_cnf[i] ->> 'jkt', p_authorization_details[i]);
      v_decision.access_hash := p_access_hash[i];
    end if;
    v_out[i] := pgrant_rules.decision_attribute(i, p_request_id[i], p_address[i], p_client_id[i], p_error[i], p_reason[i], p_detail[i],
                                                v_decision);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.codes_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], pgrant.codes[], text[], text[], text[], bytea[], jsonb[], jsonb[]) is
  'Decides what each code gives (see code_decide), and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate, p_code of codes_lock.';
