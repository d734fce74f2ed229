-- Who keeps rows that are dead from being removed.

-- Of the node that is asked, which has to be the coordinator: Citus would make what PostgreSQL's own views are read by on all nodes.
set local citus.enable_ddl_propagation = off;

create view pgrant_report.held_back with (security_invoker = true) as
select h.kind, h.name, h.pid, h.role, h.application, h.state, h.since, h.transactions::bigint as transactions
  from (select case when a.datid is null then 'standby' else 'session' end as kind, null::text as name, a.pid, a.usename::text as role,
               nullif(a.application_name, '') as application, a.state, a.xact_start as since,
               greatest(age(a.backend_xid), age(a.backend_xmin)) as transactions
          from pg_catalog.pg_stat_activity a
         where (a.datid is null or a.datname = current_database()) and a.pid <> pg_backend_pid()
           and (a.backend_xid is not null or a.backend_xmin is not null)
        union all
        select 'prepared transaction', p.gid, null, p.owner::text, null, null, p.prepared, age(p.transaction)
          from pg_catalog.pg_prepared_xacts p where p.database = current_database()
        union all
        select 'replication slot', s.slot_name::text, s.active_pid, null, null, null, null, age(s.xmin)
          from pg_catalog.pg_replication_slots s where s.xmin is not null) h;

comment on view pgrant_report.held_back is 'What keeps vacuum from removing the rows that have died since it began: transactions that are open, prepared ones, standbys that ask for it, and replication slots; the one with the most transactions is the one that counts. While it stays, tables grow and cleanup passes what it has deleted again and again. A session at work is here for a moment. since and state are null to who is no member of pg_read_all_stats.';
comment on column pgrant_report.held_back.kind is 'session, prepared transaction, standby (hot_standby_feedback), or replication slot.';
comment on column pgrant_report.held_back.name is 'What rollback prepared or pg_drop_replication_slot takes; null for the others.';
comment on column pgrant_report.held_back.pid is 'What pg_terminate_backend takes; null for a prepared transaction.';
comment on column pgrant_report.held_back.role is 'The role that had logged in.';
comment on column pgrant_report.held_back.application is 'Its application_name.';
comment on column pgrant_report.held_back.state is 'Such as idle in transaction.';
comment on column pgrant_report.held_back.since is 'When the transaction began, or was prepared.';
comment on column pgrant_report.held_back.transactions is 'How many transactions have begun since: the dead rows of these stay.';

create function pgrant_ops.held_back_read()
returns table (kind text, name text, pid integer, role text, application text, since timestamptz, transactions bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select h.kind, h.name, h.pid, h.role, h.application, h.since, h.transactions
    from pgrant_report.held_back h order by h.transactions desc limit 1;
end
$$;

comment on function pgrant_ops.held_back_read() is
  'The oldest of pgrant_report.held_back, for the worker; no row where there is none. May be null: name, pid, role, application, since.';

set local citus.enable_ddl_propagation = on;
