-- Reports: room on disk. Partitions and sizes are of all tenants together, so only an auditor of all tenants sees them.

-- Of the node that is asked, which has to be the coordinator: Citus would make what PostgreSQL's own views are read by on all nodes.
set local citus.enable_ddl_propagation = off;

create function pgrant_report.bounds_read(p_partition oid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
-- Or else whoever reads a moment in it has to know the style, the time zone and its abbreviations.
set datestyle = 'ISO' set timezone = 'UTC'
as $$
begin
  return (select pg_get_expr(c.relpartbound, c.oid) from pg_class c where c.oid = p_partition);
end
$$;

comment on function pgrant_report.bounds_read(oid) is 'The bounds of a partition as PostgreSQL writes them, in UTC; null where it is none.';

create view pgrant_report.storage with (security_invoker = true) as
select t.relname::text as table_name, c.relname::text as partition,
       pgrant_report.bounds_read(c.oid) as bounds,
       s.n_live_tup as live_rows, s.n_dead_tup as dead_rows, s.n_tup_ins as inserts, s.n_tup_upd as updates,
       s.n_tup_hot_upd as hot_updates, s.n_tup_del as deletes,
       greatest(s.last_vacuum, s.last_autovacuum) as vacuumed_at, greatest(s.last_analyze, s.last_autoanalyze) as analyzed_at,
       pg_table_size(c.oid) as table_bytes, pg_indexes_size(c.oid) as index_bytes
  from pg_catalog.pg_class c
  left join pg_catalog.pg_inherits h on h.inhrelid = c.oid
  join pg_catalog.pg_class t on t.oid = coalesce(h.inhparent, c.oid)
  join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
 where c.relnamespace = 'pgrant'::regnamespace
   and c.relkind = 'r'
   and pgrant.auditor_tenant() = '00000000-0000-0000-0000-000000000000';

comment on view pgrant_report.storage is 'Every table and partition with what PostgreSQL counts of it. Rows are estimates, and counters begin anew after a crash.';
comment on column pgrant_report.storage.table_name is 'The table.';
comment on column pgrant_report.storage.partition is 'The partition; the table itself where it has none.';
comment on column pgrant_report.storage.bounds is 'The bounds of the partition, in UTC; null where the table has none.';
comment on column pgrant_report.storage.live_rows is 'Rows, estimated.';
comment on column pgrant_report.storage.dead_rows is 'Rows that are deleted or superseded and not vacuumed yet, estimated.';
comment on column pgrant_report.storage.inserts is 'Rows inserted since the counters began.';
comment on column pgrant_report.storage.updates is 'Rows updated since then.';
comment on column pgrant_report.storage.hot_updates is 'Of these, updates that touched no index.';
comment on column pgrant_report.storage.deletes is 'Rows deleted since then.';
comment on column pgrant_report.storage.vacuumed_at is 'When it was last vacuumed.';
comment on column pgrant_report.storage.analyzed_at is 'When it was last analyzed.';
comment on column pgrant_report.storage.table_bytes is 'Size without indexes.';
comment on column pgrant_report.storage.index_bytes is 'Size of its indexes.';

create view pgrant_report.partitions with (security_invoker = true) as
select b.table_name, b.partition,
       case when b.from_at is null then 'default'
            when b.until_at < now() - b.retention then 'overdue'
            when b.until_at <= now() then 'behind'
            when b.from_at <= now() then 'current'
            else 'ahead' end as state,
       b.from_at, b.until_at, b.until_at + b.retention as drop_due_at, b.live_rows, b.bytes
  from (select s.table_name, s.partition, p.retention, s.live_rows, s.table_bytes + s.index_bytes as bytes,
               (regexp_match(s.bounds, 'FROM \(''([^'']+)''\)'))[1]::timestamptz as from_at,
               (regexp_match(s.bounds, 'TO \(''([^'']+)''\)'))[1]::timestamptz as until_at
          from pgrant_report.storage s
          join pgrant.partition_plans p on p.table_name = s.table_name) b;

comment on view pgrant_report.partitions is 'The partitions of the tables that are cut by time. The worker makes those ahead and drops those behind, hourly.';
comment on column pgrant_report.partitions.table_name is 'The table.';
comment on column pgrant_report.partitions.partition is 'The partition.';
comment on column pgrant_report.partitions.state is 'ahead, current, behind (kept for its retention), overdue (the worker should have dropped it), or default (catches rows for which no partition was made).';
comment on column pgrant_report.partitions.from_at is 'Its lower bound; null for the default one.';
comment on column pgrant_report.partitions.until_at is 'Its upper bound.';
comment on column pgrant_report.partitions.drop_due_at is 'From when on it may be dropped.';
comment on column pgrant_report.partitions.live_rows is 'Rows, estimated.';
comment on column pgrant_report.partitions.bytes is 'Size with indexes.';

create view pgrant_report.partition_coverage with (security_invoker = true) as
select p.table_name, p.step, p.ahead, p.retention, max(s.until_at) as made_until_at, now() + p.ahead as wanted_until_at,
       count(*) filter (where s.state = 'ahead') as partitions_ahead,
       count(*) filter (where s.state = 'overdue') as partitions_overdue,
       coalesce(sum(s.live_rows) filter (where s.state = 'default'), 0)::bigint as default_rows,
       bool_or(s.state = 'current') as covered
  from pgrant.partition_plans p
  join pgrant_report.partitions s on s.table_name = p.table_name
 group by p.table_name, p.step, p.ahead, p.retention;

comment on view pgrant_report.partition_coverage is 'For each table that is cut by time how far ahead its partitions reach, and what should be gone.';
comment on column pgrant_report.partition_coverage.table_name is 'The table.';
comment on column pgrant_report.partition_coverage.step is 'Width of a partition.';
comment on column pgrant_report.partition_coverage.ahead is 'How far ahead partitions are to be made.';
comment on column pgrant_report.partition_coverage.retention is 'How long a partition is kept after its upper bound.';
comment on column pgrant_report.partition_coverage.made_until_at is 'Until when they are made.';
comment on column pgrant_report.partition_coverage.wanted_until_at is 'Until when they are to be made by the next run of the worker.';
comment on column pgrant_report.partition_coverage.partitions_ahead is 'How many begin in the future.';
comment on column pgrant_report.partition_coverage.partitions_overdue is 'How many should have been dropped; 0 while a worker runs.';
comment on column pgrant_report.partition_coverage.default_rows is 'Rows, estimated, that arrived while no partition had been made for them; 0 while a worker runs.';
comment on column pgrant_report.partition_coverage.covered is 'Whether the rows of this moment have a partition. False = no worker has run for long.';

create view pgrant_report.table_bloat with (security_invoker = true) as
select s.table_name, count(*) as parts, sum(s.live_rows)::bigint as live_rows, sum(s.dead_rows)::bigint as dead_rows,
       round(sum(s.dead_rows) / nullif(sum(s.live_rows + s.dead_rows), 0), 4) as dead_share,
       sum(s.table_bytes)::bigint as table_bytes, sum(s.index_bytes)::bigint as index_bytes,
       round(sum(s.table_bytes) * sum(s.dead_rows) / nullif(sum(s.live_rows + s.dead_rows), 0))::bigint as dead_bytes,
       round(sum(s.hot_updates)::numeric / nullif(sum(s.updates), 0), 4) as hot_share,
       max(s.vacuumed_at) as vacuumed_at
  from pgrant_report.storage s
 group by s.table_name;

comment on view pgrant_report.table_bloat is 'Size and dead rows of each table, its partitions together. An estimate from the counters of PostgreSQL: dead rows take as much room as live ones. Room that vacuum has freed for reuse is not in it.';
comment on column pgrant_report.table_bloat.table_name is 'The table.';
comment on column pgrant_report.table_bloat.parts is 'How many partitions it has; 1 where it has none.';
comment on column pgrant_report.table_bloat.live_rows is 'Rows, estimated.';
comment on column pgrant_report.table_bloat.dead_rows is 'Dead rows, estimated.';
comment on column pgrant_report.table_bloat.dead_share is 'dead_rows of all rows, 0 to 1; autovacuum acts at 0.17.';
comment on column pgrant_report.table_bloat.table_bytes is 'Size without indexes.';
comment on column pgrant_report.table_bloat.index_bytes is 'Size of its indexes.';
comment on column pgrant_report.table_bloat.dead_bytes is 'What of table_bytes the dead rows take.';
comment on column pgrant_report.table_bloat.hot_share is 'Updates that touched no index, 0 to 1. Of token_families it is near 1: a rotation bloats no index.';
comment on column pgrant_report.table_bloat.vacuumed_at is 'When a part of it was last vacuumed.';

set local citus.enable_ddl_propagation = on;
