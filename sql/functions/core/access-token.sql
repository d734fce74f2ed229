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
  family_client_id text,
  exchanged_by     text[],
  security_profile text
);

comment on type pgrant_rules.live_token is 'A token that is presented, and what it is good for now.';
comment on column pgrant_rules.live_token.subject is 'What its client calls the person; null without one.';
comment on column pgrant_rules.live_token.cnf is 'The key that it is bound to; null = none.';
comment on column pgrant_rules.live_token.family_client_id is 'Of one that was exchanged: the client of its family; null = client_id.';
comment on column pgrant_rules.live_token.exchanged_by is
  'Of one that was exchanged again: the clients that had it exchanged before client_id, the first one first; null = none.';
comment on column pgrant_rules.live_token.security_profile is 'That its client is held to, its own or the tenant''s; null = none.';
comment on column pgrant_rules.live_token.act is 'Who acts for the person (RFC 8693 4.1); null = its client.';
comment on column pgrant_rules.live_token.details is 'Its authorization details (RFC 9396); null = none.';

create function pgrant_rules.opaque_tokens(p_tenant uuid, p_access_hash bytea[], p_access_expires_at bigint[])
returns pgrant_rules.live_token[]
language plpgsql stable
as $$
declare
  v_expiries constant pgrant_rules.expiries := pgrant_rules.expiries_of(p_access_expires_at);
  v_tokens pgrant.access_tokens[];
  v_token pgrant.access_tokens;
  v_found bytea[];
  v_out pgrant_rules.live_token[];
begin
  select array_agg(t), array_agg(t.token_hash) into v_tokens, v_found
    from pgrant.access_tokens t
   where t.tenant_id = p_tenant and t.token_hash = any (p_access_hash)
     and t.expires_at between v_expiries.earliest and v_expiries.latest
     and t.revoked_at is null;
  for i in 1 .. cardinality(p_access_hash) loop
    v_token := v_tokens[array_position(v_found, p_access_hash[i])];
    v_out[i] := case when v_token.expires_at = v_expiries.moments[i]
      then row(v_token.client_id, v_token.user_id, null, v_token.family_id, v_token.scopes, v_token.audience, v_token.issued_at,
               v_token.expires_at, null, null, null, null, null, null, null, v_token.cnf, v_token.authorization_details, v_token.act,
               v_token.family_client_id, v_token.exchanged_by, null)::pgrant_rules.live_token end;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.opaque_tokens(uuid, bytea[], bigint[]) is
  'The opaque access token with each digest and expiry (epoch seconds), as it was issued; null for none that is known, or that was revoked.';

create function pgrant_rules.jwt_token(p_tenant uuid, p_jwt jsonb) returns pgrant_rules.live_token
language plpgsql stable
as $$
declare
  v_out pgrant_rules.live_token;
begin
  if exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.issuer = p_jwt ->> 'iss')
     and not exists (select from pgrant.revoked_tokens r
                      where r.tenant_id = p_tenant and r.jti = p_jwt ->> 'jti'
                        and r.expires_at = pgrant_rules.moment((p_jwt ->> 'exp')::bigint))
  then
    v_out.client_id := p_jwt ->> 'client_id';
    v_out.family_id := (p_jwt ->> 'family_id')::uuid;
    v_out.scopes := string_to_array(p_jwt ->> 'scope', ' ');
    v_out.audience := array(select jsonb_array_elements_text(p_jwt -> 'aud'));
    v_out.issued_at := pgrant_rules.moment((p_jwt ->> 'iat')::bigint);
    v_out.expires_at := pgrant_rules.moment((p_jwt ->> 'exp')::bigint);
    v_out.cnf := p_jwt -> 'cnf';
    v_out.details := p_jwt -> 'authorization_details';
    v_out.act := p_jwt -> 'act';
    v_out.family_client_id := p_jwt ->> 'family_client_id';
    v_out.exchanged_by := case when p_jwt ? 'exchanged_by' then array(select jsonb_array_elements_text(p_jwt -> 'exchanged_by')) end;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.jwt_token(uuid, jsonb) is
  'An access token that is a JWT, by its claims (aud always an array), whose signature the web process has verified; null where it was revoked, or is of another issuer.';

create function pgrant_rules.refresh_token(p_tenant uuid, p_handle_hash bytea, p_refresh_hash bytea) returns pgrant_rules.live_token
language plpgsql stable
as $$
declare
  v_out pgrant_rules.live_token;
begin
  select f.client_id, f.user_id, f.family_id, f.scopes, f.created_at, f.idle_expires_at, f.cnf, f.authorization_details
    into v_out.client_id, v_out.user_id, v_out.family_id, v_out.scopes, v_out.issued_at, v_out.expires_at, v_out.cnf, v_out.details
    from pgrant.token_families f
   where f.tenant_id = p_tenant and f.handle_hash = p_handle_hash and f.current_hash = p_refresh_hash;
  return v_out;
end
$$;

comment on function pgrant_rules.refresh_token(uuid, bytea, bytea) is 'A refresh token, while it is the current one of its family; else null.';

create function pgrant_rules.key_token(p_tenant uuid, p_key_hash bytea) returns pgrant_rules.live_token
language plpgsql stable
as $$
declare
  v_out pgrant_rules.live_token;
begin
  select c.client_id, coalesce((k.target).scopes, c.scopes), coalesce((k.target).audience, array[coalesce(t.audience, t.issuer)]),
         now(), s.expires_at
    into v_out.client_id, v_out.scopes, v_out.audience, v_out.issued_at, v_out.expires_at
    from pgrant.client_secrets s
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = s.client_id and c.maker_id is not null
    join pgrant.tenants t on t.tenant_id = p_tenant
   cross join lateral (
     select case when c.default_resource is not null
                 then pgrant_rules.resource_target(p_tenant, c.scopes, array[c.default_resource], null) end as target) k
   where s.tenant_id = p_tenant and s.secret_hash = p_key_hash and s.expires_at > now() and (k.target).error is null
     -- As client_has_secret(), which Citus would hand no row to: one that signs now has a key in place of its secret.
     and c.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post')
     and c.token_endpoint_auth_method = any (
           pgrant_rules.auth_methods_taken(t.token_endpoint_auth_methods, coalesce(t.security_profile, c.security_profile)));
  return v_out;
end
$$;

comment on function pgrant_rules.key_token(uuid, bytea) is 'An API credential that is presented as a bearer key; null for none that is known, that has expired, or of which the tenant takes nothing.';

create function pgrant_rules.tokens_find(
  p_tenant uuid, p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[],
  p_handle_hash bytea[] default null, p_refresh_hash bytea[] default null, p_key_hash bytea[] default null
) returns pgrant_rules.live_token[]
language plpgsql stable
as $$
declare
  v_out pgrant_rules.live_token[] := array_fill(null::pgrant_rules.live_token, array[cardinality(p_access_hash)]);
begin
  if array_remove(p_access_hash, null) <> '{}' then
    v_out := pgrant_rules.opaque_tokens(p_tenant, p_access_hash, p_access_expires_at);
  end if;
  for i in 1 .. cardinality(p_access_hash) loop
    if p_access_hash[i] is not null then
      continue;
    elsif p_jwt[i] is not null then
      v_out[i] := pgrant_rules.jwt_token(p_tenant, p_jwt[i]);
    elsif p_handle_hash[i] is not null then
      v_out[i] := pgrant_rules.refresh_token(p_tenant, p_handle_hash[i], p_refresh_hash[i]);
    elsif p_key_hash[i] is not null then
      v_out[i] := pgrant_rules.key_token(p_tenant, p_key_hash[i]);
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.tokens_find(uuid, bytea[], bigint[], jsonb[], bytea[], bytea[], bytea[]) is
  'The token that each request presents, as it was issued; null for none that is known. By its digest and expiry; or as a JWT by its claims, whose signature the web process has verified; or as a refresh token; or as an API credential that is a bearer key.';
