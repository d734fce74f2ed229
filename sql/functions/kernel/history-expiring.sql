-- Ends of clients and grants that no row of pgrant_rules.histories() can say: client_delete locks and deletes what it has
-- remembered, and expiry_remember works for another role, tenant by tenant. Both have the remembering done by what is made there.

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

create function pgrant_rules.expiry_remember(p_tenant uuid, p_client_id text, p_grant_id uuid, p_expired_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('pgrant.tenant', p_tenant::text, true), set_config('pgrant.request_id', '', true);
  if p_grant_id is null then
    perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.expire', p_expired_at);
  else
    perform pgrant_rules.grant_remember(p_tenant, p_grant_id, 'grant.expire', p_expired_at);
  end if;
  perform set_config('pgrant.tenant', '', true);
end
$$;

comment on function pgrant_rules.expiry_remember(uuid, text, uuid, timestamptz) is
  'For the janitor: ends the history of a grant, or of a client with its grants, that it has deleted because it expired at p_expired_at. What is still there it leaves as it is.';
