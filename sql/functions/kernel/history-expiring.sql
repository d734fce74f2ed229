-- Ends of clients and grants that no row of pgrant_rules.histories() can say: client_delete locks and deletes what it has
-- remembered, and the others work for another role, tenant by tenant, of grants for a batch at once.

create function pgrant_rules.client_delete(p_tenant uuid, p_client_id text, p_cause text) returns void
language plpgsql
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  -- Grants before what hangs on them, as everywhere: the cascade finds its rows locked by us.
  perform from pgrant.grants g where g.tenant_id = p_tenant and g.client_id = p_client_id order by g.grant_id for update;
  perform from pgrant.token_families f
    where f.tenant_id = p_tenant
      and f.grant_id in (select g.grant_id from pgrant.grants g where g.tenant_id = p_tenant and g.client_id = p_client_id)
    order by f.family_id for update;
  -- What has expired ended then, which nobody could tell once it is gone.
  perform pgrant_rules.grant_remember(p_tenant, g.grant_id, 'grant.expire')
     from pgrant.grants g
    where g.tenant_id = p_tenant and g.client_id = p_client_id and g.revoked_at is null and g.expires_at <= v_now;
  perform pgrant_rules.client_remember(p_tenant, c.client_id, 'client.expire')
     from pgrant.clients c
    where c.tenant_id = p_tenant and c.client_id = p_client_id and c.expires_at <= v_now;
  delete from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, p_cause);
end
$$;

comment on function pgrant_rules.client_delete(uuid, text, text) is
  'Removes a client with its secrets, grants and tokens, and keeps until when they were.';

create function pgrant_rules.client_expiry_remember(p_tenant uuid, p_client_id text, p_expired_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('pgrant.tenant', p_tenant::text, true), set_config('pgrant.request_id', '', true),
          -- Which batch_delete() turns off, and which is as it was when that ends.
          set_config('enable_indexscan', 'on', true);
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.expire', p_expired_at);
  perform set_config('pgrant.tenant', '', true);
end
$$;

comment on function pgrant_rules.client_expiry_remember(uuid, text, timestamptz) is
  'For the janitor: ends the history of a client, with its grants, that it has deleted because it expired at p_expired_at. One that is still there it leaves as it is.';

create function pgrant_rules.grant_expiries_remember(p_tenant uuid, p_grants uuid[], p_expired_at timestamptz[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform set_config('pgrant.tenant', p_tenant::text, true),
          -- Grant by grant by its index, whatever the table is thought to hold, until batch_delete() ends.
          set_config('enable_indexscan', 'on', true), set_config('enable_seqscan', 'off', true),
          set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);
  update pgrant.grant_history h
     set valid = pgrant_rules.ended(h.valid, least(v_now, gone.expired_at)), end_cause = 'grant.expire', end_request_id = null
    from unnest(p_grants, p_expired_at) as gone (grant_id, expired_at)
   where h.tenant_id = p_tenant
     and h.grant_id = gone.grant_id
     and upper_inf(h.valid)
     and not exists (select from pgrant.grants g where g.tenant_id = p_tenant and g.grant_id = gone.grant_id);
  perform set_config('pgrant.tenant', '', true);
end
$$;

comment on function pgrant_rules.grant_expiries_remember(uuid, uuid[], timestamptz[]) is
  'For the janitor: ends the history of grants that it has deleted because they expired, each at the p_expired_at in its place. What is still there it leaves as it is.';
