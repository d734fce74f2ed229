-- Whoever has rows kept for longer does not bring back what has been dropped.
alter table pgrant.partition_plans add column complete_since timestamptz not null default '-infinity';
comment on column pgrant.partition_plans.complete_since is
  'From when on nothing was dropped because of its age: rows of before may be gone, though the retention, which was shorter, would have them kept.';
