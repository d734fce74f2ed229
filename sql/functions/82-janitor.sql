-- Cleaning up what is not in partitions. Owned by the janitor, who sees only rows that are past their expiry.
set local role pgrant_janitor;
alter default privileges revoke execute on functions from public;

create function pgrant_ops.expired_delete(p_limit integer default 5000) returns table (table_name text, deleted bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  table_name := 'token_families';
  with dead as (
    select f.tenant_id, f.family_id from pgrant.token_families f
     where f.sweep_after < current_date
     order by f.sweep_after limit p_limit
  )
  delete from pgrant.token_families f using dead d where f.tenant_id = d.tenant_id and f.family_id = d.family_id;
  get diagnostics deleted = row_count;
  return next;

  table_name := 'grants';
  with dead as (
    select g.tenant_id, g.grant_id from pgrant.grants g where g.expires_at < now() limit p_limit
  )
  delete from pgrant.grants g using dead d where g.tenant_id = d.tenant_id and g.grant_id = d.grant_id;
  get diagnostics deleted = row_count;
  return next;

  -- Only those that registered themselves or came from a document expire. Their secrets, grants and tokens go with them. A
  -- document that an operator has disabled stays, or the next request would bring it back.
  table_name := 'clients';
  with dead as (
    select c.tenant_id, c.client_id from pgrant.clients c
     where c.registered_at is not null and c.expires_at < now() and (c.document_fetched_at is null or c.disabled_at is null)
     limit p_limit
  )
  delete from pgrant.clients c using dead d where c.tenant_id = d.tenant_id and c.client_id = d.client_id;
  get diagnostics deleted = row_count;
  return next;

  table_name := 'outbox';
  with dead as (
    select o.tenant_id, o.event_id, o.webhook from pgrant.outbox o where o.expires_at < now() limit p_limit
  )
  delete from pgrant.outbox o
   using dead d where o.tenant_id = d.tenant_id and o.event_id = d.event_id and o.webhook = d.webhook;
  get diagnostics deleted = row_count;
  return next;

  table_name := 'registration_tokens';
  delete from pgrant.registration_tokens k where k.expires_at < now();
  get diagnostics deleted = row_count;
  return next;

  table_name := 'client_secrets';
  delete from pgrant.client_secrets s where s.expires_at < now();
  get diagnostics deleted = row_count;
  return next;

  table_name := 'signing_keys';
  delete from pgrant.signing_keys k where k.expires_at < now();
  get diagnostics deleted = row_count;
  return next;

  foreach table_name in array array['sessions', 'authorization_requests', 'codes', 'access_tokens', 'revoked_tokens',
                                    'login_failures', 'upstream_logins',
                                    'login_challenges', 'login_assertions'] loop
    deleted := pgrant_ops.default_partition_delete(table_name, p_limit);
    return next;
  end loop;
end
$$;

comment on function pgrant_ops.expired_delete(integer) is
  'Deletes expired rows of any tenant, at most p_limit of a large table at a time. Returns the counts; call it again while one equals p_limit.';

create function pgrant_ops.default_partition_delete(p_table text, p_limit integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_default regclass := to_regclass(format('pgrant.%I', p_table || '_default'));
  v_deleted bigint;
begin
  execute format(
    'delete from pgrant.%I t
      where t.tableoid = $1
        and t.ctid = any (array(select d.ctid from pgrant.%I d
                                 where d.tableoid = $1 and d.expires_at < now() limit $2))', p_table, p_table)
    using v_default, p_limit;
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;

comment on function pgrant_ops.default_partition_delete(text, integer) is
  'Deletes expired rows that arrived while no partition had been made for them.';

create function pgrant_ops.sealed_erase(p_part integer, p_parts integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Blocks in a row. Their part never changes, so none is passed over when the table grows between two parts.
  v_stretch constant bigint := 16;
  v_blocks bigint := pg_relation_size('pgrant.token_families') / current_setting('block_size')::bigint;
  v_block bigint := p_part * v_stretch;
  v_count bigint;
  v_erased bigint := 0;
begin
  while v_block < v_blocks loop
    update pgrant.token_families f
       set sealed_successor = null
     where f.ctid >= format('(%s,0)', v_block)::tid
       and f.ctid < format('(%s,0)', v_block + v_stretch)::tid
       and f.replay_until < now()
       and f.sealed_successor is not null;
    get diagnostics v_count = row_count;
    v_erased := v_erased + v_count;
    v_block := v_block + p_parts * v_stretch;
  end loop;
  return v_erased;
end
$$;

comment on function pgrant_ops.sealed_erase(integer, integer) is
  'Erases sealed successors whose replay window has closed, in part p_part (from 0) of p_parts of the table: a rolling sweep, because an index on them would cost every rotation its HOT update. Returns how many.';

grant execute on function pgrant_ops.expired_delete(integer), pgrant_ops.sealed_erase(integer, integer) to pgrant_worker;

create function pgrant_rules.audit_forget(p_tenant uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from pgrant.audit_events a where a.tenant_id = p_tenant;
end
$$;

comment on function pgrant_rules.audit_forget(uuid) is 'Deletes the audit events of a tenant that has been removed; of any other it sees none.';

grant execute on function pgrant_rules.audit_forget(uuid) to pgrant_definer;
