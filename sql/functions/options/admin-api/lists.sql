-- What admins look through: lists that go on where a page ended, however long they are.

create function pgrant_ops.client_search(p_tenant uuid, p_search text default '', p_after text default '', p_limit integer default 50)
returns table (client_id text, name text, token_endpoint_auth_method text, grant_types text[], scopes text[], registered_at timestamptz,
               last_used_at timestamptz, created_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select c.client_id, c.name, c.token_endpoint_auth_method, c.grant_types, c.scopes, c.registered_at, c.last_used_at, c.created_at,
         c.disabled_at
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.maker_id is null and c.client_id > p_after
     and (p_search = '' or strpos(lower(c.name), lower(p_search)) > 0 or strpos(lower(c.client_id), lower(p_search)) > 0)
   order by c.client_id
   limit least(greatest(p_limit, 1), 1000);
end
$$;

comment on function pgrant_ops.client_search(uuid, text, text, integer) is
  'The applications of a tenant by client_id, p_limit of them (1000 at most) after p_after, with p_search in their name or client_id. May be null: scopes, registered_at, last_used_at, disabled_at. Raises OA001.';

create function pgrant_ops.user_search(p_tenant uuid, p_search text default '', p_after text default '', p_limit integer default 50)
returns table (user_id uuid, username text, name text, email text, created_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select u.user_id, u.username, u.claims ->> 'name', u.claims ->> 'email', u.created_at, u.disabled_at
    from pgrant.users u
   where u.tenant_id = p_tenant and u.username_key > lower(p_after)
     -- By the beginning: of a million people an index finds these, up to the last letter that there is.
     and u.username_key >= lower(p_search) and u.username_key < lower(p_search) || chr(1114111)
   order by u.username_key
   limit least(greatest(p_limit, 1), 1000);
end
$$;

comment on function pgrant_ops.user_search(uuid, text, text, integer) is
  'The people of a tenant by username, p_limit of them (1000 at most) after p_after, whose username begins with p_search. May be null: name, email, disabled_at. Raises OA001.';

create function pgrant_ops.user_session_list(p_tenant uuid, p_username text, p_after text default null, p_limit integer default 50)
returns table (session_id uuid, auth_time timestamptz, last_seen_at timestamptz, expires_at timestamptz, amr text[], address inet,
               user_agent text, cursor text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_auth_time timestamptz := coalesce(split_part(p_after, ',', 1)::timestamptz, 'infinity');
  v_session_id uuid := coalesce(nullif(split_part(p_after, ',', 2), '')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  return query
  select s.session_id, s.auth_time, s.last_seen_at, least(s.idle_expires_at, s.expires_at), s.amr, s.address, s.user_agent,
         to_char(s.auth_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ',' || s.session_id
    from pgrant.sessions s
   where s.tenant_id = p_tenant and s.user_id = v_user_id
     and s.expires_at > now() and s.idle_expires_at > now() and s.ended_at is null
     and (s.auth_time, s.session_id) < (v_auth_time, v_session_id)
   order by s.auth_time desc, s.session_id desc
   limit least(greatest(p_limit, 1), 1000);
end
$$;

comment on function pgrant_ops.user_session_list(uuid, text, text, integer) is
  'Where a person is signed in, the youngest sign-in first, p_limit of them (1000 at most) after p_after, a cursor of the page before: when, how (RFC 8176), from which address, and what the browser called itself. May be null: address, user_agent. Raises OA001.';

create function pgrant_ops.user_role_list(p_tenant uuid, p_username text)
returns table (role text, title text, direct boolean, groups text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  return query
  select s.scope, s.title, d.direct, d.groups
    from pgrant.scopes s
   cross join lateral (
     select exists (select from pgrant.user_roles r
                     where r.tenant_id = p_tenant and r.user_id = v_user_id and r.scope = s.scope) as direct,
            array(select m.group_name from pgrant.group_members m
                    join pgrant.group_roles g on g.tenant_id = p_tenant and g.group_name = m.group_name and g.scope = s.scope
                   where m.tenant_id = p_tenant and m.user_id = v_user_id order by 1) as groups) d
   where s.tenant_id = p_tenant and s.requires_role and (d.direct or d.groups <> '{}')
   order by s.scope;
end
$$;

comment on function pgrant_ops.user_role_list(uuid, text) is
  'The roles that a person has: directly, and through which groups. Raises OA001.';

create function pgrant_ops.role_people(p_tenant uuid, p_role text, p_after uuid default null, p_limit integer default 50)
returns table (user_id uuid, username text, name text, direct boolean, groups text[], disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_limit integer := least(greatest(p_limit, 1), 1000);
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.role_check(p_tenant, p_role);
  return query
  with held as (
    -- Of each way to have it as many as the page has: which of them is the first is known behind that.
    (select distinct r.user_id from pgrant.user_roles r
      where r.tenant_id = p_tenant and r.scope = p_role and r.user_id > v_after order by r.user_id limit v_limit)
    union
    select m.user_id
      from pgrant.group_roles g
     cross join lateral (
       select distinct m.user_id from pgrant.group_members m
        where m.tenant_id = p_tenant and m.group_name = g.group_name and m.user_id > v_after order by m.user_id limit v_limit) m
     where g.tenant_id = p_tenant and g.scope = p_role)
  select u.user_id, u.username, u.claims ->> 'name',
         exists (select from pgrant.user_roles r where r.tenant_id = p_tenant and r.user_id = u.user_id and r.scope = p_role),
         array(select distinct m.group_name from pgrant.group_members m
                 join pgrant.group_roles g on g.tenant_id = p_tenant and g.group_name = m.group_name and g.scope = p_role
                where m.tenant_id = p_tenant and m.user_id = u.user_id order by 1),
         u.disabled_at
    from (select h.user_id from held h order by h.user_id limit v_limit) h
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = h.user_id
   order by u.user_id;
end
$$;

comment on function pgrant_ops.role_people(uuid, text, uuid, integer) is
  'Who has a role, directly or through which groups, by user_id, p_limit of them (1000 at most) after p_after. May be null: name, disabled_at. Raises OA001.';

create function pgrant_ops.audit_search(
  p_tenant uuid, p_action text default null, p_client_id text default null, p_username text default null,
  p_refused boolean default null, p_since timestamptz default null, p_until timestamptz default null, p_after text default null,
  p_limit integer default 50
) returns table (at timestamptz, event_id uuid, action text, error text, reason text, client_id text, user_id uuid, username text,
                 grant_id uuid, address inet, request_id text, detail jsonb, actor jsonb, cursor text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_at timestamptz := coalesce(split_part(p_after, ',', 1)::timestamptz, p_until, 'infinity');
  v_event_id uuid := coalesce(nullif(split_part(p_after, ',', 2), '')::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  perform pgrant_rules.administer(p_tenant);
  if p_username is not null then
    v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  end if;
  return query
  select e.at, e.event_id, e.action, e.error, e.reason, e.client_id, e.user_id, u.username, e.grant_id, e.address, e.request_id,
         e.detail, e.actor, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ',' || e.event_id
    from pgrant.audit_events e
    left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = e.user_id
   where e.tenant_id = p_tenant
     and e.at >= coalesce(p_since, '-infinity') and e.at <= v_at and (e.at, e.event_id) < (v_at, v_event_id)
     and (p_action is null or starts_with(e.action, p_action))
     and (p_client_id is null or e.client_id = p_client_id)
     and (p_username is null or e.user_id = v_user_id)
     and (p_refused is null or (e.error is not null) = p_refused)
   order by e.at desc, e.event_id desc
   limit least(greatest(p_limit, 1), 1000);
end
$$;

comment on function pgrant_ops.audit_search(uuid, text, text, text, boolean, timestamptz, timestamptz, text, integer) is
  'The audit of a tenant, youngest first, p_limit events (1000 at most) after p_after, a cursor of the page before: actions that begin with p_action, of a client or a person, refused or granted, from p_since to p_until. actor is there where an operator or admin decided. May be null: error, reason, client_id, user_id, username, grant_id, address, request_id, detail, actor. Raises OA001.';

create type pgrant_rules.client_revoked as (
  grants         integer,
  access_tokens  integer,
  more           boolean
);

comment on type pgrant_rules.client_revoked is 'What was revoked of a client.';
comment on column pgrant_rules.client_revoked.grants is 'How many grants of people, each with all its tokens.';
comment on column pgrant_rules.client_revoked.access_tokens is 'How many opaque access tokens of its own.';
comment on column pgrant_rules.client_revoked.more is 'Whether there are more grants: then it is to be done again.';

create function pgrant_ops.client_revoke(p_tenant uuid, p_client_id text, p_limit integer default 5000) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_grant_id uuid;
  v_grant pgrant.grants;
  v_grants integer := 0;
  v_tokens integer;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  for v_grant_id in
    select g.grant_id from pgrant.grants g
     where g.tenant_id = p_tenant and g.client_id = p_client_id and g.revoked_at is null and g.expires_at > now()
     order by g.grant_id limit p_limit
  loop
    v_grant := pgrant_rules.grant_end(p_tenant, v_grant_id, 'revoked by an operator');
    if v_grant.grant_id is not null then
      v_grants := v_grants + 1;
      perform pgrant_rules.audit(p_tenant, 'grant.revoke', null, v_grant.revoked_reason, p_client_id, v_grant.user_id, v_grant_id);
    end if;
  end loop;
  update pgrant.access_tokens t set revoked_at = now()
   where t.tenant_id = p_tenant and t.client_id = p_client_id and t.family_id is null and t.revoked_at is null and t.expires_at > now();
  get diagnostics v_tokens = row_count;
  perform pgrant_rules.audit(p_tenant, 'client.revoke', null, null, p_client_id,
                             p_detail => jsonb_build_object('grants', v_grants, 'access_tokens', v_tokens));
  return to_jsonb(row(v_grants, v_tokens, v_grants = p_limit)::pgrant_rules.client_revoked);
end
$$;

comment on function pgrant_ops.client_revoke(uuid, text, integer) is
  'Revokes what people allowed a client, p_limit grants with all their tokens, and its own opaque access tokens; its own JWTs are dead where it is disabled. Returns {grants, access_tokens, more: whether there are more grants}. Raises OA001.';
