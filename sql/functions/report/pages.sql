-- Reports: pages of what is large, and why a token lacks a scope.
-- The planner expects few rows behind the auditor's policy, and would rather sort all that follow than walk the index
-- that has them in order; so a page may not sort. A plan that does what it may not has a cost at which PostgreSQL would compile it, for
-- longer than it runs (jit). A position that is null is the beginning.

create function pgrant_report.page_size(p_limit integer) returns integer
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_limit < 0 then
    raise exception 'there is no page of % rows', p_limit using errcode = 'OA003', hint = '0 or more; null = all';
  end if;
  return p_limit;
end
$$;

comment on function pgrant_report.page_size(integer) is
  'How many rows a page has at most; null = all. Raises OA003 where that is less than 0. Each page begins with it, so that all refuse alike.';

create function pgrant_report.grant_page(
  p_tenant text, p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100
) returns setof pgrant_report.active_grants
language sql stable set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off set jit = off
as $$
  select g.* from pgrant_report.active_grants g
   where g.tenant_id = (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant)
     and g.grant_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
   order by g.grant_id limit pgrant_report.page_size(p_limit)
$$;

comment on function pgrant_report.grant_page(text, uuid, integer) is
  'The active grants of a tenant, p_limit of them after p_after: the grant_id of the last one of the page before. A page costs the same wherever it is.';

create function pgrant_report.family_page(
  p_tenant text, p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100, p_state text default null
) returns setof pgrant_report.refresh_families
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off set jit = off
  set plan_cache_mode = force_custom_plan
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_last constant date := (now() at time zone 'UTC')::date + 8;
  v_from constant timestamptz := case p_state when 'expired' then '-infinity' else now() end;
  v_until constant timestamptz := case p_state when 'expired' then now() else 'infinity' end;
  v_at record;
  v_left integer := coalesce(pgrant_report.page_size(p_limit), 2147483647);
  v_found integer;
begin
  -- A page of none would be taken for an answer.
  if p_state not in ('live', 'revoked', 'expired', 'idle too long') then
    raise exception 'no family is %', p_state using errcode = 'OA003', hint = 'live, revoked, expired or idle too long';
  end if;
  if p_state in ('idle too long', 'expired') then
    -- In the order in which they are swept. Of each day they are a stretch of the index, however many others are over.
    select k.sweep_after, k.expires_at, k.family_id into v_at
      from pgrant.token_families k where k.tenant_id = v_tenant_id and k.family_id = p_after;
    while v_left > 0 loop
      if v_at.family_id is null then
        -- The beginning, the next day, or where the last one of the page before is gone, which has taken along what was before it.
        select k.sweep_after, v_from as expires_at, uuid '00000000-0000-0000-0000-000000000000' as family_id into v_at
          from pgrant.token_families k
         where k.tenant_id = v_tenant_id and k.sweep_after > coalesce(v_at.sweep_after, '-infinity') and k.sweep_after <= v_last
         order by k.sweep_after limit 1;
        exit when not found;
      end if;
      return query
      select f.* from pgrant_report.refresh_families f
       where f.tenant_id = v_tenant_id and f.state = p_state and f.sweep_after = v_at.sweep_after and f.revoked_at is null
         and (f.expires_at, f.family_id) > (v_at.expires_at, v_at.family_id) and f.expires_at <= v_until
       -- The first is null in all of them, and names the index.
       order by f.revoked_at, f.expires_at, f.family_id limit v_left;
      get diagnostics v_found = row_count;
      v_left := v_left - v_found;
      v_at.family_id := null;
    end loop;
    return;
  end if;
  return query
  select f.* from pgrant_report.refresh_families f
   where f.tenant_id = v_tenant_id
     and f.family_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
     and (p_state is null or f.state = p_state)
     -- Revoked ones have an index.
     and (p_state is distinct from 'revoked' or f.revoked_at is not null)
   order by f.family_id limit p_limit;
end
$$;

comment on function pgrant_report.family_page(text, uuid, integer, text) is
  'The token families of a tenant, of all states or of p_state (live, revoked, expired, idle too long), p_limit of them after p_after: the family_id of the last one of the page before. A page costs the same wherever it is. Those that are idle too long or expired come in the order of sweep_after, and those are passed over that live and have long not been used; where the last one of the page before has been swept meanwhile, the first that are left come next. Raises OA003 for another state.';

create function pgrant_report.family_counts(p_tenant text default null)
returns table (tenant_id uuid, tenant text, families bigint, live bigint, idle bigint, expired bigint, revoked bigint)
language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off
as $$
declare
  v_last constant date := (now() at time zone 'UTC')::date + 8;
  v_tenant record;
begin
  for v_tenant in
    select i.tenant_id, i.name from pgrant.issuers i where p_tenant is null or i.name = p_tenant order by i.name
  loop
    tenant_id := v_tenant.tenant_id;
    tenant := v_tenant.name;
    families := (select count(*) from pgrant.token_families f where f.tenant_id = v_tenant.tenant_id);
    revoked := (select count(*) from pgrant.token_families f where f.tenant_id = v_tenant.tenant_id and f.revoked_at is not null);
    expired := (select count(*) from pgrant.token_families f
                 where f.tenant_id = v_tenant.tenant_id and f.sweep_after <= v_last and f.revoked_at is null and f.expires_at <= now());
    idle := (select count(*) from pgrant.token_families f
              where f.tenant_id = v_tenant.tenant_id and f.sweep_after <= v_last and f.revoked_at is null and f.expires_at > now()
                and f.idle_expires_at <= now());
    live := families - revoked - idle - expired;
    return next;
  end loop;
end
$$;

comment on function pgrant_report.family_counts(text) is
  'How many token families a tenant has, or with p_tenant null each that you may read, and of which state: live, idle (too long), expired, revoked. Counts in indexes, and reads no family but those that are idle too long or soon will be.';

create function pgrant_report.session_page(
  p_tenant text, p_after uuid default '00000000-0000-0000-0000-000000000000', p_after_expiry timestamptz default '-infinity',
  p_limit integer default 100
) returns setof pgrant_report.sessions
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_after_expiry timestamptz := coalesce(p_after_expiry, '-infinity');
begin
  p_limit := pgrant_report.page_size(p_limit);
  return query
  select s.* from pgrant_report.sessions s
   where s.tenant_id = v_tenant_id
     and s.session_id >= v_after
     and (s.session_id, s.expires_at) > (v_after, v_after_expiry)
   order by s.session_id, s.expires_at limit p_limit;
end
$$;

comment on function pgrant_report.session_page(text, uuid, timestamptz, integer) is
  'The sessions of a tenant, p_limit of them after p_after and p_after_expiry: session_id and expires_at of the last one of the page before (a sign-in that was renewed has a row for each). A page costs the same wherever it is.';

create function pgrant_report.audit_page(
  p_tenant text, p_before timestamptz default 'infinity', p_before_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  p_limit integer default 100
) returns setof pgrant_report.audit_events
language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_sort = off set enable_hashjoin = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_tenant_id uuid := (select t.tenant_id from pgrant_report.tenants t where t.tenant = p_tenant);
  v_before timestamptz := coalesce(p_before, 'infinity');
  v_before_id uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_from timestamptz;
begin
  p_limit := pgrant_report.page_size(p_limit);
  -- Each of what the view unites has an order of its own: how far back the page goes is asked there.
  select min(k.at) into v_from
    from ((select e.at from pgrant.audit_events e
            where e.tenant_id = v_tenant_id and e.at <= v_before and (e.at, e.event_id) < (v_before, v_before_id)
            order by e.at desc, e.event_id desc limit p_limit)
          union all
          (select r.first_at from pgrant.refusals r
            where r.tenant_id = v_tenant_id and r.first_at <= v_before and (r.first_at, r.event_id) < (v_before, v_before_id)
            order by r.first_at desc, r.event_id desc limit p_limit)
          order by 1 desc limit p_limit) k;
  return query
  select a.* from pgrant_report.audit_events a
   where a.tenant_id = v_tenant_id and a.at between v_from and v_before
     and (a.at, a.event_id) < (v_before, v_before_id)
   order by a.at desc, a.event_id desc limit p_limit;
end
$$;

comment on function pgrant_report.audit_page(text, timestamptz, uuid, integer) is
  'The audit events of a tenant, youngest first, p_limit of them before p_before and p_before_id: at and event_id of the last one of the page before.';

create function pgrant_report.scope_explain(p_tenant text, p_username text, p_client_id text, p_scopes text[] default null)
returns table (scope text, registered boolean, consented boolean, held boolean, effective boolean, reason text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_tenant_id uuid := (select i.tenant_id from pgrant.issuers i where i.name = p_tenant);
  v_person pgrant_report.people;
  v_client pgrant_report.clients;
  v_granted text[];
  v_disabled text;
begin
  select u.* into v_person
    from pgrant_report.people u
   where u.tenant_id = v_tenant_id
     and u.user_id = (select k.user_id from pgrant.users k where k.tenant_id = v_tenant_id and k.username_key = lower(p_username));
  select c.* into v_client from pgrant_report.clients c where c.tenant_id = v_tenant_id and c.client_id = p_client_id;
  if v_person.user_id is null or v_client.client_id is null then
    return;
  end if;
  v_granted := (select g.scopes from pgrant_report.active_grants g
                 where g.tenant_id = v_tenant_id and g.user_id = v_person.user_id and g.client_id = v_client.client_id);
  v_disabled := case when (select i.disabled_at from pgrant.issuers i where i.tenant_id = v_tenant_id) is not null then 'tenant disabled'
                     when v_person.disabled_at is not null then 'person disabled'
                     when v_client.disabled_at is not null or v_client.expires_at <= now() then 'client disabled' end;
  return query
  select x.scope, coalesce(x.scope = any (v_client.scopes), true), coalesce(x.scope = any (v_granted), false), h.held,
         r.reason is null and v_granted is not null,
         coalesce(r.reason, case when v_granted is null then 'would be granted with consent' else 'granted' end)
    from unnest(coalesce(p_scopes, array(select s.scope from pgrant.scopes s where s.tenant_id = v_tenant_id order by s.scope)))
           with ordinality x (scope, position)
    left join (select s.scope, s.requires_role, s.disabled_at from pgrant.scopes s where s.tenant_id = v_tenant_id) s
      on s.scope = x.scope
   cross join lateral (select case when s.requires_role then x.scope = any (v_person.roles) end as held) h
   cross join lateral (
     select case when v_disabled is not null then v_disabled
                 when s.scope is null then 'undefined'
                 when s.disabled_at is not null then 'disabled'
                 when not x.scope = any (v_client.scopes) then 'not registered'
                 when not h.held then 'role missing'
                 when not x.scope = any (v_granted) then 'not consented' end as reason) r
   order by x.position;
end
$$;

comment on function pgrant_report.scope_explain(text, text, text, text[]) is
  'What a person and a client would get at this moment, for each of p_scopes (null = every scope of the tenant): registered for the client, consented to, role held (null = none is needed), effective, and why. The twin of pgrant_ops.token_explain for auditors; it also says where tenant, person or client is disabled. No row where there is no such tenant, person or client that you may read.';
