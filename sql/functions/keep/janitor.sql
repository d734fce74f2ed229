-- Cleaning up what is not in partitions. Owned by the janitor, who sees only rows that are past their expiry.

create function pgrant_ops.expired_tables() returns table (table_name text, turn integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select c.relname::text, case c.relname when 'grants' then 2 when 'clients' then 3 else 1 end
      from pg_catalog.pg_policy p
      join pg_catalog.pg_class c on c.oid = p.polrelid
     where p.polname in ('expired_deleted', 'dead_deleted', 'outlived_deleted') and c.relnamespace = 'pgrant'::regnamespace
     order by 2, 1;
end
$$;

comment on function pgrant_ops.expired_tables() is
  'The tables whose expired rows are the janitor''s to delete: each that pgrant.expire() or pgrant.remembered() was called for, so none is forgotten. Those of a turn wait until those of the one before are done: what hangs on a grant or a client goes first, or a batch of them would delete any number of rows by cascade. Nothing is null.';

create function pgrant_rules.expired_rows(p_table text, out condition text, out its_order text, out since text)
language plpgsql stable
as $$
begin
  condition := 'd.expires_at at time zone ''UTC'' < now() at time zone ''UTC''';
  its_order := 'd.expires_at at time zone ''UTC''';
  since := 'd.expires_at';
  if p_table = 'token_families' then
    condition := 'pgrant.swept(d.sweep_after) and d.sweep_after < (now() at time zone ''UTC'')::date
                  and (d.idle_expires_at < now() or d.revoked_at < now() - interval ''90 days'')';
    its_order := 'd.sweep_after';
    since := '(d.sweep_after + 1)::timestamp at time zone ''UTC''';
  elsif p_table = 'clients' then
    -- Only those that registered themselves or came from a document expire. Their secrets, grants and tokens go with them. A
    -- document that an operator has disabled or bound stays, or the next request would bring it back without.
    condition := condition || ' and d.registered_at is not null
      and (d.document_fetched_at is null or num_nonnulls(d.disabled_at, d.operator_requires, d.scopes) = 0)';
  elsif p_table like '%\_history' then
    -- The policy shows only those that ended before the retention of audit_events.
    condition := 'upper(d.valid) < now()';
    its_order := 'upper(d.valid)';
    since := 'upper(d.valid) + (now() - pgrant.remembered_since())';
  elsif to_regclass(format('pgrant.%I', p_table || '_default')) is not null then
    -- Whole partitions are dropped. Here goes what has none: it outlives those that were made ahead, or no worker has run for long.
    condition := condition || format(' and (%s)', coalesce(pgrant_rules.outside_partitions(p_table), 'false'));
  end if;
end
$$;

comment on function pgrant_rules.expired_rows(text) is
  'Which rows d of a table of expired_tables() the janitor deletes, in which order: that of an index; and since when such a row may go.';

create function pgrant_rules.expired_found(p_table text, p_limit integer) returns tid[]
language plpgsql
-- The index that has them in their order, and no other, which would have all that are expired read for each batch.
set enable_indexscan = on set enable_sort = off set jit = off
as $$
declare
  v_default regclass := to_regclass(format('pgrant.%I', p_table || '_default'));
  v_several boolean := pgrant_rules.on_several_nodes();
  v_found tid[];
begin
  if not v_several and v_default is not null and pg_relation_size(v_default) = 0 then
    return array[]::tid[];
  end if;
  execute format('select array(select d.ctid from pgrant.%I d where %s order by %s limit $1 %s)', p_table,
                 (pgrant_rules.expired_rows(p_table)).condition, (pgrant_rules.expired_rows(p_table)).its_order,
                 -- Locking asks for the right to update, which the janitor has on no history.
                 case when not v_several and p_table not like '%\_history' then 'for update skip locked' end)
    into v_found using p_limit;
  return v_found;
end
$$;

comment on function pgrant_rules.expired_found(text, integer) is
  'Where expired rows of a table are, at most p_limit, locked: rows that somebody else has locked are passed over. On several nodes neither, and each place stands for a row of each piece of the table: whoever deletes says expired_rows() again.';

create function pgrant_rules.batch_delete(p_table text, p_limit integer) returns bigint
language plpgsql
-- By its place goes what was found, and by nothing else. The policies have conditions with an index, which seems the shorter way as
-- long as statistics do not tell of all that is expired, and is read anew from its beginning for each batch.
set enable_seqscan = off set enable_indexscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_deleted bigint;
begin
  if p_table = 'grants' then
    return pgrant_ops.expired_grants_delete(p_limit);
  elsif p_table = 'clients' then
    return pgrant_ops.expired_clients_delete(p_limit);
  end if;
  execute format('delete from pgrant.%I d where d.ctid = any ($1) and (%s) is true', p_table,
                 (pgrant_rules.expired_rows(p_table)).condition)
    using pgrant_rules.expired_found(p_table, p_limit);
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;

comment on function pgrant_rules.batch_delete(text, integer) is 'What expired_delete() says, of its caller''s rights.';

create function pgrant_ops.expired_delete(p_table text, p_limit integer default 1000) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Nobody is told that a row is gone: if the server dies now, the row is deleted again.
  perform set_config('synchronous_commit', 'off', true);
  -- Citus: what is remembered of a row goes where the row has gone from. A placeholder elsewhere.
  perform set_config('citus.multi_shard_modify_mode', 'sequential', true);
  return pgrant_rules.batch_delete(p_table, p_limit);
end
$$;

comment on function pgrant_ops.expired_delete(text, integer) is
  'Deletes expired rows of a table of expired_tables(), of any tenant, at most p_limit: one batch, a transaction of its own. Rows that somebody has locked are passed over. Returns how many; where that is p_limit, there may be more.';

create function pgrant_ops.expired_grants_delete(p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_found tid[] := pgrant_rules.expired_found('grants', p_limit);
  v_dead record;
  v_tenants uuid[];
  v_grants uuid[];
  v_expired_at timestamptz[];
  v_deleted bigint := 0;
begin
  for v_dead in
    delete from pgrant.grants d
     where d.ctid = any (v_found) and (d.expires_at at time zone 'UTC' < now() at time zone 'UTC') is true
    returning d.tenant_id, d.grant_id, d.revoked_at, d.expires_at
  loop
    v_deleted := v_deleted + 1;
    if v_dead.revoked_at is null then
      v_tenants := v_tenants || v_dead.tenant_id;
      v_grants := v_grants || v_dead.grant_id;
      v_expired_at := v_expired_at || v_dead.expires_at;
    end if;
  end loop;
  for v_dead in
    select u.tenant_id, array_agg(u.grant_id) as grants, array_agg(u.expired_at) as expired_at
      from unnest(v_tenants, v_grants, v_expired_at) as u (tenant_id, grant_id, expired_at)
     group by u.tenant_id
  loop
    -- As text, so that Citus knows where it is to be done.
    execute format('select * from pgrant_rules.grant_expiries_remember(%L, %L, %L)', v_dead.tenant_id, v_dead.grants, v_dead.expired_at);
  end loop;
  return v_deleted;
end
$$;

comment on function pgrant_ops.expired_grants_delete(integer) is 'Deletes grants that have expired, and has it remembered when they did.';

create function pgrant_ops.expired_clients_delete(p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid;
  v_client_id text;
  v_expired_at timestamptz;
  v_deleted bigint := 0;
begin
  for v_tenant_id, v_client_id, v_expired_at in
    execute format('delete from pgrant.clients d where d.ctid = any ($1) and (%s) is true returning d.tenant_id, d.client_id, d.expires_at',
                   (pgrant_rules.expired_rows('clients')).condition)
      using pgrant_rules.expired_found('clients', p_limit)
  loop
    v_deleted := v_deleted + 1;
    execute format('select * from pgrant_rules.client_expiry_remember(%L, %L, %L)', v_tenant_id, v_client_id, v_expired_at);
  end loop;
  return v_deleted;
end
$$;

comment on function pgrant_ops.expired_clients_delete(integer) is 'Deletes clients that have expired, and has it remembered when they did.';

create function pgrant_rules.family_blocks() returns bigint
language plpgsql
as $$
declare
  v_bytes bigint := pg_relation_size('pgrant.token_families');
begin
  if pgrant_rules.on_several_nodes() then
    -- Of the largest piece: a block stands for one of each.
    execute format('select coalesce(max(z.size), 0) from pg_catalog.%I s join pg_catalog.%I() z on z.shard_id = s.shardid
                     where s.logicalrelid = %L::regclass', 'pg_dist_shard', 'citus_shard_sizes', 'pgrant.token_families') into v_bytes;
  end if;
  return v_bytes / current_setting('block_size')::bigint + 1;
end
$$;

comment on function pgrant_rules.family_blocks() is 'How many blocks the families take, at least.';

create function pgrant_ops.salts_erase(p_part integer, p_parts integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Blocks in a row. Their part never changes, so none is passed over when the table grows between two parts.
  v_stretch constant bigint := 16;
  v_blocks bigint := pgrant_rules.family_blocks();
  v_block bigint := p_part * v_stretch;
  v_count bigint;
  v_erased bigint := 0;
begin
  while v_block < v_blocks loop
    update pgrant.token_families f
       set successor_salt = null
     where f.ctid >= format('(%s,0)', v_block)::tid
       and f.ctid < format('(%s,0)', v_block + v_stretch)::tid
       and f.replay_until < now()
       and f.successor_salt is not null;
    get diagnostics v_count = row_count;
    v_erased := v_erased + v_count;
    v_block := v_block + p_parts * v_stretch;
  end loop;
  return v_erased;
end
$$;

comment on function pgrant_ops.salts_erase(integer, integer) is
  'Erases the salts of successors whose replay window has closed, in part p_part (from 0) of p_parts of the table: a rolling sweep, because an index on them would cost every rotation its HOT update. Returns how many.';
