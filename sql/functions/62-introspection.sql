-- Introspection (RFC 7662) and revocation (RFC 7009).

create function pgrant_api.token_introspect(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_handle_hash bytea, p_refresh_hash bytea,
  p_key_hash bytea
) returns pgrant_api.introspection
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.introspection;
  v_auth pgrant_rules.authenticated_client;
  v_token pgrant_rules.live_token;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash, p_assertion);
  if v_auth.error is null and (v_auth.client).token_endpoint_auth_method = 'none' then
    -- RFC 7662 2.1: the endpoint answers nobody who has not authenticated.
    v_auth.reason := 'a public client cannot introspect';
    v_auth.error := pgrant_rules.audit(p_tenant, 'client.authenticate', 'invalid_client', v_auth.reason, p_client_id);
  end if;
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  v_out.token_type := 'Bearer';
  if p_key_hash is not null then
    v_token := pgrant_rules.api_key_find(p_tenant, p_key_hash);
  elsif p_handle_hash is null then
    v_token := pgrant_rules.token_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt);
  else
    v_out.token_type := null;
    select f.client_id, f.user_id, f.family_id, f.scopes, f.created_at, f.idle_expires_at
      into v_token.client_id, v_token.user_id, v_token.family_id, v_token.scopes, v_token.issued_at, v_token.expires_at
      from pgrant.token_families f
     where f.tenant_id = p_tenant
       and f.handle_hash = p_handle_hash
       and f.current_hash = p_refresh_hash
       and f.client_id = p_client_id;
    v_token := pgrant_rules.token_live(p_tenant, v_token);
  end if;

  -- RFC 7662 4: whoever registers as they please is nobody who may ask about the tokens of others.
  v_out.active := v_token.client_id is not null
              and (v_token.client_id = p_client_id or not (v_auth.client).self_registered);
  if not v_out.active then
    v_out.token_type := null;
    return v_out;
  end if;
  v_out.client_id := v_token.client_id;
  v_out.subject := coalesce(v_token.user_id::text, v_token.client_id);
  v_out.username := v_token.username;
  v_out.scopes := v_token.scopes;
  v_out.audience := v_token.audience;
  v_out.issued_at := pgrant_rules.epoch(v_token.issued_at);
  v_out.expires_at := case when isfinite(v_token.expires_at) then pgrant_rules.epoch(v_token.expires_at) end;
  v_out.auth_time := pgrant_rules.epoch(v_token.auth_time);
  v_out.acr := v_token.acr;
  v_out.claims := v_token.access_claims;
  return v_out;
end
$$;

comment on function pgrant_api.token_introspect(uuid, text, inet, text, text, bytea, jsonb, bytea, bigint, jsonb, bytea, bytea, bytea) is
  'Introspects a token (RFC 7662) for a confidential client of the tenant; a refresh token only for its own client. Exactly one of p_access_hash, p_jwt, p_handle_hash, p_key_hash (an API credential as a bearer key) names it, none = not a token of ours. Writes nothing but that an assertion is used. Errors: invalid_client, too_many_attempts, flood.';

create function pgrant_api.token_revoke(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_auth_method text, p_secret_hash bytea, p_assertion jsonb,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_handle_hash bytea, p_refresh_hash bytea
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_auth pgrant_rules.authenticated_client;
  v_family_id uuid;
  v_revoked boolean := false;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_auth := pgrant_rules.client_authenticate(p_tenant, p_client_id, p_auth_method, p_secret_hash, p_assertion);
  if v_auth.error is not null then
    v_out.error := v_auth.error;
    v_out.reason := v_auth.reason;
    return v_out;
  end if;

  if p_handle_hash is not null then
    select f.family_id into v_family_id
      from pgrant.token_families f
     where f.tenant_id = p_tenant
       and f.handle_hash = p_handle_hash
       and f.client_id = p_client_id
       and p_refresh_hash in (f.current_hash, f.previous_hash);
    v_revoked := found and pgrant_rules.family_revoke(p_tenant, v_family_id, 'revoked by its client');
  elsif p_access_hash is not null then
    update pgrant.access_tokens t
       set revoked_at = now()
     where t.tenant_id = p_tenant
       and t.token_hash = p_access_hash
       and t.expires_at = pgrant_rules.moment(p_access_expires_at)
       and t.client_id = p_client_id
       and t.revoked_at is null
    returning t.family_id into v_family_id;
    v_revoked := found;
  elsif p_jwt ->> 'client_id' = p_client_id and pgrant_rules.moment((p_jwt ->> 'exp')::bigint) > now() then
    v_family_id := (p_jwt ->> 'family_id')::uuid;
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    values (p_tenant, p_jwt ->> 'jti', pgrant_rules.moment((p_jwt ->> 'exp')::bigint))
        on conflict do nothing;
    v_revoked := found;
  end if;

  if v_revoked then
    perform pgrant_rules.audit(p_tenant, 'token.revoke', null, null, p_client_id, p_family_id => v_family_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.token_revoke(uuid, text, inet, text, text, bytea, jsonb, bytea, bigint, jsonb, bytea, bytea) is
  'Revokes a token of the calling client (RFC 7009): an access token alone, a refresh token with its whole family. A token that is not the caller''s is like one that does not exist: no error. Errors: invalid_client, too_many_attempts, flood.';
