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

create function pgrant_ops.expired_delete(p_table text, p_limit integer default 1000) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_default regclass := to_regclass(format('pgrant.%I', p_table || '_default'));
  v_deleted bigint;
begin
  -- Nobody is told that a row is gone: if the server dies now, the row is deleted again.
  perform set_config('synchronous_commit', 'off', true);
  if p_table = 'token_families' then
    delete from pgrant.token_families f
     where f.ctid = any (array(
             select d.ctid from pgrant.token_families d
              where pgrant.swept(d.sweep_after) and d.sweep_after < current_date
                and (d.idle_expires_at < now() or d.revoked_at < now() - interval '90 days')
              order by d.sweep_after limit p_limit for update skip locked));
  elsif p_table = 'grants' then
    return pgrant_ops.expired_grants_delete(p_limit);
  elsif p_table = 'clients' then
    return pgrant_ops.expired_clients_delete(p_limit);
  elsif p_table like '%\_history' then
    -- The policy shows only those that ended before the retention of audit_events.
    execute format(
      'delete from pgrant.%1$I h
        where h.ctid = any (array(select o.ctid from pgrant.%1$I o where upper(o.valid) < now() order by upper(o.valid) limit $1))',
      p_table) using p_limit;
  elsif v_default is null then
    execute format(
      'delete from pgrant.%1$I t
        where t.ctid = any (array(select d.ctid from pgrant.%1$I d
                                   where d.expires_at at time zone ''UTC'' < now() at time zone ''UTC''
                                   order by d.expires_at at time zone ''UTC'' limit $1 for update skip locked))', p_table)
      using p_limit;
  elsif pg_relation_size(v_default) > 0 then
    -- Whole partitions are dropped. Here goes what arrived while none had been made for it, which is rare.
    execute format(
      'delete from pgrant.%1$I t
        where t.tableoid = $1 and t.expires_at < now()
          and t.ctid = any (array(select d.ctid from pgrant.%1$I d
                                   where d.tableoid = $1 and d.expires_at < now() limit $2 for update skip locked))', p_table)
      using v_default, p_limit;
  else
    return 0;
  end if;
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;

comment on function pgrant_ops.expired_delete(text, integer) is
  'Deletes expired rows of a table of expired_tables(), of any tenant, at most p_limit: one batch, a transaction of its own. Rows that somebody has locked are passed over. Returns how many; where that is p_limit, there may be more.';

create function pgrant_ops.expired_grants_delete(p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_dead record;
  v_deleted bigint := 0;
begin
  for v_dead in
    delete from pgrant.grants g
     where g.ctid = any (array(select d.ctid from pgrant.grants d
                                where d.expires_at at time zone 'UTC' < now() at time zone 'UTC'
                                order by d.expires_at at time zone 'UTC' limit p_limit for update skip locked))
    returning g.tenant_id, g.client_id, g.grant_id, g.revoked_at, g.expires_at
  loop
    v_deleted := v_deleted + 1;
    if v_dead.revoked_at is null then
      perform pgrant_rules.expiry_remember(v_dead.tenant_id, v_dead.client_id, v_dead.grant_id, v_dead.expires_at);
    end if;
  end loop;
  return v_deleted;
end
$$;

comment on function pgrant_ops.expired_grants_delete(integer) is 'Deletes grants that have expired, and has it remembered when they did.';

create function pgrant_ops.expired_clients_delete(p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_dead record;
  v_deleted bigint := 0;
begin
  -- Only those that registered themselves or came from a document expire. Their secrets, grants and tokens go with them. A
  -- document that an operator has disabled stays, or the next request would bring it back.
  for v_dead in
    delete from pgrant.clients c
     where c.ctid = any (array(
             select d.ctid from pgrant.clients d
              where d.expires_at at time zone 'UTC' < now() at time zone 'UTC' and d.registered_at is not null
                and (d.document_fetched_at is null or d.disabled_at is null)
              order by d.expires_at at time zone 'UTC' limit p_limit for update skip locked))
    returning c.tenant_id, c.client_id, c.expires_at
  loop
    v_deleted := v_deleted + 1;
    perform pgrant_rules.expiry_remember(v_dead.tenant_id, v_dead.client_id, null, v_dead.expires_at);
  end loop;
  return v_deleted;
end
$$;

comment on function pgrant_ops.expired_clients_delete(integer) is 'Deletes clients that have expired, and has it remembered when they did.';

create function pgrant_ops.sealed_erase(p_part integer, p_parts integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Blocks in a row. Their part never changes, so none is passed over when the table grows between two parts.
  v_stretch constant bigint := 16;
  v_blocks bigint := pg_relation_size('pgrant.token_families') / current_setting('block_size')::bigint;
  v_block bigint := p_part * v_stretch;
  v_count bigint;
  v_erased bigint := 0;
begin
  while v_block < v_blocks loop
    update pgrant.token_families f
       set sealed_successor = null
     where f.ctid >= format('(%s,0)', v_block)::tid
       and f.ctid < format('(%s,0)', v_block + v_stretch)::tid
       and f.replay_until < now()
       and f.sealed_successor is not null;
    get diagnostics v_count = row_count;
    v_erased := v_erased + v_count;
    v_block := v_block + p_parts * v_stretch;
  end loop;
  return v_erased;
end
$$;

comment on function pgrant_ops.sealed_erase(integer, integer) is
  'Erases sealed successors whose replay window has closed, in part p_part (from 0) of p_parts of the table: a rolling sweep, because an index on them would cost every rotation its HOT update. Returns how many.';

create function pgrant_ops.backlog_read(p_limit integer default 100000)
returns table (kind text, waiting bigint, oldest bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text;
  v_rows bigint;
begin
  kind := 'undelivered';
  select count(*), coalesce(extract(epoch from now() - min(o.at))::bigint, 0)
    into waiting, oldest
    from (select p.at from pgrant.outbox p where p.state = 'pending' limit p_limit) o;
  return next;

  kind := 'expired';
  waiting := 0;
  oldest := null;
  for v_table in
    select e.table_name from pgrant_ops.expired_tables() e
     where to_regclass(format('pgrant.%I', e.table_name || '_default')) is null
  loop
    execute format('select count(*) from (select from pgrant.%I d where %s limit $1) r', v_table,
                   case
                     when v_table like '%\_history' then 'upper(d.valid) < now()'
                     when v_table = 'token_families' then
                       'pgrant.swept(d.sweep_after) and d.sweep_after < current_date
                        and (d.idle_expires_at < now() or d.revoked_at < now() - interval ''90 days'')'
                     when v_table = 'clients' then
                       'd.expires_at at time zone ''UTC'' < now() at time zone ''UTC'' and d.registered_at is not null
                        and (d.document_fetched_at is null or d.disabled_at is null)'
                     else 'd.expires_at at time zone ''UTC'' < now() at time zone ''UTC''' end)
      into v_rows using p_limit;
    waiting := waiting + v_rows;
  end loop;
  return next;
end
$$;

comment on function pgrant_ops.backlog_read(integer) is
  'What waits for the worker: undelivered = events, with the age of the oldest in seconds; expired = rows that the next cleanup deletes (partitions are dropped whole and not counted). Counts at most p_limit a table. May be null: oldest.';
