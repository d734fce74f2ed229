-- What operators call: removing a person, and the proof that nothing but the record knows them by their user_id.

create function pgrant_rules.user_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update pgrant.user_history h
     set username = h.user_id::text
   where h.tenant_id = p_tenant and h.user_id = p_user_id and h.username <> p_user_id::text;
end
$$;

comment on function pgrant_rules.user_forget(uuid, uuid) is
  'Puts the user_id in place of the names that the history has of a person who was removed; of any other it sees none. The policy lets it write nothing else.';

create function pgrant_rules.is_shard(p_table text) returns boolean
language sql stable
as $$ select p_table ~ '_[0-9]+$' and to_regclass(format('pgrant.%I', regexp_replace(p_table, '_[0-9]+$', ''))) is not null $$;

comment on function pgrant_rules.is_shard(text) is
  'Whether a table that is no partition is a piece of another on this node, named by a number. Never where there is one node.';

create function pgrant_rules.user_columns() returns table (table_name text, column_name text)
language sql stable
as $$
  select c.relname::text, a.attname::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.atttypid = 'uuid'::regtype and not a.attisdropped
   where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and not pgrant_rules.is_shard(c.relname)
     and (a.attname like '%user\_id' or a.attname in ('maker_id', 'developer_id'))
   order by 1, 2
$$;

comment on function pgrant_rules.user_columns() is
  'The columns that name a person by user_id, from the catalog, so that no table is forgotten.';

create function pgrant_rules.is_record(p_table text) returns boolean
language sql immutable
as $$ select p_table = 'audit_events' or p_table like '%\_history' $$;

comment on function pgrant_rules.is_record(text) is
  'Whether a table is the record of what was: it keeps the user_id of people who are removed, and no name of them.';

create function pgrant_ops.user_rows(p_tenant uuid, p_user_id uuid)
returns table (table_name text, row_count bigint, is_record boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_named record;
begin
  perform pgrant_rules.administer(p_tenant);
  for v_named in select c.* from pgrant_rules.user_columns() c loop
    table_name := v_named.table_name;
    is_record := pgrant_rules.is_record(v_named.table_name);
    execute format('select count(*) from pgrant.%I t where t.tenant_id = $1 and t.%I = $2', v_named.table_name, v_named.column_name)
      into row_count using p_tenant, p_user_id;
    return next;
  end loop;
  table_name := 'user_history.username';
  is_record := false;
  select count(*) into row_count
    from pgrant.user_history h
   where h.tenant_id = p_tenant and h.user_id = p_user_id and h.username <> p_user_id::text;
  return next;
end
$$;

comment on function pgrant_ops.user_rows(uuid, uuid) is
  'How many rows of each table name a person, and how many names of them the history has. After user_remove each is 0 but those of the record (audit events and histories), which keep the user_id. Raises OA001.';

create function pgrant_rules.user_delete(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$
declare
  v_table text;
begin
  perform pgrant_rules.user_sessions_end(p_tenant, p_user_id, true, 'user removed');
  -- Grants before what hangs on them, as everywhere: the cascade finds its rows locked by us.
  perform from pgrant.grants g where g.tenant_id = p_tenant and g.user_id = p_user_id order by g.grant_id for update;
  perform from pgrant.token_families f where f.tenant_id = p_tenant and f.user_id = p_user_id order by f.family_id for update;
  -- What has expired ended then, which nobody could tell once it is gone.
  perform pgrant_rules.grant_remember(p_tenant, g.grant_id, 'grant.expire')
     from pgrant.grants g
    where g.tenant_id = p_tenant and g.user_id = p_user_id and g.revoked_at is null and g.expires_at <= clock_timestamp();
  perform pgrant_rules.client_delete(p_tenant, c.client_id, 'user.remove')
     from pgrant.clients c where c.tenant_id = p_tenant and c.maker_id = p_user_id;
  perform pgrant_rules.client_delete(p_tenant, d.client_id, 'user.remove') from pgrant_rules.drafts_of(p_tenant, p_user_id) d (client_id);
  delete from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id;
  -- What has no foreign key, after the person: whoever signs in meanwhile finds nobody.
  for v_table in
    select c.table_name from pgrant_rules.user_columns() c
     where c.column_name = 'user_id' and not pgrant_rules.is_record(c.table_name) order by c.table_name
  loop
    execute format('delete from pgrant.%I t where t.tenant_id = $1 and t.user_id = $2', v_table) using p_tenant, p_user_id;
  end loop;
  update pgrant.scope_refusals r set last_user_id = null where r.tenant_id = p_tenant and r.last_user_id = p_user_id;

  perform pgrant_rules.grant_remember(p_tenant, h.grant_id, 'user.remove')
     from pgrant.grant_history h where h.tenant_id = p_tenant and h.user_id = p_user_id and upper_inf(h.valid);
  perform pgrant_rules.user_roles_remember(p_tenant, p_user_id, 'user.remove');
  perform pgrant_rules.group_members_remember(p_tenant, p_user_id, 'user.remove');
  perform pgrant_rules.user_remember(p_tenant, p_user_id, 'user.remove');
  perform pgrant_rules.user_forget(p_tenant, p_user_id);
  perform pgrant_rules.audit(p_tenant, 'user.remove', null, null, null, p_user_id);
end
$$;

comment on function pgrant_rules.user_delete(uuid, uuid) is
  'Removes a person, and remembers it; see user_remove.';

create function pgrant_ops.user_remove(p_tenant uuid, p_username text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  perform pgrant_rules.user_delete(p_tenant, v_user_id);
  return v_user_id;
end
$$;

comment on function pgrant_ops.user_remove(uuid, text) is
  'Removes a person with sessions, grants, tokens, roles, accounts elsewhere and the API credentials that they made. There is no way back. The record keeps the user_id, and where the history had the username it has the user_id. Returns that, of which user_rows() proves the rest. Raises OA001.';
