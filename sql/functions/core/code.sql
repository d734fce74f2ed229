-- Codes become tokens.

create function pgrant_rules.code_refusal(
  p_code pgrant.codes, p_client_id text, p_redirect_uri text, p_code_challenge text, p_jkt text
) returns text
language sql stable
as $$
  select case
    when p_code.code_hash is null then 'code unknown'
    when p_code.client_id <> p_client_id then 'code of another client'
    when p_code.dpop_jkt is distinct from p_jkt and p_code.dpop_jkt is not null then 'code of another key'
    when p_redirect_uri <> p_code.redirect_uri then 'redirect_uri differs'
    -- OAuth 2.1 10.2 drops the parameter for clients that use PKCE; RFC 6749 4.1.3 holds for the others.
    when p_redirect_uri is null and p_code.redirect_uri_sent and p_code.code_challenge is null
      then 'redirect_uri missing'
    when p_code.code_challenge is null and p_code_challenge is not null
      -- RFC 9700 4.8.2: a verifier for a code that was asked for without a challenge is a downgrade.
      then 'code_verifier without a code_challenge'
    when p_code.code_challenge is distinct from p_code_challenge then 'code_verifier missing or wrong'
    when p_code.expires_at <= now() and p_code.used_at is null then 'code expired'
  end
$$;

comment on function pgrant_rules.code_refusal(pgrant.codes, text, text, text, text) is
  'Why a code is not this caller''s to redeem, or null. A wrong client, key (RFC 9449 10), redirect URI or verifier burns nothing.';

create function pgrant_rules.codes_lock(p_tenant uuid, p_code_hash bytea[], p_code_expires_at bigint[]) returns pgrant.codes[]
language plpgsql
as $$
declare
  v_expiries timestamptz[] := array(select pgrant_rules.moment(e.epoch) from unnest(p_code_expires_at) e (epoch));
begin
  -- The grant is locked before the code, as everywhere. What is read after it, nobody else is about to change.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant
      and g.grant_id = any (array(select c.grant_id from pgrant.codes c
                                   where c.tenant_id = p_tenant and c.code_hash = any (p_code_hash)
                                     and c.expires_at = any (v_expiries)))
    order by g.grant_id
      for no key update;
  return array(select c from pgrant.codes c
                where c.tenant_id = p_tenant and c.code_hash = any (p_code_hash) and c.expires_at = any (v_expiries)
                order by c.code_hash
                  for update);
end
$$;

comment on function pgrant_rules.codes_lock(uuid, bytea[], bigint[]) is
  'The codes with these digests and expiries, used or not, locked together with their grants.';

create function pgrant_rules.codes_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_code pgrant.codes[], p_code_hash bytea[], p_redirect_uri text[], p_code_challenge text[], p_resource text[],
  p_access_hash bytea[], p_cnf jsonb[], p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_known record;
  v_issued_at timestamptz := pgrant_rules.whole_second(now());
begin
  select s.* into v_known
    from pgrant_rules.scopes_find(p_tenant, array(select distinct unnest(c.scopes) from unnest(p_code) c),
                                  array(select c.user_id from unnest(p_code) c)) s;
  return array(
    with presented as materialized (
      select q.*, c.scopes as client_scopes, c.authorization_details_types as types, k.authorization_details as held, c.audience,
             c.access_token_format, c.access_token_alg, c.access_token_typ, c.access_token_lifetime, c.refresh_lifetime,
             c.refresh_idle_lifetime, 'refresh_token' = any (c.grant_types) as refresh_token, k as code,
             pgrant_rules.code_refusal(k, q.client_id, q.redirect_uri, q.code_challenge, q.cnf ->> 'jkt') as refusal,
             case when u.user_id is not null then g.scopes end as consented, g.authorization_details as granted,
             exists (select from pgrant.sessions s
                      where s.tenant_id = p_tenant and s.session_id = k.session_id and s.ended_at is null) as signed_in,
             case when q.resource <> '' or k.resources <> '{}'
                  then pgrant_rules.resource_target(p_tenant, c.scopes, string_to_array(q.resource, ' '), k.resources) end as target
        from unnest(p_request_id, p_address, p_client_id, p_error, p_reason, p_detail, p_code_hash, p_redirect_uri, p_code_challenge,
                    p_resource, p_access_hash, p_cnf, p_authorization_details)
             with ordinality q (request_id, address, client_id, error, reason, detail, code_hash, redirect_uri, code_challenge,
                                resource, access_hash, cnf, asked, n)
        join unnest(p_client) with ordinality c on c.ordinality = q.n
        left join unnest(p_code) k on k.code_hash = q.code_hash
        left join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = k.grant_id and g.revoked_at is null
        left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
    ), narrowed as materialized (
      select p.*, coalesce((p.target).access_token_lifetime, p.access_token_lifetime) as lifetime,
             pgrant_rules.scopes_effective((p.code).scopes, coalesce((p.target).scopes, p.client_scopes), p.consented,
                                           (p.code).user_id, v_known.o_defined, v_known.o_roles, v_known.o_held) as scopes,
             case when p.asked is not null or p.held <> '[]' then pgrant_rules.details_narrow(
               p_tenant, p.types, p.asked, p.held, p.granted, (p.target).audience) end as details
        from presented p
    ), decided as materialized (
      select p.*, v_issued_at + make_interval(secs => case when p.refresh_token then p.refresh_lifetime else p.lifetime end) as dead_at,
             case when p.error is not null then p.reason
                  when p.refusal is not null then p.refusal
                  -- RFC 6749 4.1.2, RFC 9700 4.5: somebody has a copy of the code.
                  when (p.code).used_at is not null then 'code used twice'
                  when p.consented is null then 'grant revoked or user disabled'
                  -- Who is told of the logout has been told: nothing would end a session that the client begins now.
                  when not p.signed_in then 'the person has signed out'
                  when (p.target).error is not null then (p.target).reason
                  when (p.details).error is not null then (p.details).reason
                  when p.scopes = '{}' and coalesce((p.details).details, '[]') = '[]' then 'no scope is left'
             end as refused
        from narrowed p
    )
    select row(
             p.n, p.request_id, p.address,
             case when p.error is not null then 'client.authenticate'
                  when p.refusal is null and (p.code).used_at is not null then 'code.reuse' else 'code.redeem' end,
             case when p.refused is null or p.error is not null then p.error
                  when p.refusal is not null or (p.code).used_at is not null or p.consented is null or not p.signed_in then 'invalid_grant'
                  else coalesce((p.target).error, (p.details).error, 'invalid_grant') end,
             p.refused,
             case when p.error is not null then p.detail when (p.details).reason = p.refused then (p.details).detail
                  when p.refused = 'no scope is left' then array_to_string((p.code).scopes, ' ') end,
             p.client_id, (p.code).user_id, (p.code).grant_id, case when p.refused is null then gen_random_uuid()
                                                                    else (p.code).family_id end, p.dead_at,
             (p.code).session_id, (p.code).auth_time, (p.code).acr, (p.code).amr, (p.code).nonce, (p.code).claims_id_token,
             null, p.consented, p.scopes, array(select s.scope from unnest(p.scopes) s (scope) where s.scope = any (v_known.o_roles)),
             coalesce((p.target).audience, p.audience), coalesce((p.target).access_token_format, p.access_token_format),
             coalesce((p.target).access_token_alg, p.access_token_alg), coalesce((p.target).access_token_typ, p.access_token_typ),
             p.access_hash, least(v_issued_at + make_interval(secs => p.lifetime), p.dead_at), p.refresh_token, null, null, null,
             case when p.refresh_token then least(v_issued_at + make_interval(secs => p.refresh_idle_lifetime), p.dead_at)
                  else p.dead_at end, (p.details).details, null, null, (p.code).grant_management_action
           )::pgrant_rules.token_decision
      from decided p
     order by p.n);
end
$$;

comment on function pgrant_rules.codes_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], pgrant.codes[], bytea[], text[], text[], text[], bytea[], jsonb[], jsonb[]) is
  'Decides what each code gives, and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate, p_code the codes behind p_code_hash, locked.';
