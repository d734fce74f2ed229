-- UserInfo (OpenID Connect Core 5.3).

create type pgrant_api.userinfo as (
  error   pgrant_api.error,
  reason  text,
  detail  text,
  claims  jsonb,
  client_id text,
  alg     text,
  proof_algs text[]
);

comment on type pgrant_api.userinfo is 'Claims about the person (OpenID Connect Core 5.3).';
comment on column pgrant_api.userinfo.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.userinfo.alg is 'How they are signed for the client; null = they are not.';
comment on column pgrant_api.userinfo.proof_algs is
  'With an error: by what proofs of the client of the token are to be signed (RFC 9449 7.1, algs); null = as the tenant says.';

create function pgrant_rules.userinfo_entry(
  p_token pgrant_rules.live_token, p_possession pgrant_rules.possession, p_request_id text, p_address inet
) returns pgrant_rules.audit_entry
language plpgsql immutable
as $$
declare
  v_out pgrant_rules.audit_entry;
begin
  v_out.error := case when p_token.client_id is null then 'invalid_token'
                      when p_possession.error is not null then p_possession.error
                      when p_token.user_id is null or not 'openid' = any (p_token.scopes) then 'insufficient_scope' end;
  if v_out.error is not null then
    v_out.request_id := p_request_id;
    v_out.address := p_address;
    v_out.action := 'userinfo.read';
    v_out.reason := case when p_token.client_id is null then 'token unknown, expired or revoked, or its grant is dead'
                         when p_possession.error is not null then p_possession.reason
                         else 'token without openid' end;
    v_out.client_id := p_token.client_id;
    v_out.user_id := p_token.user_id;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.userinfo_entry(pgrant_rules.live_token, pgrant_rules.possession, text, inet) is
  'Why a token gives no claims, to be recorded; error null = it does, and nothing is.';

create function pgrant_api.userinfo_read(
  p_tenant uuid, p_request_id text[], p_address inet[], p_possession jsonb[],
  p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[]
) returns setof pgrant_api.userinfo
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_token pgrant_rules.live_token;
  v_tokens pgrant_rules.live_token[];
  v_cnf jsonb[];
  v_profile text[];
  v_possessions pgrant_rules.possession[];
  v_entries pgrant_rules.audit_entry[];
  v_errors pgrant_api.error[];
  v_function text;
  v_out pgrant_api.userinfo;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  select t.claims_function into v_function
    from pgrant.tenants t where t.tenant_id = p_tenant and 'userinfo' = any (t.claims_function_targets);
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt));
  for i in 1 .. cardinality(v_tokens) loop
    v_cnf[i] := (v_tokens[i]).cnf;
    v_profile[i] := (v_tokens[i]).security_profile;
  end loop;
  v_possessions := pgrant_rules.tokens_possessed(p_tenant, v_cnf, v_profile, p_possession);
  for i in 1 .. cardinality(v_tokens) loop
    v_entries[i] := pgrant_rules.userinfo_entry(v_tokens[i], v_possessions[i], p_request_id[i], p_address[i]);
  end loop;
  v_errors := pgrant_rules.audit_all(p_tenant, v_entries);
  for i in 1 .. cardinality(v_tokens) loop
    v_token := v_tokens[i];
    v_out := null;
    v_out.error := v_errors[i];
    v_out.reason := (v_entries[i]).reason;
    v_out.detail := (v_possessions[i]).detail;
    if v_out.error is not null then
      v_out.proof_algs := pgrant_rules.proof_algs(p_tenant, v_token.security_profile);
    else
      v_out.claims := pgrant_rules.custom_claims(p_tenant, v_function, v_token.user_id, v_token.client_id, v_token.scopes)
        || pgrant_rules.claims_given(p_tenant, v_token.user_id, v_token.scopes, v_token.claims_userinfo, v_token.access_claims)
        || jsonb_build_object('sub', v_token.subject);
      v_out.client_id := v_token.client_id;
      v_out.alg := v_token.userinfo_alg;
    end if;
    return next v_out;
  end loop;
end
$$;

comment on function pgrant_api.userinfo_read(uuid, text[], inet[], jsonb[], bytea[], bigint[], jsonb[]) is
  'Claims about the people behind access tokens with openid (OpenID Connect Core 5.3), a set of requests at once: by their scopes, and those asked for one by one. p_possession are the keys that were proven, with a proof where the token came as DPoP. Writes nothing where it is granted, but that a proof is used. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, too_many_attempts, flood.';
