-- Where the tables are distributed, functions take the comments of tables along to each node: Citus hands on functions, and no
-- comments, without which a value that is refused would be refused in no words. After all else that makes comments.

do $$
declare
  v_comments jsonb;
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'citus') then
    return;
  end if;
  v_comments := (
    select jsonb_object_agg(c.relname, pgrant_rules.comments_of(c.relname::text))
      from pg_catalog.pg_class c
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition);
  execute format(
    'create or replace function pgrant_rules.comments_of(p_table text) returns jsonb language plpgsql stable as %L',
    format('begin return coalesce(%L::jsonb -> p_table, ''{}''); end', v_comments));
end
$$;
