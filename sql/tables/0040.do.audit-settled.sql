-- Sealing where each node has transaction ids of its own, which say nothing of what is final.

alter table pgrant.audit_chains add column settled_at timestamptz;
comment on column pgrant.audit_chains.settled_at is
  'Where tables are distributed: when nothing was left to seal; null before that, and on one PostgreSQL, where transaction ids tell.';

alter table pgrant.audit_chains add column compared_at timestamptz;
comment on column pgrant.audit_chains.compared_at is
  'Where tables are distributed: when all events were last compared with what seals cover; null before that, and on one PostgreSQL.';

select pgrant.audited('pgrant.audit_chains', array['settled_at', 'compared_at']);
