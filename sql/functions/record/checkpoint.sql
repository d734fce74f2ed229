-- What operators and the worker call: verifying in pieces, and checkpoints, which are signed outside the database.

create function pgrant_ops.audit_verify_seals(p_tenant uuid, p_first bigint default 1, p_seals integer default 100)
returns table (fault text, seal bigint, event_id uuid, seals bigint, events bigint, present bigint, number bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query select w.* from pgrant_report.audit_walk(p_tenant, p_first, p_seals) w;
end
$$;

comment on function pgrant_ops.audit_verify_seals(uuid, bigint, integer) is
  'pgrant_report.audit_verify_seals() for operators: call it again from the seal after number on until fewer than p_seals were walked. Raises OA001.';

create function pgrant_ops.audit_verify_rest(
  p_tenant uuid, p_first bigint default 1, p_number bigint default null, p_seal bytea default null
) returns table (fault text, seal bigint, event_id uuid, first_kept bigint, unsealed bigint, unsealed_since timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query select c.* from pgrant_report.audit_compare(p_tenant, p_first, p_number, p_seal) c;
end
$$;

comment on function pgrant_ops.audit_verify_rest(uuid, bigint, bigint, bytea) is
  'pgrant_report.audit_verify_rest() for operators. Raises OA001.';

create function pgrant_ops.audit_checkpoint_due() returns table (tenant_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.tenant_id
    from pgrant.audit_chains c
    left join pgrant.audit_checkpoints k
      on k.tenant_id = c.tenant_id and (k.number = c.number or k.made_at > now() - interval '1 day')
   where k.tenant_id is null
   order by c.tenant_id;
end
$$;

comment on function pgrant_ops.audit_checkpoint_due() is
  'Tenants whose chain has grown since their last checkpoint, which is a day old. The worker asks this.';

create function pgrant_ops.audit_checkpoint_draft(p_tenant uuid, p_number bigint default null)
returns table (number bigint, seal bytea, total bigint, made_at bigint, issuer text, kid text, alg text, public_jwk jsonb,
               sealed_private bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select s.number, s.seal, s.total, pgrant_rules.epoch(s.made_at), t.issuer, k.kid, k.alg, k.public_jwk, k.sealed_private
    from pgrant.tenants t
    join pgrant.audit_seals s on s.tenant_id = p_tenant
    join pgrant.signing_keys k on k.tenant_id = p_tenant and k.active_at <= now() and k.expires_at > now()
   where t.tenant_id = p_tenant
     and s.number = coalesce(p_number, (select c.number from pgrant.audit_chains c where c.tenant_id = p_tenant))
   order by k.alg = 'ES256' desc, k.active_at desc
   limit 1;
end
$$;

comment on function pgrant_ops.audit_checkpoint_draft(uuid, bigint) is
  'What a checkpoint at seal p_number (null = the last) says, made_at in epoch seconds, and the key that signs it. No row where there is no such seal or no key yet. Raises OA001.';

create function pgrant_ops.audit_checkpoint_add(p_tenant uuid, p_number bigint, p_seal bytea, p_jwt text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  insert into pgrant.audit_checkpoints (tenant_id, number, seal, jwt)
  select p_tenant, s.number, s.seal, p_jwt from pgrant.audit_seals s
   where s.tenant_id = p_tenant and s.number = p_number and s.seal = p_seal
      on conflict (tenant_id, number) do nothing;
  return (select k.jwt from pgrant.audit_checkpoints k where k.tenant_id = p_tenant and k.number = p_number);
end
$$;

comment on function pgrant_ops.audit_checkpoint_add(uuid, bigint, bytea, text) is
  'Keeps a signed checkpoint of a seal. Returns the one that is there afterwards: the first that was made of this seal; null where the chain has no such seal. Raises OA001.';

create function pgrant_ops.audit_checkpoint_list(p_tenant uuid)
returns table (number bigint, seal bytea, made_at timestamptz, jwt text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select k.number, k.seal, k.made_at, k.jwt from pgrant.audit_checkpoints k where k.tenant_id = p_tenant order by k.number;
end
$$;

comment on function pgrant_ops.audit_checkpoint_list(uuid) is 'The checkpoints of a tenant, the oldest first; they are kept for 15 months. Raises OA001.';
