-- UserInfo (OpenID Connect Core 5.3).

create type pgrant_api.userinfo as (
  error   pgrant_api.error,
  reason  text,
  detail  text,
  claims  jsonb,
  client_id text,
  alg     text
);

comment on type pgrant_api.userinfo is 'Claims about the person (OpenID Connect Core 5.3).';
comment on column pgrant_api.userinfo.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.userinfo.alg is 'How they are signed for the client; null = they are not.';

create function pgrant_api.userinfo_read(
  p_tenant uuid, p_request_id text[], p_address inet[], p_possession jsonb[],
  p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[]
) returns setof pgrant_api.userinfo
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tokens pgrant_rules.live_token[];
  v_possessions pgrant_rules.possession[];
  v_entries pgrant_rules.audit_entry[];
  v_errors pgrant_api.error[];
  v_function text;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  select t.claims_function into v_function
    from pgrant.tenants t where t.tenant_id = p_tenant and 'userinfo' = any (t.claims_function_targets);
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(p_tenant, p_access_hash, p_access_expires_at, p_jwt));
  v_possessions := pgrant_rules.tokens_possessed(p_tenant, array(select t.cnf from unnest(v_tokens) t), p_possession);
  v_entries := array(
    select case when t.client_id is null
                then row(q.request_id, q.address, 'userinfo.read', 'invalid_token',
                         'token unknown, expired or revoked, or its grant is dead', null, null, null, null, null)::pgrant_rules.audit_entry
                when v.error is not null
                then row(q.request_id, q.address, 'userinfo.read', v.error, v.reason,
                         t.client_id, t.user_id, null, null, null)::pgrant_rules.audit_entry
                when t.user_id is null or not 'openid' = any (t.scopes)
                then row(q.request_id, q.address, 'userinfo.read', 'insufficient_scope', 'token without openid',
                         t.client_id, t.user_id, null, null, null)::pgrant_rules.audit_entry
           end
      from unnest(p_request_id, p_address) with ordinality q (request_id, address, n)
      join unnest(v_tokens) with ordinality t on t.ordinality = q.n
      left join unnest(v_possessions) with ordinality v on v.ordinality = q.n
     order by q.n);
  v_errors := pgrant_rules.audit_all(p_tenant, v_entries);
  return query
  select v_errors[t.ordinality], (v_entries[t.ordinality]).reason, (v_possessions[t.ordinality]).detail,
         case when u.user_id is not null then
           pgrant_rules.custom_claims(p_tenant, v_function, t.user_id, t.client_id, t.scopes)
           || pgrant_rules.claims_given(p_tenant, t.user_id, t.scopes, t.claims_userinfo, t.access_claims)
             || jsonb_build_object('sub', t.subject) end,
         case when u.user_id is not null then t.client_id end, case when u.user_id is not null then t.userinfo_alg end
    from unnest(v_tokens) with ordinality t
    left join pgrant.users u
      on u.tenant_id = p_tenant and u.user_id = t.user_id and v_errors[t.ordinality] is null
   order by t.ordinality;
end
$$;

comment on function pgrant_api.userinfo_read(uuid, text[], inet[], jsonb[], bytea[], bigint[], jsonb[]) is
  'Claims about the people behind access tokens with openid (OpenID Connect Core 5.3), a set of requests at once: by their scopes, and those asked for one by one. p_possession are the keys that were proven, with a proof where the token came as DPoP. Writes nothing where it is granted, but that a proof is used. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, too_many_attempts, flood.';
