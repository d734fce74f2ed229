-- After a leak: what was issued or used since, and the keys that signed it, in one go.

create function pgrant_ops.incident_count(p_tenant uuid, p_since timestamptz)
returns table (what text, live bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select 'sessions', count(*) from pgrant.sessions s
   where s.tenant_id = p_tenant and s.last_seen_at >= p_since and s.ended_at is null and s.expires_at > now()
  union all
  select 'codes', count(*) from pgrant.codes c
   where c.tenant_id = p_tenant and c.used_at is null and c.expires_at > now()
  union all
  select 'token families', count(*) from pgrant.token_families f
   where f.tenant_id = p_tenant and f.last_used_at >= p_since and f.revoked_at is null and f.idle_expires_at > now()
  union all
  select 'access tokens of clients', count(*) from pgrant.access_tokens t
   where t.tenant_id = p_tenant and t.family_id is null and t.issued_at >= p_since and t.revoked_at is null and t.expires_at > now()
  union all
  select 'grants', count(*) from pgrant.grants g
   where g.tenant_id = p_tenant and g.consented_at >= p_since and g.revoked_at is null and g.expires_at > now()
  union all
  select 'client secrets', count(*) from pgrant.client_secrets s
   where s.tenant_id = p_tenant and s.created_at >= p_since and s.expires_at > now();
end
$$;

comment on function pgrant_ops.incident_count(uuid, timestamptz) is
  'How much that is live was issued or used since p_since (-infinity = ever), by kind: what incident_revoke would end. Raises OA001.';

create function pgrant_ops.incident_families_revoke(p_tenant uuid, p_since timestamptz, p_after uuid, p_limit integer default 5000)
returns table (revoked bigint, last_family_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_due uuid[];
begin
  perform pgrant_rules.administer(p_tenant);
  v_due := array(select f.family_id from pgrant.token_families f
                  where f.tenant_id = p_tenant and f.family_id > p_after and f.last_used_at >= p_since and f.revoked_at is null
                  order by f.family_id limit p_limit
                    for update);
  revoked := (select count(*) from pgrant_rules.families_revoke(p_tenant, v_due, 'incident'));
  last_family_id := v_due[cardinality(v_due)];
  return next;
end
$$;

comment on function pgrant_ops.incident_families_revoke(uuid, timestamptz, uuid, integer) is
  'Revokes p_limit families of refresh and access tokens that were issued or used since p_since, after family_id p_after. Returns how many, and the last, to be p_after of the next call; null = there are no more. May be null: last_family_id. Raises OA001.';

create function pgrant_rules.incident_hold(p_tenant uuid, p_since timestamptz) returns void
language plpgsql
as $$
begin
  perform from pgrant.users u
    where u.tenant_id = p_tenant
      and u.user_id in (select s.user_id from pgrant.sessions s
                         where s.tenant_id = p_tenant and s.last_seen_at >= p_since and s.ended_at is null and s.expires_at > now())
    order by u.user_id
      for no key update;
end
$$;

comment on function pgrant_rules.incident_hold(uuid, timestamptz) is
  'As user_hold, of everybody whose sessions incident_revoke ends: one that goes on in a new session meanwhile is seen.';

create function pgrant_ops.incident_revoke(p_tenant uuid, p_since timestamptz, p_grants boolean, p_client_secrets boolean)
returns table (what text, ended bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_session_ids uuid[];
  v_grant_id uuid;
  v_grant pgrant.grants;
  v_client_id text;
  v_families bigint := 0;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.incident_hold(p_tenant, p_since);
  what := 'sessions';
  with gone as (
    update pgrant.sessions s set ended_at = now()
     where s.tenant_id = p_tenant and s.last_seen_at >= p_since and s.ended_at is null and s.expires_at > now()
    returning s.session_id
  )
  select coalesce(array_agg(g.session_id), '{}') into v_session_ids from gone g;
  ended := cardinality(v_session_ids);
  return next;

  if p_grants then
    what := 'grants';
    ended := 0;
    for v_grant_id in
      select g.grant_id from pgrant.grants g
       where g.tenant_id = p_tenant and g.consented_at >= p_since and g.revoked_at is null and g.expires_at > now()
       order by g.grant_id
    loop
      v_grant := pgrant_rules.grant_end(p_tenant, v_grant_id, 'incident');
      if v_grant.grant_id is not null then
        ended := ended + 1;
        v_families := v_families + (select count(*) from pgrant.token_families f
                                     where f.tenant_id = p_tenant and f.grant_id = v_grant_id and f.revoked_at = now());
        perform pgrant_rules.audit(p_tenant, 'grant.revoke', null, v_grant.revoked_reason, v_grant.client_id, v_grant.user_id,
                                   v_grant_id);
      end if;
    end loop;
    return next;
    what := 'token families';
    ended := v_families;
    return next;
  end if;

  what := 'codes';
  delete from pgrant.codes c where c.tenant_id = p_tenant and c.used_at is null and c.expires_at > now();
  get diagnostics ended = row_count;
  return next;
  -- Not before the codes: one that was being redeemed has added its client.
  perform pgrant_rules.sessions_leave(p_tenant, v_session_ids);

  -- Those of people end with their families.
  what := 'access tokens of clients';
  update pgrant.access_tokens t set revoked_at = now()
   where t.tenant_id = p_tenant and t.family_id is null and t.issued_at >= p_since and t.revoked_at is null and t.expires_at > now();
  get diagnostics ended = row_count;
  return next;

  if p_client_secrets then
    what := 'client secrets';
    ended := 0;
    for v_client_id in
      update pgrant.client_secrets s set expires_at = now()
       where s.tenant_id = p_tenant and s.created_at >= p_since and s.expires_at > now()
      returning s.client_id
    loop
      ended := ended + 1;
      perform pgrant_rules.client_remember(p_tenant, v_client_id, 'incident.revoke');
    end loop;
    return next;
  end if;

  perform pgrant_rules.audit(p_tenant, 'incident.revoke', null, null, null,
                             p_detail => jsonb_build_object('since', p_since, 'grants', p_grants, 'client_secrets', p_client_secrets));
end
$$;

comment on function pgrant_ops.incident_revoke(uuid, timestamptz, boolean, boolean) is
  'Ends every open code, and the sessions and clients'' own opaque access tokens that were issued or used since p_since; with p_grants what people allowed since with its families, with p_client_secrets the secrets made since. Returns how many of each. Other families: incident_families_revoke; JWTs: key_withdraw. Raises OA001.';

create function pgrant_ops.key_withdraw(p_tenant uuid, p_kid text, p_alg text, p_public_jwk jsonb, p_sealed_private bytea)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_withdrawn text[];
begin
  perform pgrant_rules.administer(p_tenant);
  perform from pgrant.tenants t where t.tenant_id = p_tenant for no key update;
  with gone as (
    update pgrant.signing_keys k set expires_at = now()
     where k.tenant_id = p_tenant and k.alg = p_alg and k.expires_at > now()
    returning k.kid
  )
  select coalesce(array_agg(g.kid order by g.kid), '{}') into v_withdrawn from gone g;
  insert into pgrant.signing_keys (tenant_id, kid, alg, public_jwk, sealed_private, active_at)
  select p_tenant, p_kid, p_alg, p_public_jwk, p_sealed_private, now()
    from pgrant.tenants t where t.tenant_id = p_tenant and p_alg = any (t.signing_algs);
  perform pg_notify('pgrant_keys', p_tenant::text);
  perform pgrant_rules.audit(p_tenant, 'key.withdraw', null, null, null,
                             p_detail => jsonb_build_object('kid', p_kid, 'alg', p_alg, 'withdrawn', to_jsonb(v_withdrawn)));
  return v_withdrawn;
end
$$;

comment on function pgrant_ops.key_withdraw(uuid, text, text, jsonb, bytea) is
  'Puts a new signing key in the place of all others of p_alg at once (or none, where the tenant signs so no more): what they signed is no longer believed, by pgrant at once (within a minute where its web processes cannot listen, as behind a pooler), by others as soon as they fetch the JWK set anew. Returns the kids that were withdrawn. Raises OA001.';
