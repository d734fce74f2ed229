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
