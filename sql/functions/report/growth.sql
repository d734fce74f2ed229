-- Reports: what should be gone, and what is coming.

-- As in storage.sql.
set local citus.enable_ddl_propagation = off;

-- Generated from the plans of the partitions and the policies of the janitor, so that no table is left out.
do $$
declare
  v_counts text;
begin
  select string_agg(format(
           'select %L as table_name, count(*) as expired_rows, min(o.at) as oldest_at from (%s limit 10000) o', t.name, t.query),
           ' union all ' order by t.name)
    into v_counts
    from (
      -- A row that is older than the widest partition and its retention is in a partition that is overdue, or in the default
      -- one: all other partitions are pruned before anything is read.
      select p.table_name, format(
               'select e.%I as at from pgrant.%I e
                 where e.%1$I < (select now() - p.retention - p.step from pgrant.partition_plans p where p.table_name = %2$L)',
               a.attname, p.table_name)
        from pgrant.partition_plans p
        join pg_catalog.pg_partitioned_table t on t.partrelid = ('pgrant.' || p.table_name)::regclass
        join pg_catalog.pg_attribute a on a.attrelid = t.partrelid and a.attnum = t.partattrs[0]
      union all
      select c.relname, case c.relname
               when 'token_families' then
                 -- In the order of the index: of many that are expired the planner would look for the first in the whole table.
                 'select f.idle_expires_at as at from pgrant.issuers i
                    join pgrant.token_families f on f.tenant_id = i.tenant_id
                   where f.sweep_after < (now() at time zone ''UTC'')::date
                     and (f.idle_expires_at < now() or f.revoked_at < now() - interval ''90 days'')
                   order by i.tenant_id, f.sweep_after'
               when 'grants' then
                 -- The second condition is the first again, for the auditors that the policy keeps from the index of the first.
                 'select g.expires_at as at from pgrant.grants g
                   where g.expires_at at time zone ''UTC'' < now() at time zone ''UTC'' and g.expires_at < now()'
               when 'clients' then
                 'select c.expires_at as at from pgrant.clients c
                   where c.registered_at is not null and c.expires_at at time zone ''UTC'' < now() at time zone ''UTC''
                     and (c.document_fetched_at is null or num_nonnulls(c.disabled_at, c.operator_requires, c.scopes) = 0)'
               else format(
                 case p.polname when 'outlived_deleted' then
                   'select upper(h.valid) as at from pgrant.%I h
                     where upper(h.valid) < (select now() - p.retention from pgrant.partition_plans p
                                              where p.table_name = ''audit_events'')'
                 else 'select e.expires_at as at from pgrant.%I e
                        where e.expires_at at time zone ''UTC'' < now() at time zone ''UTC''' end, c.relname) end
        from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid and c.relkind = 'r'
       where p.polname in ('expired_deleted', 'dead_deleted', 'outlived_deleted') and c.relnamespace = 'pgrant'::regnamespace
    ) t (name, query);
  execute format('create view pgrant_report.expired_backlog with (security_invoker = true) as
                  select b.table_name, b.expired_rows, b.oldest_at from (%s) b
                   where pgrant.auditor_tenant() is not null', v_counts);
end
$$;

comment on view pgrant_report.expired_backlog is 'Rows of your tenants that are past their end and that cleanup has not removed: 0 in each table after it ran. Counts to 10,000 and no further, by indexes and by partitions that should be gone, so that it costs the same in a large database; an auditor of one tenant reads the grants in an index, and all of the tenant''s history.';
comment on column pgrant_report.expired_backlog.table_name is 'The table.';
comment on column pgrant_report.expired_backlog.expired_rows is 'How many; 10000 = at least so many. Of a table that is cut by time: rows older than a partition and its retention, which is dropped hourly.';
comment on column pgrant_report.expired_backlog.oldest_at is 'When the oldest of those that were counted expired.';

create view pgrant_report.index_bloat with (security_invoker = true) as
select x.table_name, x.index_name, x.entries, x.bytes, x.least_entry_bytes,
       greatest(x.bytes - 16384 - x.entries * x.least_entry_bytes, 0)::bigint as surplus_bytes
  from (
    select t.relname::text as table_name, c.relname::text as index_name, greatest(c.reltuples, 0)::bigint as entries,
           pg_relation_size(c.oid) as bytes,
           -- Header and pointer, the columns, and a tenth of each page left free.
           (select ceil((12 + sum(case when a.attlen > 0 then a.attlen when a.atttypid = 'bytea'::regtype then 33 else 24 end)) / 0.9)
              from pg_catalog.pg_attribute a where a.attrelid = c.oid)::integer as least_entry_bytes
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
      join pg_catalog.pg_class t on t.oid = i.indrelid
     where c.relnamespace = 'pgrant'::regnamespace
       and pgrant.auditor_tenant() = '00000000-0000-0000-0000-000000000000'
  ) x;

comment on view pgrant_report.index_bloat is 'Size of each index beside the least that its entries need: 33 bytes for a hash, 24 for a text, 12 for header and pointer, a tenth free. A guess that needs no extension; watch how it changes. Random keys fill pages by 2/3, so a surplus of half is normal.';
comment on column pgrant_report.index_bloat.table_name is 'The table or partition.';
comment on column pgrant_report.index_bloat.index_name is 'The index.';
comment on column pgrant_report.index_bloat.entries is 'Entries, as the last vacuum or analyze found.';
comment on column pgrant_report.index_bloat.bytes is 'Size.';
comment on column pgrant_report.index_bloat.least_entry_bytes is 'What an entry needs at least.';
comment on column pgrant_report.index_bloat.surplus_bytes is 'What of bytes is more than that, beyond two pages.';

create view pgrant_report.growth with (security_invoker = true) as
with sample (table_name, at) as (
  select 'users', u.created_at from pgrant.users u tablesample system
    ((select least(100, 8192e5 / greatest(pg_relation_size('pgrant.users'), 1))))
  union all
  select 'grants', g.created_at from pgrant.grants g tablesample system
    ((select least(100, 8192e5 / greatest(pg_relation_size('pgrant.grants'), 1))))
  union all
  select 'token_families', f.created_at from pgrant.token_families f tablesample system
    ((select least(100, 8192e5 / greatest(pg_relation_size('pgrant.token_families'), 1))))
  union all
  select 'clients', c.created_at from pgrant.clients c tablesample system
    ((select least(100, 8192e5 / greatest(pg_relation_size('pgrant.clients'), 1))))
), rate (table_name, method, rows_per_day, days_kept) as (
  select s.table_name, 'sample of 1000 blocks',
         max(b.live_rows) * avg((s.at > now() - interval '30 days')::integer)
           / greatest(least(30, extract(epoch from now() - min(s.at)) / 86400), 1.0 / 24), null::numeric
    from sample s join pgrant_report.table_bloat b on b.table_name = s.table_name group by s.table_name
  union all
  select p.table_name, 'partitions',
         coalesce(sum(p.live_rows) filter (where p.state in ('behind', 'overdue'))
                    / sum(extract(epoch from p.until_at - p.from_at) / 86400) filter (where p.state in ('behind', 'overdue')),
                  sum(p.live_rows) filter (where p.state = 'current')
                    / max(greatest(extract(epoch from now() - p.from_at) / 86400, 1.0 / 24)) filter (where p.state = 'current')),
         extract(epoch from max(p.drop_due_at - p.from_at)) / 86400
    from pgrant_report.partitions p group by p.table_name
)
select r.table_name, r.method, b.live_rows, b.table_bytes + b.index_bytes as bytes, round(r.rows_per_day, 1) as rows_per_day,
       round(f.bytes_per_day)::bigint as bytes_per_day,
       round(case when r.days_kept is null then b.table_bytes + b.index_bytes + 90 * f.bytes_per_day
                  else greatest(b.table_bytes + b.index_bytes, least(r.days_kept, 90) * f.bytes_per_day) end)::bigint as bytes_in_90_days
  from rate r
  join pgrant_report.table_bloat b on b.table_name = r.table_name
 cross join lateral (
   select r.rows_per_day * (b.table_bytes + b.index_bytes) / greatest(b.live_rows, 1) as bytes_per_day) f;

comment on view pgrant_report.growth is 'How the large tables grow, and what they take in 90 days if that goes on. Rows per day are measured in two ways (method); bytes follow from the present bytes per row. Small tables give wild numbers.';
comment on column pgrant_report.growth.table_name is 'The table.';
comment on column pgrant_report.growth.method is 'sample of 1000 blocks: the share of rows made in the last 30 days (or since the oldest of them), by created_at, times the estimated rows; rows that have come and gone don''t count. partitions: the rows of those behind divided by their width, or of the current one by the time since it began; such a table stops growing after its retention.';
comment on column pgrant_report.growth.live_rows is 'Rows now, estimated.';
comment on column pgrant_report.growth.bytes is 'Size now, with indexes.';
comment on column pgrant_report.growth.rows_per_day is 'Rows that come in a day.';
comment on column pgrant_report.growth.bytes_per_day is 'What they take, with indexes.';
comment on column pgrant_report.growth.bytes_in_90_days is 'Size in 90 days, with indexes.';

set local citus.enable_ddl_propagation = on;
