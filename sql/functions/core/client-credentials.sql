-- Confidential clients that act for themselves (RFC 6749 4.4).

create function pgrant_rules.client_credentials_decide(
  p_tenant uuid, p_request_id text[], p_address inet[], p_client_id text[],
  p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_reason text[], p_detail text[],
  p_scope text[], p_resource text[], p_access_hash bytea[], p_authorization_details jsonb[]
) returns pgrant_rules.token_decision[]
language plpgsql
as $$
declare
  v_defined text[] := array(select s.scope from pgrant.scopes s where s.tenant_id = p_tenant);
  v_known record;
  v_issued_at timestamptz := pgrant_rules.whole_second(now());
begin
  select s.* into v_known
    from pgrant_rules.scopes_find(p_tenant, v_defined, array(select c.maker_id from unnest(p_client) c)) s;
  return array(
    with presented as materialized (
      select q.*, c.maker_id, c.authorization_details_types, c.audience, c.access_token_format, c.access_token_alg,
             c.access_token_typ, c.access_token_lifetime,
             string_to_array(q.scope, ' ') as asked,
             coalesce(string_to_array(q.scope, ' '), case when q.authorization_details is not null then '{}'::text[] end,
                      -- What means a person, or claims of one, a client has to name.
                      array(select s.scope from unnest(c.scopes) with ordinality s (scope, n)
                             where s.scope not in ('openid', 'offline_access', 'profile', 'email', 'address', 'phone')
                             order by s.n)) as requested,
             -- Without a list of its own a client has every scope that is no role: a role is given to a client by name.
             coalesce(c.scopes, array(select s.scope from unnest(v_known.o_defined) s (scope)
                                       where not s.scope = any (v_known.o_roles))) as client_scopes,
             case when q.resource <> '' or c.default_resource is not null
                  then pgrant_rules.resource_target(
                    p_tenant, c.scopes, string_to_array(coalesce(nullif(q.resource, ''), c.default_resource), ' '), null) end as target
        from unnest(p_request_id, p_address, p_client_id, p_error, p_reason, p_detail, p_scope, p_resource, p_access_hash,
                    p_authorization_details)
             with ordinality q (request_id, address, client_id, error, reason, detail, scope, resource, access_hash,
                                authorization_details, n)
        join unnest(p_client) with ordinality c on c.ordinality = q.n
    ), narrowed as materialized (
      select p.*,
             pgrant_rules.scopes_effective(p.requested, coalesce((p.target).scopes, p.client_scopes), null, p.maker_id,
                                           v_known.o_defined, v_known.o_roles, v_known.o_held) as scopes,
             (select a.scope from unnest(p.asked) a (scope) where not a.scope = any (v_defined) limit 1) as unknown,
             case when p.authorization_details is not null then pgrant_rules.details_narrow(
               p_tenant, p.authorization_details_types, p.authorization_details, null, null, (p.target).audience) end as details
        from presented p
    ), decided as materialized (
      select p.*,
             case when p.error is not null then p.reason
                  when (p.target).error is not null then (p.target).reason
                  when p.unknown is not null then 'unknown scope ' || p.unknown
                  -- There is no person whose identity or absence these could be about.
                  when p.asked && array['openid', 'offline_access'] then 'openid or offline_access without a person'
                  when p.scopes = '{}' and p.asked <> '{}' then 'the client may ask for none of these scopes'
                  when (p.details).error is not null then (p.details).reason
             end as refused
        from narrowed p
    )
    select row(
             p.n, p.request_id, p.address, case when p.error is null then 'client_credentials.issue' else 'client.authenticate' end,
             case when p.refused is null or p.error is not null then p.error
                  when (p.details).reason = p.refused then (p.details).error
                  else coalesce((p.target).error, 'invalid_scope') end,
             p.refused,
             case when p.error is not null then p.detail
                  when (p.details).reason = p.refused then (p.details).detail
                  when (p.target).error is null then coalesce(p.unknown, (
                    select string_agg(a.scope, ' ' order by a.n) from unnest(p.asked) with ordinality a (scope, n)
                     where a.scope in ('openid', 'offline_access') or not p.asked && array['openid', 'offline_access']))
             end,
             p.client_id, p.maker_id, null, null, null, null, null, null, null, null, null,
             case when p.error is null and p.scopes <> p.asked then p.asked end, null, p.scopes,
             array(select s.scope from unnest(p.scopes) s (scope) where s.scope = any (v_known.o_roles)),
             coalesce((p.target).audience, p.audience), coalesce((p.target).access_token_format, p.access_token_format),
             coalesce((p.target).access_token_alg, p.access_token_alg), coalesce((p.target).access_token_typ, p.access_token_typ),
             p.access_hash,
             v_issued_at + make_interval(secs => coalesce((p.target).access_token_lifetime, p.access_token_lifetime)),
             null, null, null, null, null, (p.details).details, null, null, null
           )::pgrant_rules.token_decision
      from decided p
     order by p.n);
end
$$;

comment on function pgrant_rules.client_credentials_decide(uuid, text[], inet[], text[], pgrant_rules.client_policies[], pgrant_api.error[], text[], text[], text[], text[], bytea[], jsonb[]) is
  'Decides what each client gets for itself, and does nothing. p_client, p_error, p_reason and p_detail are of clients_authenticate.';

create function pgrant_api.client_credentials_issue(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_scope text[], p_access_hash bytea[], p_resource text[], p_authorization_details jsonb[]
) returns setof pgrant_api.tokens
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash,
                                           p_assertion, p_possession, 'client_credentials') a;
  return query
  select t.*
    from pgrant_rules.tokens_issue(p_tenant, v_auth.o_client, pgrant_rules.client_credentials_decide(
           p_tenant, p_request_id, p_address, p_client_id, v_auth.o_client, v_auth.o_error, v_auth.o_reason, v_auth.o_detail,
           p_scope, p_resource, p_access_hash, p_authorization_details), v_auth.o_cnf) t;
end
$$;

comment on function pgrant_api.client_credentials_issue(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], text[], bytea[], text[], jsonb[]) is
  'Issues access tokens to confidential clients for themselves, a set of requests at once; to an API credential never more than the current roles of its maker. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood.';
