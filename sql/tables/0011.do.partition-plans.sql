-- Operators change the plan of any table, by pgrant_ops.partition_plan_set().

alter policy plans_changed on pgrant.partition_plans using (true)
  with check (ahead >= step
              and retention >= case when table_name in ('audit_events', 'audit_seals') then interval '1 month' else interval '1 hour' end);
