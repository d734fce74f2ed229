-- Reports: how far the audit of each tenant is sealed.

create view pgrant_report.audit_sealing with (security_invoker = true) as
  select case when a.adopt_tenant is null and a.cluster = c.system_identifier then a.xid else 0 end as xid, a.sealed_at,
         now() - a.sealed_at as lag
    from pgrant.audit_sealing a
   cross join pg_catalog.pg_control_system() c;

comment on view pgrant_report.audit_sealing is
  'How far sealing is, for all tenants: events of transactions below xid are sealed (0 = nothing can be said yet: the first time, or the database was restored into another cluster), when the worker last looked, and how long ago. A worker looks each minute.';

create view pgrant_report.audit_checkpoints with (security_invoker = true) as
  select k.tenant_id, k.number, k.seal, k.made_at, k.expires_at, k.jwt from pgrant.audit_checkpoints k;

comment on view pgrant_report.audit_checkpoints is
  'Signed statements that a chain had a seal: each jwt is worth keeping where nobody who may change this database can change it too.';

create view pgrant_report.audit_chain with (security_invoker = true) as
  select i.tenant_id, i.name as tenant, c.number, c.seal, c.total, c.made_at,
         (select max(k.number) from pgrant.audit_checkpoints k where k.tenant_id = i.tenant_id) as checkpoint,
         (select max(k.made_at) from pgrant.audit_checkpoints k where k.tenant_id = i.tenant_id) as checkpoint_at,
         coalesce(u.events, 0) as unsealed, u.since as unsealed_since
    from pgrant.issuers i
    left join pgrant.audit_chains c on c.tenant_id = i.tenant_id
    left join (select e.tenant_id, count(*) as events, min(e.at) as since
                 from pgrant.audit_events e
                where e.xid >= (select s.xid from pgrant_report.audit_sealing s)
                group by e.tenant_id) u on u.tenant_id = i.tenant_id;

comment on view pgrant_report.audit_chain is
  'The chain of each tenant: its last seal (number, seal, when made), events in all seals, the last checkpoint, and how many events wait to be sealed since when. Verify with pgrant_report.audit_verify(tenant_id).';
