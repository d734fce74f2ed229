-- Entering a tenant: the first statement of every function that is called from outside.

create view pgrant_rules.entrance with (security_invoker = true) as
select i.tenant_id from pgrant.issuers i where i.disabled_at is null;

comment on view pgrant_rules.entrance is
  'The tenants that are not disabled. A release closes it before all else (src/release/release.ts), and each call comes in here before it locks anything: so they wait for one another and never both. Every release makes it anew, and whoever has waited is told to call again.';

create function pgrant_rules.enter(p_tenant uuid, p_request_id text, p_address inet) returns void
language plpgsql
as $$
declare
  -- Of which release the caller is, who may wait here until the next one is there. Every release makes the view anew.
  v_entrance constant regclass := 'pgrant_rules.entrance';
  v_tenant text;
begin
  select e.tenant_id::text into v_tenant from pgrant_rules.entrance e where e.tenant_id = p_tenant;
  -- By a function: an expression that names a relation is planned as a statement of its own.
  if v_entrance is distinct from to_regclass('pgrant_rules.entrance') then
    raise exception 'the database was released while this call waited' using errcode = 'serialization_failure';
  end if;
  -- Fails closed: without a tenant every policy is false, so each function says "not found" in its own way.
  perform set_config('pgrant.tenant', coalesce(v_tenant, ''), true),
          set_config('pgrant.request_id', coalesce(p_request_id, ''), true),
          set_config('pgrant.address', coalesce(host(p_address), ''), true),
          set_config('pgrant.admin', '', true);
end
$$;

comment on function pgrant_rules.enter(uuid, text, inet) is
  'Binds the transaction to a tenant that is not disabled, else to none. First statement of every function of pgrant_api. serialization_failure: a release came in between, so the caller is not what it calls; it has done nothing and is to be called again.';

create function pgrant_rules.on_several_nodes() returns boolean
language sql stable
as $$ select exists (select from pg_catalog.pg_extension e where e.extname = 'citus') $$;

comment on function pgrant_rules.on_several_nodes() is
  'Whether the tables are distributed by Citus: then no statement about all tenants locks rows, or tells pieces of a table apart.';

create function pgrant_rules.attribute(p_request_id text, p_address inet) returns text
language sql
as $$
  select case when set_config('pgrant.address', coalesce(host(p_address), ''), true) is not null
              then nullif(set_config('pgrant.request_id', coalesce(p_request_id, ''), true), '') end
$$;

comment on function pgrant_rules.attribute(text, inet) is
  'Says of which request of a set, and of which address, is what follows: what is recorded and counted is theirs. Gives the request back, to be assigned: PERFORM would set up an executor for each.';

create function pgrant_rules.visit(p_tenant uuid) returns void
language plpgsql
as $$
begin
  perform set_config('pgrant.tenant', p_tenant::text, true);
end
$$;

comment on function pgrant_rules.visit(uuid) is
  'Binds the transaction to a tenant that it only reads, one of many: locks nothing, and sees nothing where the tenant is being removed.';

create function pgrant_rules.administer(p_tenant uuid) returns void
language plpgsql
as $$
begin
  -- An admin's request has entered the tenant already, and its events are of that request. It comes by the web process, which
  -- calls no function of operators itself: whoever does could have set all this to be taken for somebody else.
  if not pg_has_role(session_user, 'pgrant_web', 'MEMBER')
     or coalesce(current_setting('pgrant.admin', true), '') = '' or p_tenant is distinct from pgrant.tenant() then
    perform set_config('pgrant.tenant', p_tenant::text, true),
            set_config('pgrant.request_id', '', true),
            set_config('pgrant.address', '', true),
            set_config('pgrant.admin', '', true);
  end if;
  -- Whoever removes the tenant waits for this transaction, or this one for that and finds none. A standby has no locks.
  if pg_is_in_recovery() then
    perform from pgrant.tenants t where t.tenant_id = p_tenant;
  else
    perform from pgrant.tenants t where t.tenant_id = p_tenant for key share;
  end if;
  if not found then
    raise exception 'there is no tenant %', p_tenant using errcode = 'OA001',
      hint = 'select tenant_id, name from pgrant_ops.tenant_list() shows those that are there';
  end if;
end
$$;

comment on function pgrant_rules.administer(uuid) is
  'Binds the transaction to a tenant, disabled or not. First statement of every per-tenant function of pgrant_ops. Raises OA001.';

create function pgrant_rules.admins_wait(p_tenant uuid) returns void
language plpgsql
as $$ begin perform pg_advisory_xact_lock(hashtextextended('pgrant admin ' || p_tenant, 0)); end $$;

comment on function pgrant_rules.admins_wait(uuid) is
  'One change by an admin of the tenant after the other, and after whoever takes from somebody what makes them one: what was looked at is what is changed, and who asks is an admin still.';

create function pgrant_rules.caller_address() returns inet
language sql stable
as $$ select nullif(current_setting('pgrant.address', true), '')::inet $$;

comment on function pgrant_rules.caller_address() is 'The address that the running transaction was entered from; null = an operator or the worker.';

create function pgrant_rules.address_prefix(p_address inet) returns cidr
language sql immutable
as $$ select network(set_masklen(p_address, case family(p_address) when 4 then 32 else 64 end)) $$;

comment on function pgrant_rules.address_prefix(inet) is 'What counts as one address: an IPv4 address, an IPv6 /64.';

create function pgrant_rules.address_prefixes(p_addresses inet[]) returns cidr[]
language plpgsql immutable
as $$
declare
  v_address inet;
  v_prefix cidr;
  v_out cidr[] := array[]::cidr[];
begin
  foreach v_address in array p_addresses loop
    v_prefix := pgrant_rules.address_prefix(v_address);
    if array_position(v_out, v_prefix) is null then
      v_out := v_out || v_prefix;
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.address_prefixes(inet[]) is 'What counts as one address of each of several requests, once.';

create function pgrant_rules.network_allowed(p_networks cidr[]) returns boolean
language plpgsql stable
as $$
begin
  return coalesce(nullif(current_setting('pgrant.address', true), '')::inet <<= any (p_networks), false);
end
$$;

comment on function pgrant_rules.network_allowed(cidr[]) is 'Whether the caller''s address is in one of the networks.';
