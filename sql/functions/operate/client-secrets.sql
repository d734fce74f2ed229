-- What operators call: secrets of confidential clients. With what every function about a client asks first.

create function pgrant_rules.client_check(p_tenant uuid, p_client_id text) returns void
language plpgsql
as $$
begin
  if not exists (select from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id) then
    raise exception 'there is no client %', p_client_id using errcode = 'OA001',
      hint = 'list the clients: select * from pgrant_ops.client_list(p_tenant)';
  end if;
end
$$;

comment on function pgrant_rules.client_check(uuid, text) is 'Raises OA001 where the tenant has no such client.';

create function pgrant_rules.client_secret_store(
  p_tenant uuid, p_client_id text, p_secret_hash bytea, p_lifetime integer, p_retire_others_after integer
) returns uuid
language plpgsql
as $$
declare
  v_secret_id uuid;
begin
  -- Clients that have one already go on.
  if p_client_id ~ '[:+%]' and not exists (
       select from pgrant.client_secrets s where s.tenant_id = p_tenant and s.client_id = p_client_id) then
    raise exception using errcode = 'OA003', hint = 'for a client with a secret choose one without : + and %',
      message = format('the client_id %s reads otherwise in the Authorization header where it is sent as it is (RFC 6749 2.3.1)',
                       p_client_id);
  end if;
  if p_retire_others_after is not null then
    update pgrant.client_secrets s
       set expires_at = least(s.expires_at, now() + make_interval(secs => p_retire_others_after))
     where s.tenant_id = p_tenant and s.client_id = p_client_id;
  end if;
  insert into pgrant.client_secrets (tenant_id, client_id, secret_hash, expires_at)
  values (p_tenant, p_client_id, p_secret_hash, coalesce(now() + make_interval(secs => p_lifetime), 'infinity'))
  returning secret_id into v_secret_id;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.secret_add');
  return v_secret_id;
end
$$;

comment on function pgrant_rules.client_secret_store(uuid, text, bytea, integer, integer) is
  'Stores one more secret of a client: p_lifetime in seconds (null = no expiry), the others expire after p_retire_others_after seconds (null = they stay). Returns its id. Raises OA003 for the first secret of a client whose id is written otherwise in Basic.';

create function pgrant_rules.client_id_check(p_tenant uuid, p_client_id text) returns void
language plpgsql
as $$
declare
  v_person uuid := pgrant_rules.person_of_subject(p_tenant, p_client_id);
begin
  if exists (select from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id) then
    raise exception 'there is a client % already', p_client_id using errcode = 'OA002',
      hint = 'leave the client_id out to have one made';
  elsif exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_person) then
    -- sub of the tokens that it gets for itself would be that of the person (RFC 9700 4.15.1).
    raise exception 'the client_id % is the sub of a person', p_client_id using errcode = 'OA002',
      hint = 'leave the client_id out to have one made';
  elsif p_client_id ~ '^https?://' then
    raise exception 'the client_id % is a URL', p_client_id using errcode = 'OA003',
      hint = 'such a client publishes its own metadata there: see client_documents of pgrant_ops.tenant_set';
  end if;
end
$$;

comment on function pgrant_rules.client_id_check(uuid, text) is
  'Raises OA002 where a new client cannot have this client_id because a client or a person is known by it, and OA003 where it is a URL.';

create function pgrant_ops.client_secret_add(p_tenant uuid, p_client_id text, p_secret_hash bytea,
                                             p_lifetime integer default null, p_retire_others_after integer default null)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_secret_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  v_secret_id := pgrant_rules.client_secret_store(p_tenant, p_client_id, p_secret_hash, p_lifetime, p_retire_others_after);
  perform pgrant_rules.audit(p_tenant, 'client.secret_add', null, null, p_client_id,
                             p_detail => jsonb_build_object('secret_id', v_secret_id));
  return v_secret_id;
end
$$;

comment on function pgrant_ops.client_secret_add(uuid, text, bytea, integer, integer) is
  'Adds a live secret to a client: p_lifetime in seconds (null = no expiry), the others expire after p_retire_others_after seconds (null = they stay). Returns its id. Raises OA001, OA003.';

create function pgrant_ops.client_secret_remove(p_tenant uuid, p_client_id text, p_secret_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.client_secrets s
   where s.tenant_id = p_tenant and s.client_id = p_client_id and s.secret_id = p_secret_id;
  if not found then
    raise exception 'the client % has no secret %', p_client_id, p_secret_id using errcode = 'OA001',
      hint = 'pgrant_ops.client_show lists its secrets';
  end if;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.secret_remove');
  perform pgrant_rules.audit(p_tenant, 'client.secret_remove', null, null, p_client_id,
                             p_detail => jsonb_build_object('secret_id', p_secret_id));
end
$$;

comment on function pgrant_ops.client_secret_remove(uuid, text, uuid) is 'Removes a secret of a client at once. Raises OA001.';
