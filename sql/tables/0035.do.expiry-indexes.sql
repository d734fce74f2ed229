-- The janitor finds whatever expires by an index that has it in its order.

create index client_secrets_expires_at on pgrant.client_secrets ((expires_at at time zone 'UTC'));
create index registration_tokens_expires_at on pgrant.registration_tokens ((expires_at at time zone 'UTC'));
create index signing_keys_expired on pgrant.signing_keys ((expires_at at time zone 'UTC'));
comment on index pgrant.signing_keys_expired is
  'Keys that are past their expiry. An expression, so that no condition of an auditor can use it.';

-- What outlives the partitions that are made ahead is in the default one, and goes row by row.
do $$
declare
  v_default name;
begin
  for v_default in
    select c.relname
      from pg_catalog.pg_class c
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'expires_at'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind = 'r' and c.relispartition
       and pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'
  loop
    execute format('create index %I on pgrant.%I ((expires_at at time zone ''UTC''))', v_default || '_expires_at', v_default);
  end loop;
end
$$;

-- Of those that are over, by day, the revoked are told from the expired and these from the idle: each a stretch of the index. None of
-- its columns changes on a rotation but sweep_after, which is indexed already and moves a week at a time.
drop index pgrant.token_families_due;
create index token_families_due on pgrant.token_families (tenant_id, sweep_after, revoked_at, expires_at, family_id);
comment on index pgrant.token_families_due is
  'Families that are over or soon will be, by day, and of each day by what ended them: pgrant_report.family_page(), family_counts() and expired_backlog.';
