-- Device codes that wait together: a program that opens several connections asks for one each, and its person decides once.

create function pgrant_rules.devices_beside(p_tenant uuid, p_request pgrant.authorization_requests) returns setof pgrant.device_codes
language plpgsql stable
as $$
begin
  return query
  select o.*
    from pgrant.device_codes d
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = d.client_id and c.device_codes_together
    join pgrant.device_codes o on o.tenant_id = p_tenant and o.client_id = d.client_id and o.address = d.address
   where d.tenant_id = p_tenant
     and d.device_hash = p_request.device_hash
     and d.expires_at = p_request.device_expires_at
     and o.device_hash <> d.device_hash
     and o.allowed_at is null
     and o.denied_at is null
     and o.expires_at > now()
     -- What the page shows of the one is what the others get.
     and o.scopes = d.scopes
     and o.resources = d.resources;
end
$$;

comment on function pgrant_rules.devices_beside(uuid, pgrant.authorization_requests) is
  'The other device codes that wait for the same as the one of a request, from the same address, where the client has device_codes_together.';

create or replace function pgrant_rules.requests_together(p_tenant uuid, p_request pgrant.authorization_requests, p_devices bytea[])
returns pgrant.authorization_requests[]
language plpgsql stable
as $$
declare
  v_one pgrant.authorization_requests := p_request;
  v_out pgrant.authorization_requests[];
begin
  if p_request.device_hash is null or p_devices = '{}' then
    return array[p_request];
  end if;
  -- In the order in which polls lock them.
  for v_one.device_hash, v_one.device_expires_at in
    select b.device_hash, b.expires_at from pgrant_rules.devices_beside(p_tenant, p_request) b where b.device_hash = any (p_devices)
    union all
    select p_request.device_hash, p_request.device_expires_at
    order by 1
  loop
    v_out := array_append(v_out, v_one);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.requests_together(uuid, pgrant.authorization_requests, bytea[]) is
  'A request, and as many like it as p_devices has hashes of other device codes that its page may show: what a person decides at once.';
