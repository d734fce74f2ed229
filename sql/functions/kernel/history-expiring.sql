-- The past of grants and clients. Both have an expires_at that moves with use, on the hot path, where nothing is kept:
-- an expiry ends a version when it has passed, whenever that is noticed.

create view pgrant_rules.standing_grants with (security_invoker = true) as
select g.tenant_id, g.grant_id, g.user_id, g.client_id, g.scopes, g.resources,
       case when c.consent <> 'never' then g.consent_expires_at end as consent_expires_at, g.expires_at
  from pgrant.grants g
  join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
 where g.revoked_at is null;

comment on view pgrant_rules.standing_grants is 'Grants that are not revoked, with what is kept of them; past expires_at they stand no more.';

create function pgrant_rules.grant_remember(p_tenant uuid, p_grant_id uuid, p_cause text, p_expired_at timestamptz default null)
returns void
language plpgsql
as $$
declare
  v_at timestamptz := least(clock_timestamp(), p_expired_at,
    (select s.expires_at from pgrant_rules.standing_grants s where s.tenant_id = p_tenant and s.grant_id = p_grant_id));
begin
  update pgrant.grant_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.grant_id = p_grant_id
     and upper_inf(h.valid)
     and not exists (select from pgrant_rules.standing_grants s
                      where s.tenant_id = p_tenant and s.grant_id = p_grant_id and s.expires_at > v_at
                        and s.scopes = h.scopes and s.resources = h.resources
                        and s.consent_expires_at is not distinct from h.consent_expires_at);
  insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at,
                                    valid, cause, request_id)
  select p_tenant, s.grant_id, s.user_id, s.client_id, s.scopes, s.resources, s.consent_expires_at,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.grant_history h
                                    where h.tenant_id = p_tenant and h.grant_id = p_grant_id)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant_rules.standing_grants s
   where s.tenant_id = p_tenant
     and s.grant_id = p_grant_id
     and s.expires_at > v_at
     and not exists (select from pgrant.grant_history h
                      where h.tenant_id = p_tenant and h.grant_id = p_grant_id and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.grant_remember(uuid, uuid, text, timestamptz) is
  'Keeps what a grant is from now on, where that is new. One that is revoked or gone ends now, one that has expired ended when it did; p_expired_at says when where the row is gone.';

create view pgrant_rules.standing_clients with (security_invoker = true) as
select c.tenant_id, c.client_id, c.name, c.maker_id, c.scopes, 'client_credentials' = any (c.grant_types) as machine,
       case when c.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post')
            then (select max(k.expires_at) from pgrant.client_secrets k
                   where k.tenant_id = c.tenant_id and k.client_id = c.client_id)
            else 'infinity' end as secret_expires_at,
       c.disabled_at is null as enabled, coalesce(c.expires_at, 'infinity') as expires_at
  from pgrant.clients c;

comment on view pgrant_rules.standing_clients is 'Clients, with what is kept of them; past expires_at they stand no more.';

create function pgrant_rules.client_remember(p_tenant uuid, p_client_id text, p_cause text, p_expired_at timestamptz default null)
returns void
language plpgsql
as $$
declare
  v_now pgrant_rules.standing_clients;
  v_at timestamptz;
begin
  select s.* into v_now from pgrant_rules.standing_clients s where s.tenant_id = p_tenant and s.client_id = p_client_id;
  v_at := least(clock_timestamp(), p_expired_at, v_now.expires_at);
  update pgrant.client_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.client_id = p_client_id
     and upper_inf(h.valid)
     and (v_now.expires_at > v_at
          and (v_now.name, v_now.maker_id, v_now.scopes, v_now.machine, v_now.secret_expires_at, v_now.enabled)
              is not distinct from (h.name, h.maker_id, h.scopes, h.machine, h.secret_expires_at, h.enabled)) is not true;
  if v_now.client_id is null then
    -- Its grants went with it.
    update pgrant.grant_history h
       set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
     where h.tenant_id = p_tenant
       and h.client_id = p_client_id
       and upper_inf(h.valid);
    return;
  end if;
  insert into pgrant.client_history (tenant_id, client_id, name, maker_id, scopes, machine, secret_expires_at, enabled,
                                     valid, cause, request_id)
  select p_tenant, p_client_id, v_now.name, v_now.maker_id, v_now.scopes, v_now.machine, v_now.secret_expires_at, v_now.enabled,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.client_history h
                                    where h.tenant_id = p_tenant and h.client_id = p_client_id)), null),
         p_cause, pgrant_rules.cause_request()
   where v_now.expires_at > v_at
     and not exists (select from pgrant.client_history h
                      where h.tenant_id = p_tenant and h.client_id = p_client_id and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.client_remember(uuid, text, text, timestamptz) is
  'Keeps what a client is from now on, secrets included, where that is new. With one that is gone its grants end. p_expired_at says when it expired where the row is gone.';

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
