-- The time machine: what was allowed at a moment of the past. With the rights of whoever asks, tenant by tenant.
-- Somebody could reach a scope while all of this was so: the tenant, client and person were enabled; the grant, neither
-- revoked nor expired, had the scope; the client was allowed it; it was defined and enabled; and where it is a role, the
-- person held it. Whether a token was there to be used, and was, is in audit_events.

create function pgrant_report.history_range(p_tenant text default null) returns tstzrange
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid := (select i.tenant_id from pgrant.issuers i where i.name = p_tenant);
  v_first timestamptz := (select min(lower(h.valid)) from pgrant.tenant_history h
                           where (p_tenant is null or h.tenant_id = v_tenant_id));
begin
  return (select tstzrange(greatest(v_first, clock_timestamp() - p.retention, p.complete_since), clock_timestamp(), '[]')
            from pgrant.partition_plans p
           where p.table_name = 'audit_events' and v_first is not null);
end
$$;

comment on function pgrant_report.history_range(text) is
  'The moments about which the time machine can be asked: from the retention of audit_events (or the beginning of the history, or what had been dropped when the retention became longer, where that is later) to now. Null where the tenant is not there, or not the asker''s. p_tenant null = all tenants that the asker may see.';

create function pgrant_report.tenant_then(p_tenant text, p_at timestamptz) returns uuid
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_range tstzrange := pgrant_report.history_range(p_tenant);
begin
  if v_range is null then
    raise exception 'there is no history of the tenant %', coalesce(p_tenant, '(any)') using errcode = 'OA001',
      hint = 'either there is no such tenant, or you may not see it';
  elsif not coalesce(v_range @> p_at, false) then
    raise exception 'nothing is known of %', coalesce(p_at::text, 'no moment at all') using errcode = 'OA003',
      hint = format('ask about a moment from %s to %s', lower(v_range), upper(v_range));
  end if;
  return (select i.tenant_id from pgrant.issuers i where i.name = p_tenant);
end
$$;

comment on function pgrant_report.tenant_then(text, timestamptz) is
  'The id of the tenant (null = of all) about whose past somebody asks. Raises OA003 for a moment outside history_range, with the range in the hint; OA001 where there is no history.';

create function pgrant_report.users_then(p_tenant_id uuid, p_username text, p_at timestamptz) returns uuid[]
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return array(select u.user_id from pgrant.user_history u
                where (p_tenant_id is null or u.tenant_id = p_tenant_id)
                  and u.username_key = lower(p_username) and u.valid @> p_at);
end
$$;

comment on function pgrant_report.users_then(uuid, text, timestamptz) is
  'Who had this username then: one person of a tenant, or one of each tenant where p_tenant_id is null.';

create function pgrant_report.tenant_names(p_tenant_id uuid) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return (select jsonb_object_agg(i.tenant_id, i.name) from pgrant.issuers i where p_tenant_id is null or i.tenant_id = p_tenant_id);
end
$$;

comment on function pgrant_report.tenant_names(uuid) is 'The name of a tenant, or of each (null), by its id.';

-- The planner expects few rows behind the policy, and would rather sort all that follow than walk the index that has them
-- in order; so a page may not sort. The names of tenants are not joined here: Citus lets what it hands on for one tenant
-- join nothing that is the same for all.
create function pgrant_report.grants_then(
  p_at timestamptz, p_tenant_id uuid, p_username text, p_client_id text, p_after uuid, p_limit integer
)
returns table (tenant_id uuid, grant_id uuid, user_id uuid, username text, client_id text, client_name text, scopes text[],
               effective text[], resources text[], consent_expires_at timestamptz, since timestamptz, cause text, request_id text,
               authorization_details jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp
set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set jit = off
-- A plan that is good for every tenant, person and client, or none, finds nobody by index.
set plan_cache_mode = force_custom_plan
as $$
declare
  v_user_ids uuid[] := case when p_username is not null then pgrant_report.users_then(p_tenant_id, p_username, p_at) end;
begin
  p_limit := pgrant_report.page_size(p_limit);
  perform pgrant_report.names_known(p_tenant_id, p_username, p_client_id);
  -- What one person has is sorted sooner than all that everybody has is walked through.
  perform set_config('enable_sort', case when v_user_ids is null then 'off' else 'on' end, true);
  return query
  select h.tenant_id, h.grant_id, h.user_id, u.username, h.client_id, c.name, h.scopes,
         -- Each of these says the tenant: Citus does not see it through two levels.
         array(select s.scope from pgrant.scope_history s
                where s.tenant_id = h.tenant_id and (p_tenant_id is null or s.tenant_id = p_tenant_id)
                  and s.scope = any (h.scopes) and s.valid @> p_at and s.enabled
                  and t.enabled and u.enabled and c.enabled
                  and (c.scopes is null or s.scope = any (c.scopes))
                  and (not s.requires_role
                       or exists (select from pgrant.user_role_history r
                                   where r.tenant_id = h.tenant_id and (p_tenant_id is null or r.tenant_id = p_tenant_id)
                                     and r.user_id = h.user_id and r.scope = s.scope and r.valid @> p_at)
                       or exists (select from pgrant.group_member_history m
                                    join pgrant.group_role_history r on r.tenant_id = m.tenant_id and r.group_name = m.group_name
                                                                    and r.scope = s.scope and r.valid @> p_at
                                   where m.tenant_id = h.tenant_id and (p_tenant_id is null or m.tenant_id = p_tenant_id)
                                     and m.user_id = h.user_id and m.valid @> p_at))
                order by s.scope),
         h.resources, nullif(h.consent_expires_at, 'infinity'), lower(h.valid), h.cause, h.request_id,
         h.authorization_details
    from pgrant.grant_history h
    join pgrant.tenant_history t on t.tenant_id = h.tenant_id and t.valid @> p_at
    join pgrant.user_history u on u.tenant_id = h.tenant_id and u.user_id = h.user_id and u.valid @> p_at
    join pgrant.client_history c on c.tenant_id = h.tenant_id and c.client_id = h.client_id and c.valid @> p_at
    left join pgrant.grants g on g.tenant_id = h.tenant_id and g.grant_id = h.grant_id and upper_inf(h.valid)
    left join pgrant.clients n on n.tenant_id = h.tenant_id and n.client_id = h.client_id and upper_inf(c.valid)
   where (p_tenant_id is null or h.tenant_id = p_tenant_id)
     and (p_client_id is null or h.client_id = p_client_id)
     and (v_user_ids is null or h.user_id = any (v_user_ids))
     and h.grant_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
     and h.valid @> p_at
     -- What the janitor has not come to yet.
     and coalesce(g.expires_at > p_at, true)
     and coalesce(n.expires_at > p_at, true)
   order by h.grant_id
   limit p_limit;
end
$$;

comment on function pgrant_report.grants_then(timestamptz, uuid, text, text, uuid, integer) is
  'What grants_as_of says, of the tenant that has this id (null = of all that the asker may see), without its name.';

create function pgrant_report.grants_as_of(
  p_at timestamptz, p_tenant text default null, p_username text default null, p_client_id text default null,
  p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default null
)
returns table (tenant_id uuid, tenant text, grant_id uuid, user_id uuid, username text, client_id text, client_name text,
               scopes text[], effective text[], resources text[], consent_expires_at timestamptz, since timestamptz,
               cause text, request_id text, authorization_details jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant_id uuid := pgrant_report.tenant_then(p_tenant, p_at);
  v_names jsonb := pgrant_report.tenant_names(v_tenant_id);
begin
  return query
  select g.tenant_id, v_names ->> g.tenant_id::text, g.grant_id, g.user_id, g.username, g.client_id, g.client_name, g.scopes,
         g.effective, g.resources, g.consent_expires_at, g.since, g.cause, g.request_id, g.authorization_details
    from pgrant_report.grants_then(p_at, v_tenant_id, p_username, p_client_id, p_after, p_limit) g;
end
$$;

comment on function pgrant_report.grants_as_of(timestamptz, text, text, text, uuid, integer) is
  'The grants that stood at p_at, p_limit of them (null = all) after grant_id p_after, with people''s and clients'' names as they were then: scopes and authorization_details is what was granted, effective what of it could be used then, since from when the grant had been so, cause and request_id what made it so. p_tenant null = all tenants that the asker may see. Raises OA001, OA003.';
