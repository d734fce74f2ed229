-- Clients that sign: their keys, fetched and registered, and what their signatures are good for (RFC 7523).

create function pgrant_rules.client_key_current(p_tenant uuid, p_client_id text, p_thumbprint text, p_alg text) returns boolean
language plpgsql
as $$
begin
  return exists (
    select from pgrant.clients c
      left join pgrant.client_key_sets s on s.tenant_id = p_tenant and s.client_id = c.client_id and s.jwks_uri = c.jwks_uri
     cross join jsonb_array_elements(coalesce(c.jwks, s.jwks) -> 'keys') k (jwk)
     where c.tenant_id = p_tenant
       and c.client_id = p_client_id
       and case when p_alg is null then pgrant_rules.jwk_thumbprint(k.jwk) = p_thumbprint
                else pgrant_rules.jwk_verifies(k.jwk, p_thumbprint, p_alg) end);
end
$$;

comment on function pgrant_rules.client_key_current(uuid, text, text, text) is
  'Whether a key is one that the client has now: registered, or in what its jwks_uri last answered; and there for signatures by p_alg (null = it has made none).';

create function pgrant_rules.client_assertion_use(p_tenant uuid, p_client_id text, p_jti_hash bytea, p_latest timestamptz)
returns boolean
language plpgsql
as $$
begin
  -- One after the other under each jti: a key of partitions by expiry holds the expiry too, so it alone would let a second one in.
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, 'jti', p_client_id, encode(p_jti_hash, 'hex')), 0));
  -- Also what was remembered for longer, by a longer assertion_lifetime of then; it is a day at most.
  if exists (select from pgrant.client_assertions a
              where a.tenant_id = p_tenant and a.client_id = p_client_id and a.jti_hash = p_jti_hash
                and a.expires_at > now() and a.expires_at <= now() + interval '1 day 5 minutes') then
    return false;
  end if;
  -- Not until this one expires: another with the same jti may live for as long as any may.
  insert into pgrant.client_assertions (tenant_id, client_id, jti_hash, expires_at)
  values (p_tenant, p_client_id, p_jti_hash, p_latest);
  return true;
end
$$;

comment on function pgrant_rules.client_assertion_use(uuid, text, bytea, timestamptz) is
  'Whether a client uses a jti for the first time (RFC 7523 3); it does not, from then on, until every assertion that is good by now has expired (p_latest).';

create or replace function pgrant_rules.client_assertion_refusal(p_tenant uuid, p_client_id text, p_assertion jsonb) returns text
language plpgsql
as $$
declare
  -- What clocks may differ by; the web process allows the same.
  v_leeway constant interval := interval '30 seconds';
  v_until timestamptz := pgrant_rules.moment((p_assertion ->> 'exp')::bigint) + v_leeway;
  v_latest timestamptz;
  v_policy record;
begin
  if p_assertion is null then
    return 'the client did not sign';
  elsif p_assertion ->> 'thumbprint' is null and p_assertion ->> 'fault' is not null then
    return p_assertion ->> 'fault';
  elsif not pgrant_rules.client_key_current(p_tenant, p_client_id, p_assertion ->> 'thumbprint', coalesce(p_assertion ->> 'alg', '')) then
    return 'assertion by a key that the client has no more';
  elsif p_assertion ->> 'fault' is not null then
    return p_assertion ->> 'fault';
  end if;
  select c.token_endpoint_auth_signing_alg as alg,
         -- FAPI 2.0 5.3.2.1: the issuer alone, as a string.
         case when coalesce(t.security_profile, c.security_profile) is null then coalesce(c.assertion_audience, t.assertion_audience)
              else 'issuer' end as audience,
         coalesce(t.security_profile, c.security_profile) is not null and p_assertion ? 'audience_list' as listed,
         coalesce(c.assertion_lifetime, t.assertion_lifetime) as lifetime, t.bearer_assertion_lifetime,
         pgrant_rules.algs_taken(t.client_signing_algs, coalesce(t.security_profile, c.security_profile)) as client_signing_algs
    into v_policy
    from pgrant.clients c
    join pgrant.tenants t on t.tenant_id = p_tenant
   where c.tenant_id = p_tenant and c.client_id = p_client_id;
  v_latest := now() + make_interval(secs => v_policy.lifetime) + 2 * v_leeway;
  if coalesce(p_assertion ->> 'audience' not in ('issuer', v_policy.audience), true) then
    return 'assertion for another audience than the issuer';
  elsif v_policy.listed then
    return 'assertion: aud is a list';
  elsif coalesce(p_assertion ->> 'alg' <> v_policy.alg, v_policy.alg is not null) then
    return 'assertion by another alg than the client is registered for';
  elsif coalesce(p_assertion ->> 'alg' <> all (v_policy.client_signing_algs), true) then
    return 'assertion by none of ' || array_to_string(v_policy.client_signing_algs, ', ');
  elsif coalesce(v_until <= now(), true) then
    return 'assertion expired';
  elsif v_until > v_latest then
    return format('assertion good for more than %s minutes', round(v_policy.lifetime / 60.0, 1)::float);
  end if;
  if p_assertion ->> 'jti_hash' is null then
    -- A grant may have none, where it soon is good no more; what authenticates a client is used once.
    return case
      when not p_assertion ? 'grant' or v_policy.bearer_assertion_lifetime = 0 then 'assertion: no jti'
      when v_until > now() + make_interval(secs => v_policy.bearer_assertion_lifetime) + 2 * v_leeway
      then format('assertion without jti good for more than %s minutes', round(v_policy.bearer_assertion_lifetime / 60.0, 1)::float) end;
  elsif not pgrant_rules.client_assertion_use(p_tenant, p_client_id, decode(p_assertion ->> 'jti_hash', 'hex'), v_latest) then
    return 'assertion used before';
  end if;
  return null;
end
$$;

comment on function pgrant_rules.client_assertion_refusal(uuid, text, jsonb) is
  'Why private_key_jwt is refused (RFC 7523 3), else null; then it is used up. p_assertion is what the web process has read: {thumbprint, alg, audience (issuer or token_endpoint), audience_list where aud is a list, exp (epoch seconds), jti_hash (hex)}, and grant where it is one (RFC 7523 2.1) and may have no jti; with fault where something that it says is wrong, and without thumbprint where no key of the client has made the signature.';

create or replace function pgrant_rules.client_assertion_detail(p_assertion jsonb, p_reason text) returns text
language sql immutable
as $$
  select 'client ' || case
    when p_assertion is null then null
    -- The same for whoever is named, registered or not, and however it authenticates.
    when p_assertion ->> 'thumbprint' is null or p_reason = 'assertion by a key that the client has no more'
    then case when p_assertion ->> 'thumbprint' is null then p_assertion ->> 'fault'
              else 'assertion: no key of the client has made its signature' end
    when p_reason like 'assertion%' then p_reason
  end
$$;

comment on function pgrant_rules.client_assertion_detail(jsonb, text) is
  'What a client is told of why its assertion is refused: whoever has a key of it hears why, and anybody else only what is wrong with the header, or that no key is the client''s.';

create type pgrant_api.client_keys as (
  error        pgrant_api.error,
  reason       text,
  jwks         jsonb,
  jwks_uri     text,
  fresh_until  bigint,
  fetching     text
);

comment on type pgrant_api.client_keys is 'The keys by which a client signs.';
comment on column pgrant_api.client_keys.jwks is 'JWK set (RFC 7517 5); null where none has been fetched yet.';
comment on column pgrant_api.client_keys.jwks_uri is 'Where they come from; null = they are registered.';
comment on column pgrant_api.client_keys.fresh_until is 'Epoch seconds after which they are to be fetched again; null = registered, or none.';
comment on column pgrant_api.client_keys.fetching is
  'claimed = the caller is to fetch jwks_uri now and to store the answer; under_way = another process is fetching; allowed = it may be claimed; null = it may not.';

create function pgrant_rules.client_keys_read(p_tenant uuid, p_client_id text) returns pgrant_api.client_keys
language plpgsql
as $$
declare
  v_out pgrant_api.client_keys;
begin
  select coalesce(c.jwks, s.jwks), c.jwks_uri, pgrant_rules.epoch(s.fresh_until),
         pgrant_rules.keys_fetching(c.jwks_uri, k.claimed_at, k.settled_at)
    into v_out.jwks, v_out.jwks_uri, v_out.fresh_until, v_out.fetching
    from pgrant.clients c
    left join pgrant.client_key_sets k on k.tenant_id = p_tenant and k.client_id = c.client_id
    left join pgrant.client_key_sets s on s.tenant_id = p_tenant and s.client_id = c.client_id and s.jwks_uri = c.jwks_uri
   where c.tenant_id = p_tenant
     and c.client_id = p_client_id
     and num_nonnulls(c.jwks, c.jwks_uri) = 1
     and c.disabled_at is null
     and coalesce(c.expires_at > now(), true);
  if not found then
    v_out.error := 'invalid_client';
    v_out.reason := 'client unknown, disabled, or without keys';
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_keys_read(uuid, text) is
  'The keys of a client as they are here, and whether its jwks_uri may be asked: once in 30 seconds, whoever wants it.';

create function pgrant_api.client_keys(p_tenant uuid, p_request_id text, p_address inet, p_client_id text, p_claim boolean)
returns pgrant_api.client_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.client_keys;
  v_now timestamptz := now();
  v_forsaken timestamptz := v_now - interval '30 seconds';
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out := pgrant_rules.client_keys_read(p_tenant, p_client_id);
  if p_claim and v_out.fetching = 'allowed' then
    insert into pgrant.client_key_sets as s (tenant_id, client_id, jwks_uri, claimed_at)
    values (p_tenant, p_client_id, v_out.jwks_uri, v_now)
        on conflict (tenant_id, client_id) do update
       set jwks_uri = excluded.jwks_uri,
           claimed_at = excluded.claimed_at,
           settled_at = null,
           jwks = case when s.jwks_uri = excluded.jwks_uri then s.jwks end,
           fetched_at = case when s.jwks_uri = excluded.jwks_uri then s.fetched_at end,
           fresh_until = case when s.jwks_uri = excluded.jwks_uri then s.fresh_until end
     where s.claimed_at <= v_forsaken;
    -- Whoever came second waits for the answer of the first.
    v_out.fetching := case when found then 'claimed' else 'under_way' end;
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.client_keys(uuid, text, inet, text, boolean) is
  'The public keys by which a client signs. With p_claim the caller may be the one that fetches its jwks_uri (fetching = claimed), and has to call client_keys_store then. Errors: invalid_client, which is recorded where the client authenticates or its request object is refused.';

create function pgrant_api.client_keys_store(
  p_tenant uuid, p_request_id text, p_address inet,
  p_client_id text, p_jwks_uri text, p_jwks jsonb, p_lifetime integer, p_failure text
) returns pgrant_api.client_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := now();
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  update pgrant.client_key_sets s
     set settled_at = v_now,
         jwks = coalesce(p_jwks, s.jwks),
         fetched_at = case when p_jwks is null then s.fetched_at else v_now end,
         fresh_until = v_now + make_interval(secs => case when p_jwks is null then 60 else least(greatest(p_lifetime, 60), 86400) end),
         last_error = case when p_jwks is null then p_failure end
   where s.tenant_id = p_tenant
     and s.client_id = p_client_id
     and s.jwks_uri = p_jwks_uri
     and s.settled_at is null;
  if found then
    perform pgrant_rules.audit(p_tenant, 'client_keys.store', case when p_jwks is null then 'temporarily_unavailable'::pgrant_api.error end,
                               case when p_jwks is null then p_failure end, p_client_id);
  end if;
  return pgrant_rules.client_keys_read(p_tenant, p_client_id);
end
$$;

comment on function pgrant_api.client_keys_store(uuid, text, inet, text, text, jsonb, integer, text) is
  'Takes what a claimed fetch of jwks_uri has given: the usable public keys, good for p_lifetime seconds (at least 60, at most 86400); or p_jwks null and why, which leaves the old copy for another 60. Without a claim nothing is stored. Returns what holds now. Errors: invalid_client.';
