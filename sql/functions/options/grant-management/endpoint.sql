-- The grant management endpoint (Grant Management for OAuth 2.0 6): a client asks what a grant says, and gives it back.

create type pgrant_api.managed_grant as (
  error                  pgrant_api.error,
  reason                 text,
  detail                 text,
  scopes                 text[],
  resources              text[],
  claims                 text[],
  authorization_details  jsonb,
  created_at             text,
  last_updated_at        text,
  expires_at             text,
  proof_algs             text[]
);

comment on type pgrant_api.managed_grant is 'What a grant says now. Times are ISO 8601 in UTC.';
comment on column pgrant_api.managed_grant.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.managed_grant.claims is 'The claims that were asked for one by one.';
comment on column pgrant_api.managed_grant.resources is 'What tokens may be for (RFC 8707); {} = the tenant''s own audience.';
comment on column pgrant_api.managed_grant.authorization_details is 'Array of authorization details (RFC 9396); [] = none.';
comment on column pgrant_api.managed_grant.last_updated_at is 'When the person last consented.';
comment on column pgrant_api.managed_grant.expires_at is 'When it ends unless it is used; null = never.';

comment on column pgrant_api.managed_grant.proof_algs is
  'With an error: by what proofs of the client of the token are to be signed (RFC 9449 7.1, algs); null = as the tenant says.';

create type pgrant_api.ended_grant as (
  error       pgrant_api.error,
  reason      text,
  detail      text,
  proof_algs  text[]
);

comment on type pgrant_api.ended_grant is 'Whether a grant has ended.';
comment on column pgrant_api.ended_grant.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.ended_grant.proof_algs is
  'With an error: by what proofs of the client of the token are to be signed (RFC 9449 7.1, algs); null = as the tenant says.';

create type pgrant_rules.grant_found as (
  error      pgrant_api.error,
  reason     text,
  detail     text,
  client_id  text,
  user_id    uuid,
  granted    pgrant.grants,
  proof_algs text[]
);

comment on type pgrant_rules.grant_found is 'The grant that a request at the endpoint is about; error null = its client may do with it what it asks for.';
comment on column pgrant_rules.grant_found.granted is 'The grant; null with error.';
comment on column pgrant_rules.grant_found.proof_algs is 'By what proofs of its client are to be signed; null = as the tenant says.';

create function pgrant_rules.grant_find(
  p_tenant uuid, p_possession jsonb, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_grant_id uuid, p_scope text
) returns pgrant_rules.grant_found
language plpgsql
as $$
declare
  v_out pgrant_rules.grant_found;
  v_token pgrant_rules.live_token;
  v_proven pgrant_rules.possession;
  v_client pgrant_rules.client_policies;
begin
  v_token := (pgrant_rules.tokens_live(
    p_tenant, pgrant_rules.tokens_find(p_tenant, array[p_access_hash], array[p_access_expires_at], array[p_jwt])))[1];
  v_proven := (pgrant_rules.tokens_possessed(p_tenant, array[v_token.cnf], array[v_token.security_profile], array[p_possession]))[1];
  v_client := pgrant_rules.client_find(p_tenant, v_token.client_id);
  if v_client.client_id is null then
    v_out.error := 'invalid_token';
    v_out.reason := 'token unknown, expired or revoked, or its grant is dead';
    return v_out;
  end if;
  v_out.client_id := v_token.client_id;
  v_out.user_id := v_token.user_id;
  v_out.proof_algs := pgrant_rules.proof_algs(p_tenant, v_token.security_profile);
  if v_proven.error is not null then
    v_out.error := v_proven.error;
    v_out.reason := v_proven.reason;
    v_out.detail := v_proven.detail;
  elsif not v_token.audience && v_client.audience then
    v_out.error := 'invalid_token';
    v_out.reason := 'token for another audience';
  elsif not p_scope = any (v_token.scopes) then
    v_out.error := 'insufficient_scope';
    v_out.reason := 'token without ' || p_scope;
  elsif not v_client.grant_management then
    v_out.error := 'insufficient_scope';
    v_out.reason := 'the client may not manage grants';
  else
    -- A token of a person is good for the grant of that person.
    select g into v_out.granted
      from pgrant.grants g
     where g.tenant_id = p_tenant and g.grant_id = p_grant_id and g.client_id = v_token.client_id
       and g.user_id = coalesce(v_token.user_id, g.user_id) and g.revoked_at is null and g.expires_at > now();
    if not found then
      v_out.error := 'not_found';
      v_out.reason := 'grant unknown, revoked, or not of this client';
    end if;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.grant_find(uuid, jsonb, bytea, bigint, jsonb, uuid, text) is
  'The live grant of the client whose access token with p_scope is presented. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, not_found, which is the same for every grant that is not the client''s.';

create function pgrant_api.grant_query(
  p_tenant uuid, p_request_id text, p_address inet, p_possession jsonb,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_grant_id uuid
) returns pgrant_api.managed_grant
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.managed_grant;
  v_found pgrant_rules.grant_found;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_found := pgrant_rules.grant_find(p_tenant, p_possession, p_access_hash, p_access_expires_at, p_jwt, p_grant_id,
                                     'grant_management_query');
  if v_found.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'grant.query', v_found.error, v_found.reason, v_found.client_id, v_found.user_id);
    v_out.reason := v_found.reason;
    v_out.detail := v_found.detail;
    v_out.proof_algs := v_found.proof_algs;
    return v_out;
  end if;
  select (v_found.granted).scopes, (v_found.granted).resources, (v_found.granted).claims,
         pgrant_rules.details_effective(p_tenant, c.authorization_details_types, (v_found.granted).authorization_details,
                                        (v_found.granted).authorization_details, null),
         pgrant_rules.iso8601((v_found.granted).created_at), pgrant_rules.iso8601((v_found.granted).consented_at),
         pgrant_rules.iso8601((v_found.granted).expires_at)
    into v_out.scopes, v_out.resources, v_out.claims, v_out.authorization_details, v_out.created_at, v_out.last_updated_at,
         v_out.expires_at
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.client_id = v_found.client_id;
  return v_out;
end
$$;

comment on function pgrant_api.grant_query(uuid, text, inet, jsonb, bytea, bigint, jsonb, uuid) is
  'What a grant of the client says (Grant Management 6.4): what the person has allowed, of which tokens get what the client and the person may have. p_possession are the keys that were proven. Writes nothing where it is granted, but that a proof is used. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, not_found, too_many_attempts, flood.';

create function pgrant_api.grant_revoke(
  p_tenant uuid, p_request_id text, p_address inet, p_possession jsonb,
  p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_grant_id uuid
) returns pgrant_api.ended_grant
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.ended_grant;
  v_found pgrant_rules.grant_found;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_found := pgrant_rules.grant_find(p_tenant, p_possession, p_access_hash, p_access_expires_at, p_jwt, p_grant_id,
                                     'grant_management_revoke');
  if v_found.error is null
     and (pgrant_rules.grant_end(p_tenant, p_grant_id, 'revoked by the client')).grant_id is null then
    v_found.error := 'not_found';
    v_found.reason := 'revoked meanwhile';
  end if;
  v_out.error := pgrant_rules.audit(p_tenant, 'grant.revoke', v_found.error, v_found.reason, v_found.client_id,
                                    coalesce((v_found.granted).user_id, v_found.user_id), (v_found.granted).grant_id);
  v_out.reason := v_found.reason;
  v_out.detail := v_found.detail;
  v_out.proof_algs := case when v_out.error is not null then v_found.proof_algs end;
  return v_out;
end
$$;

comment on function pgrant_api.grant_revoke(uuid, text, inet, jsonb, bytea, bigint, jsonb, uuid) is
  'Ends a grant of the client with every token that hangs on it (Grant Management 6.5). p_possession are the keys that were proven. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, not_found, too_many_attempts, flood.';
