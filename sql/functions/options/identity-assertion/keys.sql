-- The keys of issuers whose identity assertions are taken, fetched and registered.

create type pgrant_api.issuer_keys as (
  error        pgrant_api.error,
  reason       text,
  jwks         jsonb,
  jwks_uri     text,
  fresh_until  bigint,
  fetching     text
);

comment on type pgrant_api.issuer_keys is 'The keys by which an issuer signs identity assertions.';
comment on column pgrant_api.issuer_keys.jwks is 'JWK set (RFC 7517 5); null where none has been fetched yet.';
comment on column pgrant_api.issuer_keys.jwks_uri is 'Where they come from; null = they are registered.';
comment on column pgrant_api.issuer_keys.fresh_until is 'Epoch seconds after which they are to be fetched again; null = registered, or none.';
comment on column pgrant_api.issuer_keys.fetching is
  'claimed = the caller is to fetch jwks_uri now and to store the answer; under_way = another process is fetching; allowed = it may be claimed; null = it may not.';

create function pgrant_rules.issuer_keys_read(p_tenant uuid, p_issuer text) returns pgrant_api.issuer_keys
language plpgsql
as $$
declare
  v_out pgrant_api.issuer_keys;
begin
  select i.jwks, i.jwks_uri, pgrant_rules.epoch(i.fresh_until),
         pgrant_rules.keys_fetching(i.jwks_uri, i.claimed_at, i.settled_at)
    into v_out.jwks, v_out.jwks_uri, v_out.fresh_until, v_out.fetching
    from pgrant.identity_assertion_issuers i
   where i.tenant_id = p_tenant and i.issuer = p_issuer;
  if not found then
    v_out.error := 'invalid_grant';
    v_out.reason := 'the assertions of this issuer are not taken';
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.issuer_keys_read(uuid, text) is
  'The keys of an issuer as they are here, and whether its jwks_uri may be asked: once in 30 seconds, whoever wants it.';

create function pgrant_api.identity_assertion_keys(p_tenant uuid, p_request_id text, p_address inet, p_issuer text, p_claim boolean)
returns pgrant_api.issuer_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.issuer_keys;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out := pgrant_rules.issuer_keys_read(p_tenant, p_issuer);
  if p_claim and v_out.fetching = 'allowed' then
    update pgrant.identity_assertion_issuers i
       set claimed_at = now(), settled_at = null
     where i.tenant_id = p_tenant and i.issuer = p_issuer
       and (i.claimed_at is null or i.claimed_at <= now() - interval '30 seconds');
    -- Whoever came second waits for the answer of the first.
    v_out.fetching := case when found then 'claimed' else 'under_way' end;
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.identity_assertion_keys(uuid, text, inet, text, boolean) is
  'The public keys by which an issuer signs identity assertions. With p_claim the caller may be the one that fetches its jwks_uri (fetching = claimed), and has to call identity_assertion_keys_store then. Errors: invalid_grant, which is recorded where the assertion is refused.';

create function pgrant_api.identity_assertion_keys_store(
  p_tenant uuid, p_request_id text, p_address inet,
  p_issuer text, p_jwks_uri text, p_jwks jsonb, p_lifetime integer, p_failure text
) returns pgrant_api.issuer_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  update pgrant.identity_assertion_issuers i
     set settled_at = now(),
         jwks = coalesce(p_jwks, i.jwks),
         fetched_at = case when p_jwks is null then i.fetched_at else v_at end,
         fresh_until = now() + make_interval(secs => case when p_jwks is null then 60 else least(greatest(p_lifetime, 60), 86400) end),
         last_error = case when p_jwks is null then p_failure end
   where i.tenant_id = p_tenant and i.issuer = p_issuer and i.jwks_uri = p_jwks_uri and i.claimed_at is not null
     and i.settled_at is null;
  if found then
    perform pgrant_rules.audit(
      p_tenant, 'identity_assertion.keys_store', case when p_jwks is null then 'temporarily_unavailable'::pgrant_api.error end,
      case when p_jwks is null then p_failure end, null, p_detail => jsonb_build_object('issuer', p_issuer));
  end if;
  return pgrant_rules.issuer_keys_read(p_tenant, p_issuer);
end
$$;

comment on function pgrant_api.identity_assertion_keys_store(uuid, text, inet, text, text, jsonb, integer, text) is
  'Takes what a claimed fetch of jwks_uri has given: the usable public keys, good for p_lifetime seconds (at least 60, at most 86400); or p_jwks null and why, which leaves the old copy for another 60. Without a claim nothing is stored. Returns what holds now. Errors: invalid_grant.';
