-- What operators call: roles, and why a token lacks a scope.

create function pgrant_ops.role_add(p_tenant uuid, p_role text, p_title text, p_description text default '',
                                    p_icon text default null, p_sensitive boolean default false)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = p_role) then
    raise exception 'there is a scope % already', p_role using errcode = 'OA002',
      hint = 'a role is a scope; list them: select * from pgrant_ops.scope_list(p_tenant)';
  end if;
  perform pgrant_rules.values_check('scopes', jsonb_build_object(
    'scope', p_role, 'title', p_title, 'description', p_description, 'icon', p_icon, 'sensitive', p_sensitive));
  insert into pgrant.scopes (tenant_id, scope, title, description, icon, sensitive, requires_role)
  values (p_tenant, p_role, p_title, p_description, p_icon, p_sensitive, true);
  perform pgrant_rules.scope_remember(p_tenant, p_role, 'role.add');
  perform pgrant_rules.audit(p_tenant, 'role.add', null, null, null, p_detail => jsonb_build_object('role', p_role));
end
$$;

comment on function pgrant_ops.role_add(uuid, text, text, text, text, boolean) is
  'Defines a role and with it a scope, in words for people. Clients with a list of scopes need it on theirs. Raises OA001, OA002, OA003.';

create function pgrant_rules.role_check(p_tenant uuid, p_role text) returns void
language plpgsql
as $$
begin
  if not exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = p_role and s.requires_role) then
    raise exception 'there is no role %', p_role using errcode = 'OA001',
      hint = 'define it with pgrant_ops.role_add; pgrant_ops.scope_list shows those that are there';
  end if;
end
$$;

comment on function pgrant_rules.role_check(uuid, text) is 'Raises OA001 where the tenant has no such role.';

create function pgrant_ops.role_assign(p_tenant uuid, p_username text, p_role text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  perform pgrant_rules.role_check(p_tenant, p_role);
  insert into pgrant.user_roles (tenant_id, user_id, scope) values (p_tenant, v_user_id, p_role) on conflict do nothing;
  perform pgrant_rules.user_roles_remember(p_tenant, v_user_id, 'role.assign');
  perform pgrant_rules.audit(p_tenant, 'role.assign', null, null, null, v_user_id, p_detail => jsonb_build_object('role', p_role));
end
$$;

comment on function pgrant_ops.role_assign(uuid, text, text) is 'Gives a person a role; repeating it changes nothing. Raises OA001.';

create function pgrant_ops.role_withdraw(p_tenant uuid, p_username text, p_role text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_action text;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  perform pgrant_rules.role_check(p_tenant, p_role);
  delete from pgrant.user_roles r where r.tenant_id = p_tenant and r.user_id = v_user_id and r.scope = p_role;
  -- Whoever has it by a group still has lost nothing, and no session of theirs has to end.
  v_action := case when found and not pgrant_rules.has_role(p_tenant, v_user_id, p_role) then 'role.withdraw' else 'role.keep' end;
  perform pgrant_rules.user_roles_remember(p_tenant, v_user_id, 'role.withdraw');
  perform pgrant_rules.audit(p_tenant, v_action, null, null, null, v_user_id, p_detail => jsonb_build_object('role', p_role));
end
$$;

comment on function pgrant_ops.role_withdraw(uuid, text, text) is
  'Takes a role that a person has directly, whoever gave it, until the product''s next login says it again; tokens lose the scope at their next refresh, introspection or userinfo. Raises OA001.';

create function pgrant_ops.role_disable(p_tenant uuid, p_role text, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_action text := case when p_disabled then 'role.disable' else 'role.enable' end;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  perform pgrant_rules.role_check(p_tenant, p_role);
  update pgrant.scopes s
     set disabled_at = case when p_disabled then coalesce(s.disabled_at, v_at) end
   where s.tenant_id = p_tenant and s.scope = p_role;
  perform pgrant_rules.scope_remember(p_tenant, p_role, v_action);
  perform pgrant_rules.audit(p_tenant, v_action, null, null, null, p_detail => jsonb_build_object('role', p_role));
end
$$;

comment on function pgrant_ops.role_disable(uuid, text, boolean) is 'Disables a role for everybody, or enables it again. Raises OA001.';

create function pgrant_ops.role_list(p_tenant uuid)
returns table (role text, title text, description text, icon text, sensitive boolean, people bigint, more_people boolean, groups text[],
               disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select s.scope, s.title, s.description, s.icon, s.sensitive, least(h.held, 1000), h.held > 1000,
         array(select g.group_name from pgrant.group_roles g
                where g.tenant_id = p_tenant and g.scope = s.scope order by 1),
         s.disabled_at
    from pgrant.scopes s
   cross join lateral (
     -- As far as a person reads a number, and no further: the index has them in this order.
     select count(*) as held
       from (select distinct r.user_id from pgrant.user_roles r
              where r.tenant_id = p_tenant and r.scope = s.scope order by r.user_id limit 1001) r) h
   where s.tenant_id = p_tenant and s.requires_role
   order by s.scope;
end
$$;

comment on function pgrant_ops.role_list(uuid) is 'The roles of a tenant: how many people have each directly (1,000 at most, and whether there are more: more_people), and through which groups. Raises OA001.';

create function pgrant_ops.token_explain(p_tenant uuid, p_username text, p_client_id text, p_scopes text[])
returns table (scope text, registered boolean, consented boolean, held boolean, final boolean, reason text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_consented text[];
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  select g.scopes into v_consented
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.user_id = v_user_id and g.client_id = p_client_id and g.revoked_at is null;
  return query
  select e.scope, e.registered, coalesce(e.consented, false), e.held, e.reason is null,
         coalesce(e.reason, case when e.consented is null then 'would be granted with consent' else 'granted' end)
    from pgrant.clients c,
         pgrant_rules.scope_explain(p_tenant, v_user_id, c.scopes, p_scopes, v_consented) e
   where c.tenant_id = p_tenant and c.client_id = p_client_id;
end
$$;

comment on function pgrant_ops.token_explain(uuid, text, text, text[]) is
  'For each requested scope: registered for the client, consented to by the person, role held (null = none is needed), final, and why. Works before any token exists. Raises OA001.';

create function pgrant_ops.scope_refusal_list(p_tenant uuid)
returns table (client_id text, client_name text, scope text, reason text, refused bigint, first_at timestamptz,
               last_at timestamptz, last_username text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select f.client_id, c.name, f.scope, f.reason, f.refused, f.first_at, f.last_at, u.username
    from pgrant.scope_refusals f
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = f.client_id
    left join pgrant.users u on u.tenant_id = p_tenant and u.user_id = f.last_user_id
   where f.tenant_id = p_tenant
   order by f.last_at desc;
end
$$;

comment on function pgrant_ops.scope_refusal_list(uuid) is
  'What the clients of a tenant asked for in vain: how often, since when, and why. Raises OA001.';
