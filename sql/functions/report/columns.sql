-- Columns of reports that mean the same wherever they are, so that no file has to say it again.

do $$
declare
  v_column record;
begin
  for v_column in
    select c.oid::regclass as report, a.attname as name, w.meaning
      from (values
        ('tenant_id', 'The tenant.'),
        ('tenant', 'Its name.'),
        ('user_id', 'The person: the sub of their tokens.'),
        ('username', 'The person''s username.'),
        ('client_id', 'The client.'),
        ('client_name', 'Its name for people.'),
        ('grant_id', 'The grant: what the person allowed the client.'),
        ('family_id', 'The family: all that one code gave.'),
        ('scope', 'The scope.')) w (name, meaning)
      join pg_catalog.pg_attribute a on a.attname = w.name
      join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind = 'v'
     where c.relnamespace = 'pgrant_report'::regnamespace
       and pg_catalog.col_description(c.oid, a.attnum) is null
  loop
    execute format('comment on column %s.%I is %L', v_column.report, v_column.name, v_column.meaning);
  end loop;
end
$$;
