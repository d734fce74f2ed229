-- Codes become tokens.

create function pgrant_rules.code_refusal(
  p_code pgrant.codes, p_client_id text, p_redirect_uri text, p_code_challenge text
) returns text
language plpgsql stable
as $$
begin
  return case
    when p_code.code_hash is null then 'code unknown'
    when p_code.client_id <> p_client_id then 'code of another client'
    when p_redirect_uri <> p_code.redirect_uri then 'redirect_uri differs'
    -- OAuth 2.1 10.2 drops the parameter for clients that use PKCE; RFC 6749 4.1.3 holds for the others.
    when p_redirect_uri is null and p_code.redirect_uri_sent and p_code.code_challenge is null
      then 'redirect_uri missing'
    when p_code.code_challenge is null and p_code_challenge is not null
      -- RFC 9700 4.8.2: a verifier for a code that was asked for without a challenge is a downgrade.
      then 'code_verifier without a code_challenge'
    when p_code.code_challenge is distinct from p_code_challenge then 'code_verifier missing or wrong'
    when p_code.expires_at <= now() and p_code.used_at is null then 'code expired'
  end;
end
$$;

comment on function pgrant_rules.code_refusal(pgrant.codes, text, text, text) is
  'Why a code is not this caller''s to redeem, or null. A wrong client, redirect URI or verifier burns nothing.';

create function pgrant_rules.family_start(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_code pgrant.codes,
  p_handle_hash bytea, p_refresh_hash bytea
) returns pgrant.token_families
language plpgsql
as $$
declare
  v_family pgrant.token_families;
  v_refresh boolean := 'refresh_token' = any (p_client.grant_types);
  v_lifetime integer := case when v_refresh then p_client.refresh_lifetime else p_client.access_token_lifetime end;
  v_idle integer := case when v_refresh then least(p_client.refresh_idle_lifetime, v_lifetime) else v_lifetime end;
begin
  insert into pgrant.token_families (
    tenant_id, grant_id, user_id, client_id, session_id, offline, scopes, claims_id_token, claims_userinfo,
    auth_time, acr, amr, resources, handle_hash, current_hash, idle_expires_at, expires_at, sweep_after)
  values (
    p_tenant, p_code.grant_id, p_code.user_id, p_code.client_id, p_code.session_id,
    'offline_access' = any (p_code.scopes) or not 'openid' = any (p_code.scopes),
    p_code.scopes, p_code.claims_id_token, p_code.claims_userinfo, p_code.auth_time, p_code.acr, p_code.amr, p_code.resources,
    case when v_refresh then p_handle_hash end, case when v_refresh then p_refresh_hash end,
    pgrant_rules.after(v_idle), pgrant_rules.after(v_lifetime), pgrant_rules.sweep_day(pgrant_rules.after(v_idle)) + 7)
  returning * into v_family;

  -- The grant outlives what hangs on it.
  update pgrant.grants g
     set last_used_at = now(),
         expires_at = greatest(g.expires_at, v_family.expires_at)
   where g.tenant_id = p_tenant
     and g.grant_id = p_code.grant_id;
  return v_family;
end
$$;

comment on function pgrant_rules.family_start(uuid, pgrant_rules.client_policies, pgrant.codes, bytea, bytea) is
  'Starts the family of what a code gives, with a refresh token where the client is registered for refresh_token.';

create function pgrant_rules.sweep_day(p_dead_at timestamptz) returns date
language sql stable
as $$ select (p_dead_at at time zone 'UTC')::date + 1 $$;

comment on function pgrant_rules.sweep_day(timestamptz) is 'The first day (UTC) on which a family that is dead at p_dead_at may be swept.';

create function pgrant_api.code_redeem(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb,
  p_code_hash bytea, p_code_expires_at bigint, p_redirect_uri text, p_code_challenge text,
  p_access_hash bytea, p_handle_hash bytea, p_refresh_hash bytea, p_resources text[]
) returns pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.tokens;
  v_auth pgrant_rules.authenticated_client;
  v_code pgrant.codes;
  v_family pgrant.token_families;
  v_consented text[];
  v_effective pgrant_rules.effective_scopes;
  v_target pgrant_rules.targeted_client;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash, p_assertion, 'authorization_code');
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  select c.* into v_code
    from pgrant.codes c
   where c.tenant_id = p_tenant and c.code_hash = p_code_hash and c.expires_at = pgrant_rules.moment(p_code_expires_at);
  v_out.reason := pgrant_rules.code_refusal(v_code, p_client_id, p_redirect_uri, p_code_challenge);
  if v_out.reason is null then
    -- The grant is locked before the code, as everywhere. What is read after it, nobody else is about to change.
    perform from pgrant.grants g where g.tenant_id = p_tenant and g.grant_id = v_code.grant_id for no key update;
    select c.* into v_code
      from pgrant.codes c
     where c.tenant_id = p_tenant and c.code_hash = p_code_hash and c.expires_at = v_code.expires_at
       for update;
    if v_code.used_at is not null then
      -- RFC 6749 4.1.2, RFC 9700 4.5: somebody has a copy of the code.
      perform pgrant_rules.family_revoke(p_tenant, v_code.family_id, 'code used twice');
      v_out.reason := 'code used twice';
    else
      select g.scopes into v_consented
        from pgrant.grants g
        join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
       where g.tenant_id = p_tenant and g.grant_id = v_code.grant_id and g.revoked_at is null;
      v_target := pgrant_rules.client_target(p_tenant, v_auth.client, p_resources, v_code.resources);
      v_effective := pgrant_rules.scope_narrow(p_tenant, v_code.user_id, (v_target.client).scopes, v_code.scopes, v_consented);
      v_out.scopes := v_effective.scopes;
      v_out.reason := case when v_consented is null then 'grant revoked or user disabled'
                           when v_target.error is not null then v_target.reason
                           when v_out.scopes = '{}' then 'no scope is left' end;
    end if;
  end if;
  if v_out.reason is not null then
    v_out.error := coalesce(v_target.error, 'invalid_grant');
    v_out.scopes := null;
    v_out.error := pgrant_rules.audit(p_tenant, case when v_code.used_at is null then 'code.redeem' else 'code.reuse' end,
                                      v_out.error, v_out.reason, p_client_id, v_code.user_id, v_code.grant_id, v_code.family_id);
    return v_out;
  end if;

  v_family := pgrant_rules.family_start(p_tenant, v_auth.client, v_code, p_handle_hash, p_refresh_hash);
  update pgrant.codes c
     set used_at = now(), family_id = v_family.family_id
   where c.tenant_id = p_tenant and c.code_hash = p_code_hash and c.expires_at = v_code.expires_at;

  v_out.refresh_token := v_family.handle_hash is not null;
  v_out.nonce := v_code.nonce;
  v_out := pgrant_rules.access_token_store(p_tenant, v_target.client, p_access_hash, v_family, v_effective.roles, v_out);
  if 'openid' = any (v_out.scopes) then
    v_out := pgrant_rules.id_token_fill(p_tenant, v_auth.client, v_family, v_out);
  end if;
  perform pgrant_rules.audit(p_tenant, 'code.redeem', null, null, p_client_id, v_code.user_id, v_code.grant_id,
                             v_family.family_id, jsonb_build_object('scopes', to_jsonb(v_out.scopes)));
  return v_out;
end
$$;

comment on function pgrant_api.code_redeem(uuid, text, inet, text, text, bytea, jsonb, bytea, bigint, text, text, bytea, bytea, bytea, text[]) is
  'Redeems an authorization code (RFC 6749 4.1.3, RFC 7636 4.6). p_code_challenge is S256 of the verifier. Starts a family; a second use revokes it. p_resources {} = all that were granted. Errors: invalid_client, unauthorized_client, invalid_grant, invalid_target, too_many_attempts, flood.';
