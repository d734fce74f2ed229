-- Reports: how far the audit of each tenant is sealed.

create view pgrant_report.audit_sealing with (security_invoker = true) as
  select case when a.adopt_tenant is null and a.cluster = c.system_identifier then a.xid else 0 end as xid, a.sealed_at,
         now() - a.sealed_at as lag
    from pgrant.audit_sealing a
   cross join pg_catalog.pg_control_system() c;

comment on view pgrant_report.audit_sealing is
  'How far sealing is, for all tenants: events of transactions below xid are sealed (0 = nothing can be said yet: the first time, or the database was restored into another cluster), when the worker last looked, and how long ago. A worker looks each minute.';

create view pgrant_report.audit_checkpoints with (security_invoker = true) as
  select i.tenant_id, i.name as tenant, k.number, k.seal, k.made_at, k.expires_at, k.jwt
    from pgrant.audit_checkpoints k
    join pgrant.issuers i on i.tenant_id = k.tenant_id;

comment on view pgrant_report.audit_checkpoints is
  'Signed statements that a chain had a seal: each jwt is worth keeping where nobody who may change this database can change it too.';

create view pgrant_report.audit_chain with (security_invoker = true) as
  select i.tenant_id, i.name as tenant, c.number, c.seal, c.total, c.made_at,
         (select max(k.number) from pgrant.audit_checkpoints k where k.tenant_id = t.tenant_id) as checkpoint,
         (select max(k.made_at) from pgrant.audit_checkpoints k where k.tenant_id = t.tenant_id) as checkpoint_at,
         coalesce(u.events, 0) as unsealed, u.since as unsealed_since
    from pgrant.tenants t
    join pgrant.issuers i on i.tenant_id = t.tenant_id
    left join pgrant.audit_chains c on c.tenant_id = t.tenant_id
    left join (select e.tenant_id, count(*) as events, min(e.at) as since
                 from pgrant.audit_events e
                where e.xid + 0 >= coalesce((select s.xid from pgrant_report.audit_sealing s), 0)
                group by e.tenant_id) u on u.tenant_id = t.tenant_id;

comment on view pgrant_report.audit_chain is
  'The chain of each tenant: its last seal (number, seal, when made), events in all seals, the last checkpoint, and how many events wait to be sealed since when. Verify with pgrant_report.audit_verify(tenant_id).';
comment on column pgrant_report.audit_sealing.xid is 'Events of transactions below it are sealed; 0 = nothing can be said yet.';
comment on column pgrant_report.audit_sealing.sealed_at is 'When the worker last looked.';
comment on column pgrant_report.audit_sealing.lag is 'How long ago that was.';
comment on column pgrant_report.audit_checkpoints.number is 'Number of the seal.';
comment on column pgrant_report.audit_checkpoints.seal is 'The seal: what audit_verify takes as p_seal.';
comment on column pgrant_report.audit_checkpoints.made_at is 'When it was signed.';
comment on column pgrant_report.audit_checkpoints.expires_at is 'When it is removed here.';
comment on column pgrant_report.audit_checkpoints.jwt is 'The signed statement (typ audit-checkpoint+jwt).';
comment on column pgrant_report.audit_chain.number is 'Number of the last seal; null = there is none yet.';
comment on column pgrant_report.audit_chain.seal is 'The last seal.';
comment on column pgrant_report.audit_chain.total is 'Events in all seals.';
comment on column pgrant_report.audit_chain.made_at is 'When the last seal was made.';
comment on column pgrant_report.audit_chain.checkpoint is 'Number of the last seal that was signed.';
comment on column pgrant_report.audit_chain.checkpoint_at is 'When it was signed.';
comment on column pgrant_report.audit_chain.unsealed is 'Events that wait to be sealed: a minute''s worth while a worker runs.';
comment on column pgrant_report.audit_chain.unsealed_since is 'When the oldest of them was recorded.';

-- Columns of what is sealed say the same as those of the tables that they are taken from.
do $$
declare
  v_column record;
begin
  for v_column in
    select r.oid::regclass as report, a.attname as name,
           pg_catalog.col_description(t.oid, b.attnum) as meaning
      from (values ('audit_entries', 'audit_events'), ('audit_seals', 'audit_seals')) w (report, source)
      join pg_catalog.pg_class r on r.relname = w.report and r.relnamespace = 'pgrant_report'::regnamespace
      join pg_catalog.pg_class t on t.relname = w.source and t.relnamespace = 'pgrant'::regnamespace
      join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0
      join pg_catalog.pg_attribute b on b.attrelid = t.oid and b.attname = a.attname
     where a.attname not in ('tenant_id', 'user_id', 'client_id', 'grant_id', 'family_id')
  loop
    execute format('comment on column %s.%I is %L', v_column.report, v_column.name, v_column.meaning);
  end loop;
end
$$;
