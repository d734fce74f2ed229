-- What operators call: initial access tokens, and the clients that registered themselves.

create function pgrant_ops.registration_token_add(
  p_tenant uuid, p_name text, p_token_hash bytea, p_lifetime integer default null, p_uses integer default null,
  p_machine_scopes text[] default null
) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_token_id uuid;
  v_unknown text;
begin
  perform pgrant_rules.administer(p_tenant);
  v_unknown := pgrant_rules.scope_unknown(p_tenant, p_machine_scopes);
  if v_unknown is not null then
    raise exception 'the tenant has no scope %', v_unknown using errcode = 'OA001',
      hint = 'add it with pgrant_ops.scope_add, or leave it out';
  elsif p_uses < 1 or p_lifetime < 1 or p_machine_scopes = '{}' then
    raise exception 'an initial access token has at least one use and one second, and no empty list of scopes' using errcode = 'OA003';
  end if;
  perform pgrant_rules.values_check('registration_tokens', jsonb_build_object('name', p_name));
  insert into pgrant.registration_tokens (tenant_id, token_hash, name, uses_left, machine_scopes, expires_at)
  values (p_tenant, p_token_hash, p_name, p_uses, p_machine_scopes,
          coalesce(now() + make_interval(secs => p_lifetime), 'infinity'))
  returning token_id into v_token_id;
  perform pgrant_rules.audit(p_tenant, 'registration_token.add', null, null, null, p_detail => jsonb_build_object(
    'token_id', v_token_id, 'name', p_name, 'uses', p_uses, 'machine_scopes', p_machine_scopes));
  return v_token_id;
end
$$;

comment on function pgrant_ops.registration_token_add(uuid, text, bytea, integer, integer, text[]) is
  'Stores an initial access token (RFC 7591 1.2) made outside: p_token_hash is its SHA-256, p_lifetime in seconds (null = no expiry), p_uses how many clients it may register (null = any number), p_machine_scopes what they may have by client_credentials (null = not that grant). Returns its id. Raises OA001, OA003.';

create function pgrant_ops.registration_token_list(p_tenant uuid)
returns table (token_id uuid, name text, uses_left integer, used integer, machine_scopes text[], created_at timestamptz,
               last_used_at timestamptz, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select k.token_id, k.name, k.uses_left, k.used, k.machine_scopes, k.created_at, k.last_used_at, nullif(k.expires_at, 'infinity')
    from pgrant.registration_tokens k where k.tenant_id = p_tenant order by k.created_at, k.token_id;
end
$$;

comment on function pgrant_ops.registration_token_list(uuid) is
  'The initial access tokens of a tenant; null = no expiry, any number of uses. Raises OA001.';

create function pgrant_ops.registration_token_remove(p_tenant uuid, p_token_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.registration_tokens k where k.tenant_id = p_tenant and k.token_id = p_token_id;
  if not found then
    raise exception 'there is no initial access token %', p_token_id using errcode = 'OA001',
      hint = 'pgrant_ops.registration_token_list shows those that are there';
  end if;
  perform pgrant_rules.audit(p_tenant, 'registration_token.remove', null, null, null,
                             p_detail => jsonb_build_object('token_id', p_token_id));
end
$$;

comment on function pgrant_ops.registration_token_remove(uuid, uuid) is
  'Removes an initial access token; the clients that it registered stay. Raises OA001.';

create function pgrant_ops.registration_list(p_tenant uuid)
returns table (client_id text, name text, software_id text, software_version text, redirect_uris text[], registered_from cidr,
               registered_at timestamptz, requested_at timestamptz, last_used_at timestamptz, expires_at timestamptz,
               disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select c.client_id, c.name, c.software_id, c.software_version, c.redirect_uris, c.registered_from, c.registered_at,
         c.requested_at, c.last_used_at, c.expires_at, c.disabled_at
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.registered_at is not null and c.document_fetched_at is null
   order by c.registered_at desc, c.client_id;
end
$$;

comment on function pgrant_ops.registration_list(uuid) is
  'The clients that registered themselves, youngest first: from where, whether a person was ever sent here by them, when they got a token last, when they die. Raises OA001.';

create function pgrant_ops.registration_counts(p_tenant uuid)
returns table (live bigint, quota integer, unused bigint, expired bigint, addresses bigint, last_hour bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select count(*) filter (where c.expires_at > now()), (select t.registration_quota from pgrant.tenants t where t.tenant_id = p_tenant),
         count(*) filter (where c.expires_at > now() and c.last_used_at is null),
         count(*) filter (where c.expires_at <= now()), count(distinct c.registered_from),
         count(*) filter (where c.registered_at > now() - interval '1 hour')
    from pgrant.clients c where c.tenant_id = p_tenant and c.registered_at is not null and c.document_fetched_at is null;
end
$$;

comment on function pgrant_ops.registration_counts(uuid) is
  'How near the tenant is to its registration_quota: live clients, those never used, those waiting for the janitor, from how many address prefixes. Raises OA001.';
