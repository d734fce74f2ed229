-- What operators and the worker call: signing keys.

create function pgrant_ops.key_list(p_tenant uuid)
returns table (kid text, alg text, state text, created_at timestamptz, active_at timestamptz, expires_at timestamptz,
               public_jwk jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select k.kid, k.alg,
         case when k.active_at > now() then 'published'
              when k.active_at = max(k.active_at) filter (where k.active_at <= now()) over (partition by k.alg) then 'active'
              else 'retired' end,
         k.created_at, k.active_at, nullif(k.expires_at, 'infinity'), k.public_jwk
    from pgrant.signing_keys k
   where k.tenant_id = p_tenant
     and k.expires_at > now()
   order by k.alg, k.active_at desc;
end
$$;

comment on function pgrant_ops.key_list(uuid) is
  'The signing keys of a tenant: published (not signing yet), active, or retired (still published for what it signed); each with what the JWK set says of it. May be null: expires_at. Raises OA001.';

create view pgrant_rules.keys_wanted with (security_invoker = true) as
select t.tenant_id, a.alg
  from pgrant.tenants t
 cross join lateral unnest(t.signing_algs) a (alg)
  left join pgrant.signing_keys k
    on k.tenant_id = t.tenant_id and k.alg = a.alg and k.expires_at = 'infinity'
   and k.active_at > now() - make_interval(secs => t.key_rotation_interval - t.key_publish_lead)
 where k.tenant_id is null;

comment on view pgrant_rules.keys_wanted is
  'Where a tenant signs by an algorithm and has no key for it yet, or the youngest has signed for key_rotation_interval less key_publish_lead.';

comment on column pgrant_rules.keys_wanted.alg is 'The algorithm.';

create function pgrant_ops.key_due() returns table (tenant_id uuid, alg text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query select k.tenant_id, k.alg from pgrant_rules.keys_wanted k order by k.tenant_id, k.alg;
end
$$;

comment on function pgrant_ops.key_due() is
  'Where a new signing key is due, of all tenants: there is none, or the next has to be published so as to sign after key_rotation_interval. The worker asks this. Nothing is null.';

create function pgrant_rules.keys_retire(p_tenant uuid) returns void
language plpgsql
as $$
begin
  update pgrant.signing_keys k
     set expires_at = now() + interval '25 hours'
    from pgrant.tenants t
   where k.tenant_id = p_tenant and t.tenant_id = p_tenant and k.alg <> all (t.signing_algs) and k.expires_at = 'infinity';
end
$$;

comment on function pgrant_rules.keys_retire(uuid) is
  'Lets the keys of algorithms by which the tenant signs no more stay published for what they have signed, and no longer.';

create function pgrant_ops.key_algs(p_tenant uuid) returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return array(
    select a.alg from pgrant.tenants t cross join unnest(t.signing_algs) a (alg) where t.tenant_id = p_tenant
     union
    select k.alg from pgrant.signing_keys k where k.tenant_id = p_tenant and k.expires_at > now()
     order by 1);
end
$$;

comment on function pgrant_ops.key_algs(uuid) is
  'The algorithms of the keys of a tenant: those that it signs by, and those that it has signed by and publishes still. Raises OA001.';

create function pgrant_ops.key_add(p_tenant uuid, p_kid text, p_alg text, p_public_jwk jsonb, p_sealed_private bytea,
                                   p_if_due boolean default false)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_active_at timestamptz := now();
  v_lead integer;
  v_algs text[];
begin
  perform pgrant_rules.administer(p_tenant);
  select t.key_publish_lead, t.signing_algs into v_lead, v_algs from pgrant.tenants t where t.tenant_id = p_tenant for no key update;
  -- Asked again behind the lock: another worker may have added the key that was due.
  if p_if_due and not exists (select from pgrant_rules.keys_wanted k where k.tenant_id = p_tenant and k.alg = p_alg) then
    return null;
  elsif p_alg <> all (v_algs) then
    raise exception 'the tenant does not sign by %', p_alg using errcode = 'OA003',
      hint = 'it signs by ' || array_to_string(v_algs, ', ') || '; others are added to its setting signing_algs';
  elsif exists (select from pgrant.signing_keys k
                 where k.tenant_id = p_tenant and k.alg = p_alg and k.active_at > now() and k.expires_at = 'infinity') then
    return null;
  elsif exists (select from pgrant.signing_keys k where k.tenant_id = p_tenant and k.alg = p_alg and k.expires_at = 'infinity') then
    v_active_at := now() + make_interval(secs => v_lead);
  end if;

  -- The key before stays published until the last token that it can sign is dead: a day at most, and an hour of doubt.
  update pgrant.signing_keys k
     set expires_at = v_active_at + interval '25 hours'
   where k.tenant_id = p_tenant and k.alg = p_alg and k.expires_at = 'infinity';
  insert into pgrant.signing_keys (tenant_id, kid, alg, public_jwk, sealed_private, active_at)
  values (p_tenant, p_kid, p_alg, p_public_jwk, p_sealed_private, v_active_at);
  -- To the web processes, at the commit: which tenant, and nothing of the key.
  perform pg_notify('pgrant_keys', p_tenant::text);
  perform pgrant_rules.audit(p_tenant, 'key.add', null, null, null,
                             p_detail => jsonb_build_object('kid', p_kid, 'alg', p_alg, 'active_at', v_active_at));
  return v_active_at;
end
$$;

comment on function pgrant_ops.key_add(uuid, text, text, jsonb, bytea, boolean) is
  'Publishes a signing key, to become active after key_publish_lead (at once where there is none). Returns when, or null where one is waiting already or, with p_if_due, none is due: two workers add one. Raises OA001, OA003 for an algorithm that is none of the tenant''s signing_algs.';
