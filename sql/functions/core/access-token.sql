-- Access tokens after they were issued: which a request presents, and whether it is good now.

create type pgrant_rules.live_token as (
  client_id        text,
  user_id          uuid,
  username         text,
  family_id        uuid,
  scopes           text[],
  audience         text[],
  issued_at        timestamptz,
  expires_at       timestamptz,
  auth_time        timestamptz,
  acr              text,
  claims_userinfo  text[],
  userinfo_alg     text,
  access_claims    jsonb,
  subject          text,
  grant_id         uuid,
  cnf              jsonb,
  details          jsonb,
  act              jsonb,
  family_client_id text
);

comment on type pgrant_rules.live_token is 'A token that is presented, and what it is good for now.';
comment on column pgrant_rules.live_token.subject is 'What its client calls the person; null without one.';
comment on column pgrant_rules.live_token.cnf is 'The key that it is bound to; null = none.';
comment on column pgrant_rules.live_token.family_client_id is 'Of one that was exchanged: the client of its family; null = client_id.';
comment on column pgrant_rules.live_token.act is 'Who acts for the person (RFC 8693 4.1); null = its client.';
comment on column pgrant_rules.live_token.details is 'Its authorization details (RFC 9396); null = none.';

create function pgrant_rules.tokens_find(
  p_tenant uuid, p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[],
  p_handle_hash bytea[] default null, p_refresh_hash bytea[] default null, p_key_hash bytea[] default null
) returns pgrant_rules.live_token[]
language plpgsql stable
as $$
begin
  return array(
    select case
             when q.access_hash is not null then (
               select row(t.client_id, t.user_id, null, t.family_id, t.scopes, t.audience, t.issued_at, t.expires_at,
                          null, null, null, null, null, null, null, t.cnf, t.authorization_details, t.act,
                          t.family_client_id)::pgrant_rules.live_token
                 from pgrant.access_tokens t
                where t.tenant_id = p_tenant
                  and t.token_hash = q.access_hash
                  and t.expires_at = pgrant_rules.moment(q.access_expires_at)
                  and t.revoked_at is null)
             when q.jwt is not null then (
               select row(q.jwt ->> 'client_id', null, null, (q.jwt ->> 'family_id')::uuid, string_to_array(q.jwt ->> 'scope', ' '),
                          array(select jsonb_array_elements_text(q.jwt -> 'aud')), pgrant_rules.moment((q.jwt ->> 'iat')::bigint),
                          pgrant_rules.moment((q.jwt ->> 'exp')::bigint), null, null, null, null, null, null,
                          null, q.jwt -> 'cnf', q.jwt -> 'authorization_details', q.jwt -> 'act',
                          q.jwt ->> 'family_client_id')::pgrant_rules.live_token
                 from pgrant.tenants t
                where t.tenant_id = p_tenant
                  and t.issuer = q.jwt ->> 'iss'
                  and not exists (select from pgrant.revoked_tokens r
                                   where r.tenant_id = p_tenant and r.jti = q.jwt ->> 'jti'
                                     and r.expires_at = pgrant_rules.moment((q.jwt ->> 'exp')::bigint)))
             when q.handle_hash is not null then (
               select row(f.client_id, f.user_id, null, f.family_id, f.scopes, null, f.created_at, f.idle_expires_at,
                          null, null, null, null, null, null, null, f.cnf,
                          f.authorization_details, null, null)::pgrant_rules.live_token
                 from pgrant.token_families f
                where f.tenant_id = p_tenant and f.handle_hash = q.handle_hash and f.current_hash = q.refresh_hash)
             when q.key_hash is not null then (
               select row(c.client_id, null, null, null, coalesce((k.target).scopes, c.scopes),
                          coalesce((k.target).audience, array[coalesce(t.audience, t.issuer)]), now(), s.expires_at,
                          null, null, null, null, null, null, null, null, null, null, null)::pgrant_rules.live_token
                 from pgrant.client_secrets s
                 join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = s.client_id and c.maker_id is not null
                 join pgrant.tenants t on t.tenant_id = p_tenant
                cross join lateral (
                  select case when c.default_resource is not null
                              then pgrant_rules.resource_target(p_tenant, c.scopes, array[c.default_resource], null) end as target) k
                where s.tenant_id = p_tenant and s.secret_hash = q.key_hash and s.expires_at > now() and (k.target).error is null)
           end
      from unnest(p_access_hash, p_access_expires_at, p_jwt, p_handle_hash, p_refresh_hash, p_key_hash)
           with ordinality q (access_hash, access_expires_at, jwt, handle_hash, refresh_hash, key_hash, n)
     order by q.n);
end
$$;

comment on function pgrant_rules.tokens_find(uuid, bytea[], bigint[], jsonb[], bytea[], bytea[], bytea[]) is
  'The token that each request presents, as it was issued; null for none that is known. By its digest and expiry; or as a JWT by its claims (aud always an array), whose signature the web process has verified; or as a refresh token; or as an API credential that is a bearer key.';

create function pgrant_rules.tokens_live(p_tenant uuid, p_tokens pgrant_rules.live_token[]) returns pgrant_rules.live_token[]
language plpgsql stable
as $$
declare
  v_makers uuid[];
  v_known record;
begin
  -- Not from client_policies: a customer's long transaction comes here, and a release, which drops that view, would wait for it.
  select array_agg(c.maker_id) into v_makers
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.maker_id is not null
     and c.client_id = any (array(select t.client_id from unnest(p_tokens) t where t.family_id is null));
  select s.* into v_known
    from pgrant_rules.scopes_find(
           p_tenant,
           array(select distinct unnest(t.scopes) from unnest(p_tokens) t),
           v_makers || array(select f.user_id from pgrant.token_families f
                              where f.tenant_id = p_tenant
                                and f.family_id = any (array(select t.family_id from unnest(p_tokens) t)))) s;
  return array(
    with standing as materialized (
      select p.ordinality as n, p.client_id, f.client_id as family_client_id, f.user_id, u.username, p.family_id,
             p.audience, p.issued_at, p.expires_at, p.cnf, f.grant_id, f.auth_time, f.acr, f.claims_userinfo,
             c.userinfo_alg, c.allowed_networks,
             t.roles_claim, t.permissions_claim, t.tenant_claim, t.name as tenant_name,
             pgrant_rules.subject(c.subject_type, t.pairwise_salt, c.client_id, c.sector_identifier_uri, c.redirect_uris,
                                  f.user_id) as subject,
             pgrant_rules.scopes_effective(p.scopes, c.scopes, g.scopes, coalesce(f.user_id, c.maker_id),
                                           v_known.o_defined, v_known.o_roles, v_known.o_held) as scopes,
             case when p.details <> '[]' then pgrant_rules.details_effective(
               p_tenant, c.authorization_details_types, p.details, g.authorization_details, null) end as details
        from unnest(p_tokens) with ordinality p
        join pgrant.tenants t on t.tenant_id = p_tenant
        join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = p.client_id
        left join pgrant.token_families f
          on f.tenant_id = p_tenant and f.family_id = p.family_id and f.client_id = coalesce(p.family_client_id, p.client_id)
         and f.revoked_at is null and f.expires_at > now()
        left join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = f.grant_id and g.revoked_at is null
        left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = f.user_id and u.disabled_at is null
       where p.expires_at > now()
         and pgrant_rules.client_live(c.disabled_at, c.expires_at, t.disabled_at)
         and pgrant_rules.maker_enabled(p_tenant, c.maker_id)
         -- Not the tokens of a client that was removed, whose name was given to a new one.
         and pgrant_rules.whole_second(c.created_at) <= p.issued_at
         and (p.family_id is null or g.grant_id is not null and u.user_id is not null)
         -- One that was exchanged (RFC 8693) hangs on the family of another client, which has to be live too.
         and (p.family_client_id is null
              or exists (select from pgrant.clients o
                          where o.tenant_id = p_tenant and o.client_id = p.family_client_id
                            and pgrant_rules.client_live(o.disabled_at, o.expires_at, t.disabled_at)))
    )
    select case when s.n is not null then
             row(s.client_id, s.user_id, s.username, s.family_id, s.scopes, s.audience, s.issued_at, s.expires_at, s.auth_time,
                 s.acr, s.claims_userinfo, s.userinfo_alg,
                 pgrant_rules.token_claims(
                   s.roles_claim, s.permissions_claim, s.tenant_claim, s.tenant_name,
                   array(select e.scope from unnest(s.scopes) e (scope) where e.scope = any (v_known.o_roles)))
                 || case when s.allowed_networks is null then '{}'
                         else jsonb_build_object('allowed_networks', s.allowed_networks) end,
                 s.subject, s.grant_id, s.cnf, s.details, p.act, s.family_client_id)::pgrant_rules.live_token end
      from unnest(p_tokens) with ordinality p
      left join standing s on s.n = p.ordinality
     order by p.ordinality);
end
$$;

comment on function pgrant_rules.tokens_live(uuid, pgrant_rules.live_token[]) is
  'Each token with the scopes that are still effective, or null: expired, its client disabled, its family or grant revoked, its user disabled.';
