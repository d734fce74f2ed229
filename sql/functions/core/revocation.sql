-- Revocation (RFC 7009).

create function pgrant_rules.access_tokens_revoke(
  p_tenant uuid, p_client_id text[], p_error pgrant_api.error[], p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[]
) returns table (n bigint, family_id uuid)
language plpgsql
as $$
begin
  return query
  update pgrant.access_tokens t
     set revoked_at = now()
    from unnest(p_client_id, p_error, p_access_hash, p_access_expires_at) with ordinality
         q (client_id, error, access_hash, access_expires_at, n)
   where t.tenant_id = p_tenant
     and t.token_hash = q.access_hash
     and t.expires_at = to_timestamp(q.access_expires_at)
     and t.client_id = q.client_id
     and t.revoked_at is null
     and q.error is null
  returning q.n, t.family_id;

  return query
  select distinct on (q.jwt ->> 'jti') q.n, (q.jwt ->> 'family_id')::uuid
    from unnest(p_client_id, p_error, p_jwt) with ordinality q (client_id, error, jwt, n)
   where q.error is null
     and q.jwt ->> 'client_id' = q.client_id
     and pgrant_rules.moment((q.jwt ->> 'exp')::bigint) > now()
     and not exists (select from pgrant.revoked_tokens r
                      where r.tenant_id = p_tenant and r.jti = q.jwt ->> 'jti'
                        and r.expires_at = pgrant_rules.moment((q.jwt ->> 'exp')::bigint))
   order by q.jwt ->> 'jti', q.n;
  insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
  select p_tenant, q.jwt ->> 'jti', pgrant_rules.moment((q.jwt ->> 'exp')::bigint)
    from unnest(p_client_id, p_error, p_jwt) with ordinality q (client_id, error, jwt, n)
   where q.error is null
     and q.jwt ->> 'client_id' = q.client_id
     and pgrant_rules.moment((q.jwt ->> 'exp')::bigint) > now()
      on conflict do nothing;
end
$$;

comment on function pgrant_rules.access_tokens_revoke(uuid, text[], pgrant_api.error[], bytea[], bigint[], jsonb[]) is
  'Revokes the access tokens, opaque or JWT, that clients present which have them. Returns which requests did, the first of each token, and of which family.';

create function pgrant_rules.refresh_tokens_revoke(
  p_tenant uuid, p_client_id text[], p_error pgrant_api.error[], p_handle_hash bytea[], p_refresh_hash bytea[]
) returns table (n bigint, family_id uuid)
language plpgsql
as $$
declare
  v_families uuid[] := array(
    select f.family_id
      from unnest(p_client_id, p_error, p_handle_hash, p_refresh_hash) with ordinality
           q (client_id, error, handle_hash, refresh_hash, n)
      left join pgrant.token_families f
        on f.tenant_id = p_tenant and f.handle_hash = q.handle_hash and f.client_id = q.client_id
       and q.refresh_hash in (f.current_hash, f.previous_hash) and q.error is null
     order by q.n);
begin
  return query
  select min(p.n), p.family_id
    from unnest(v_families) with ordinality p (family_id, n)
    join pgrant_rules.families_revoke(p_tenant, v_families, 'revoked by its client') r (family_id) on r.family_id = p.family_id
   group by p.family_id;
end
$$;

comment on function pgrant_rules.refresh_tokens_revoke(uuid, text[], pgrant_api.error[], bytea[], bytea[]) is
  'Revokes the families of the refresh tokens, current or one before, that clients present which have them. Returns which requests did, the first of each family.';

create function pgrant_api.token_revoke(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[], p_handle_hash bytea[], p_refresh_hash bytea[]
) returns setof pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_entries pgrant_rules.audit_entry[];
  v_errors pgrant_api.error[];
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash,
                                           p_assertion, p_possession) a;
  -- One after the other: a family is revoked before what hangs on it is looked at.
  v_entries := pgrant_rules.authentication_entries(p_request_id, p_address, p_client_id, v_auth.o_error, v_auth.o_reason)
    || array(
    select row(p_request_id[r.n], p_address[r.n], 'token.revoke', null, null, p_client_id[r.n], f.user_id, f.grant_id,
               r.family_id, jsonb_build_object('token_type', 'refresh_token'))::pgrant_rules.audit_entry
      from pgrant_rules.refresh_tokens_revoke(p_tenant, p_client_id, v_auth.o_error, p_handle_hash, p_refresh_hash) r
      join pgrant.token_families f on f.tenant_id = p_tenant and f.family_id = r.family_id
     order by r.n)
    || array(
    select row(p_request_id[r.n], p_address[r.n], 'token.revoke', null, null, p_client_id[r.n], f.user_id, f.grant_id,
               r.family_id, jsonb_strip_nulls(jsonb_build_object('token_type', 'access_token',
                                                                 'jti', p_jwt[r.n] ->> 'jti')))::pgrant_rules.audit_entry
      from pgrant_rules.access_tokens_revoke(p_tenant, p_client_id, v_auth.o_error, p_access_hash, p_access_expires_at, p_jwt) r
      left join pgrant.token_families f on f.tenant_id = p_tenant and f.family_id = r.family_id
     order by r.n);
  v_errors := pgrant_rules.audit_all(p_tenant, v_entries);
  return query
  select v_errors[q.n], q.reason from unnest(v_auth.o_reason) with ordinality q (reason, n) order by q.n;
end
$$;

comment on function pgrant_api.token_revoke(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bigint[], jsonb[], bytea[], bytea[]) is
  'Revokes tokens of the calling clients (RFC 7009), a set of requests at once: an access token alone, a refresh token with its whole family. A token that is not the caller''s is like one that does not exist: no error. Errors: invalid_client, too_many_attempts, flood.';
