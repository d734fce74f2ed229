-- What a person did, refreshes too, without an index that each refresh pays for.

-- A filter for each 32 pages, made by autovacuum once they are full, says which people are not in them: 2 MB for a million
-- events. uuid_hash is not leakproof, so that no condition of an auditor of one tenant is answered from rows of another.
create index audit_events_user on pgrant.audit_events
  using brin ((uuid_hash(user_id)) int4_bloom_ops (n_distinct_per_range = 1500, false_positive_rate = 0.001))
  with (pages_per_range = 32, autosummarize = on);
comment on index pgrant.audit_events_user is
  'Pages that may have events of a person: pgrant_report.person_page() with refreshes. Nothing is written to it for an event, only for each 32 pages.';
