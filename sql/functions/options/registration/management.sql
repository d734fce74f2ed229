-- A client manages its own registration (RFC 7592), with its registration access token.

create function pgrant_rules.registration_find(p_tenant uuid, p_registered_id text, p_registration_hash bytea)
returns pgrant.clients
language plpgsql
as $$
declare
  v_client pgrant.clients;
begin
  select c.* into v_client
    from pgrant.clients c
   where c.tenant_id = p_tenant
     and c.client_id = p_registered_id
     and c.registration_token_hash = p_registration_hash
     and c.disabled_at is null
     and c.expires_at > now();
  return v_client;
end
$$;

comment on function pgrant_rules.registration_find(uuid, text, bytea) is
  'The live client that registered itself and has this registration access token, or null.';

create function pgrant_api.registration_read(
  p_tenant uuid, p_request_id text, p_address inet, p_registered_id text, p_registration_hash bytea
) returns pgrant_api.registration
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_client pgrant.clients;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_client := pgrant_rules.registration_find(p_tenant, p_registered_id, p_registration_hash);
  if v_client.client_id is null then
    -- RFC 7592 2.1: a client that is gone and a token that is wrong get the same answer.
    return pgrant_rules.registration_refuse(p_tenant, 'registration.read', 'invalid_token',
                                            'client or registration access token unknown', p_registered_id);
  end if;
  return pgrant_rules.registration_out(v_client, case when pgrant_rules.client_has_secret(v_client) then 'kept' else 'none' end);
end
$$;

comment on function pgrant_api.registration_read(uuid, text, inet, text, bytea) is
  'The registration of a client (RFC 7592 2.1). Writes nothing where it is granted. Errors: invalid_token, too_many_attempts, flood.';

create function pgrant_api.registration_replace(
  p_tenant uuid, p_request_id text, p_address inet, p_registered_id text, p_registration_hash bytea,
  p_kept_secret_hash bytea, p_metadata jsonb, p_next_secret_hash bytea
) returns pgrant_api.registration
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_action constant text := 'registration.replace';
  v_client pgrant.clients;
  v_shape pgrant_rules.registered_shape;
  v_secret text;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_client := pgrant_rules.registration_find(p_tenant, p_registered_id, p_registration_hash);
  if v_client.client_id is not null then
    -- By the scopes that it has once nobody else changes it: what an operator takes from it meanwhile it does not bring back.
    perform pgrant_rules.client_hold(p_tenant, p_registered_id);
    v_client := pgrant_rules.registration_find(p_tenant, p_registered_id, p_registration_hash);
  end if;
  if v_client.client_id is null then
    return pgrant_rules.registration_refuse(p_tenant, v_action, 'invalid_token',
                                            'client or registration access token unknown', p_registered_id);
  elsif p_kept_secret_hash is not null and not exists (
    select from pgrant.client_secrets s
     where s.tenant_id = p_tenant and s.client_id = p_registered_id and s.secret_hash = p_kept_secret_hash and s.expires_at > now()
  ) then
    -- RFC 7592 2.2: a client may not choose its secret.
    return pgrant_rules.registration_refuse(p_tenant, v_action, 'invalid_client_metadata', 'client_secret is another one', p_registered_id);
  end if;
  -- Its own scopes are the most that a machine may have: what was vouched for once can be narrowed only.
  v_shape := pgrant_rules.registration_shape(
    p_tenant, p_metadata, case when 'client_credentials' = any (v_client.grant_types) then v_client.scopes end);
  if v_shape.error is not null then
    return pgrant_rules.registration_refuse(p_tenant, v_action, v_shape.error, v_shape.reason, p_registered_id,
                                            p_refused => v_shape.detail);
  end if;
  v_client := pgrant_rules.registration_store(v_client, v_shape.client);
  if v_client.client_id is null then
    -- It was removed meanwhile.
    return pgrant_rules.registration_refuse(p_tenant, v_action, 'invalid_token',
                                            'client or registration access token unknown', p_registered_id);
  end if;
  v_secret := case when pgrant_rules.client_has_secret(v_client) then 'kept' else 'none' end;
  if v_secret = 'none' then
    delete from pgrant.client_secrets s where s.tenant_id = p_tenant and s.client_id = p_registered_id;
  elsif not exists (select from pgrant.client_secrets s
                     where s.tenant_id = p_tenant and s.client_id = p_registered_id and s.expires_at > now()) then
    insert into pgrant.client_secrets (tenant_id, client_id, secret_hash) values (p_tenant, p_registered_id, p_next_secret_hash);
    v_secret := 'new';
  end if;
  perform pgrant_rules.client_remember(p_tenant, p_registered_id, v_action);
  perform pgrant_rules.audit(p_tenant, v_action, null, null, p_registered_id, p_detail => pgrant_rules.registration_event(v_client));
  return pgrant_rules.registration_out(v_client, v_secret);
end
$$;

comment on function pgrant_api.registration_replace(uuid, text, inet, text, bytea, bytea, jsonb, bytea) is
  'Replaces all metadata of a client (RFC 7592 2.2). p_kept_secret_hash is of the secret that the client repeats, null where it repeats none; p_next_secret_hash is stored where it comes to authenticate by a secret. Errors: invalid_token, invalid_client_metadata, invalid_redirect_uri, too_many_attempts, flood.';

create function pgrant_rules.registration_store(p_client pgrant.clients, p_shape pgrant.clients) returns pgrant.clients
language plpgsql
as $$
declare
  v_before pgrant.clients;
  v_client pgrant.clients;
begin
  select c.* into v_before
    from pgrant.clients c
   where c.tenant_id = p_client.tenant_id and c.client_id = p_client.client_id
     for no key update;
  v_client := jsonb_populate_record(v_before, (
    select jsonb_object_agg(f.key, f.value) from jsonb_each(to_jsonb(p_shape)) f where f.key = any (pgrant_rules.registration_fields())));
  if not 'client_credentials' = any (v_before.grant_types) then
    -- Its own are no bound: those that it has, an operator has bounded it by, and it does not take them away.
    v_client.scopes := v_before.scopes;
  end if;
  v_client.name := coalesce(v_client.name, 'Unnamed application');
  return pgrant_rules.client_store(v_client);
end
$$;

comment on function pgrant_rules.registration_store(pgrant.clients, pgrant.clients) is
  'Gives a client the metadata of another shape (registration_fields()); what it may not say of itself stays.';

create function pgrant_api.registration_remove(
  p_tenant uuid, p_request_id text, p_address inet, p_registered_id text, p_registration_hash bytea
) returns pgrant_api.registration
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_client pgrant.clients;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_client := pgrant_rules.registration_find(p_tenant, p_registered_id, p_registration_hash);
  if v_client.client_id is null then
    return pgrant_rules.registration_refuse(p_tenant, 'registration.remove', 'invalid_token',
                                            'client or registration access token unknown', p_registered_id);
  end if;
  perform pgrant_rules.client_delete(p_tenant, p_registered_id, 'registration.remove');
  perform pgrant_rules.audit(p_tenant, 'registration.remove', null, null, p_registered_id);
  return pgrant_rules.registration_out(v_client, 'none');
end
$$;

comment on function pgrant_api.registration_remove(uuid, text, inet, text, bytea) is
  'Removes a client with its secrets, grants and tokens (RFC 7592 2.3). Returns what it was. Errors: invalid_token, too_many_attempts, flood.';

create function pgrant_api.registration_settings(
  p_tenant uuid, p_request_id text, p_address inet, p_initial_hash bytea, p_registered_id text, p_registration_hash bytea
) returns pgrant_api.registration_settings
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.registration_settings;
  v_what constant text := 'registration settings';
  v_policy pgrant.tenants;
  v_entry pgrant_rules.registration_entry;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select t.* into v_policy from pgrant.tenants t where t.tenant_id = p_tenant;
  if p_registered_id is null then
    v_entry := pgrant_rules.registration_enter(p_tenant, v_policy, p_initial_hash, v_what);
  elsif (pgrant_rules.registration_find(p_tenant, p_registered_id, p_registration_hash)).client_id is null then
    v_entry.error := 'invalid_token';
    v_entry.reason := 'client or registration access token unknown';
  else
    v_entry.retry_after := pgrant_rules.hourly_retry_after(
      p_tenant, v_what, pgrant_rules.address_prefix(p_address), v_policy.registration_rate);
    if v_entry.retry_after is not null then
      v_entry.error := 'too_many_attempts';
      v_entry.reason := 'too many from this address';
    end if;
  end if;
  if v_entry.error is not null then
    v_out.error := pgrant_rules.audit(
      p_tenant, case when p_registered_id is null then 'registration.add' else 'registration.replace' end, v_entry.error, v_entry.reason,
      p_registered_id);
    v_out.reason := v_entry.reason;
    v_out.retry_after := case when v_out.error = v_entry.error then v_entry.retry_after end;
    return v_out;
  end if;
  v_out.issuers := v_policy.software_statement_issuers;
  return v_out;
end
$$;

comment on function pgrant_api.registration_settings(uuid, text, inet, bytea, text, bytea) is
  'What is asked before something is fetched or verified for a registration, at no stranger''s wish: whose software statements (RFC 7591 2.3) the tenant believes, for whoever may register (p_initial_hash null = without a token) or holds a registration (p_registered_id null = a new one). As often as registration_rate says. Errors: access_denied, invalid_token, too_many_attempts, flood.';
