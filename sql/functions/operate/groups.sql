-- What operators call: groups, which bring roles to those who are in them.

create function pgrant_ops.group_set(p_tenant uuid, p_group text, p_title text, p_roles text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_role text;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  if p_roles is null then
    perform pgrant_rules.setting_refuse('roles', 'a list of roles', null);
  end if;
  foreach v_role in array p_roles loop
    perform pgrant_rules.role_check(p_tenant, v_role);
  end loop;
  perform pgrant_rules.values_check('groups', jsonb_build_object('group_name', p_group, 'title', p_title));
  insert into pgrant.groups (tenant_id, group_name, title) values (p_tenant, p_group, p_title)
      on conflict (tenant_id, group_name) do update set title = excluded.title;
  delete from pgrant.group_roles r where r.tenant_id = p_tenant and r.group_name = p_group and not r.scope = any (p_roles);
  insert into pgrant.group_roles (tenant_id, group_name, scope)
  select p_tenant, p_group, r.scope from unnest(p_roles) r (scope) on conflict do nothing;
  perform pgrant_rules.group_roles_remember(p_tenant, p_group, 'group.set');
  perform pgrant_rules.audit(p_tenant, 'group.set', null, null, null,
                             p_detail => jsonb_build_object('group', p_group, 'roles', to_jsonb(p_roles)));
end
$$;

comment on function pgrant_ops.group_set(uuid, text, text, text[]) is 'Makes a group or changes its title and roles. Raises OA001, OA003.';

create function pgrant_ops.group_list(p_tenant uuid)
returns table (group_name text, title text, roles text[], members bigint, more_members boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select g.group_name, g.title,
         array(select r.scope from pgrant.group_roles r
                where r.tenant_id = p_tenant and r.group_name = g.group_name order by 1),
         least(h.held, 1000), h.held > 1000
    from pgrant.groups g
   cross join lateral (
     select count(*) as held
       from (select distinct m.user_id from pgrant.group_members m
              where m.tenant_id = p_tenant and m.group_name = g.group_name order by m.user_id limit 1001) m) h
   where g.tenant_id = p_tenant
   order by g.group_name;
end
$$;

comment on function pgrant_ops.group_list(uuid) is 'The groups of a tenant, the roles they bring and how many people are in each (1,000 at most, and whether there are more: more_members). Nothing is null. Raises OA001.';

create function pgrant_ops.group_show(p_tenant uuid, p_group text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out jsonb;
begin
  perform pgrant_rules.administer(p_tenant);
  select to_jsonb(l) into v_out from pgrant_ops.group_list(p_tenant) l where l.group_name = p_group;
  if v_out is null then
    raise exception 'there is no group %', p_group using errcode = 'OA001', hint = 'make it with pgrant_ops.group_set';
  end if;
  return v_out;
end
$$;

comment on function pgrant_ops.group_show(uuid, text) is 'A group as group_list has it. Raises OA001.';

create function pgrant_ops.group_member(p_tenant uuid, p_group text, p_username text, p_member boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_held text[];
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  v_held := pgrant_rules.roles_held(p_tenant, v_user_id);
  if not exists (select from pgrant.groups g where g.tenant_id = p_tenant and g.group_name = p_group) then
    raise exception 'there is no group %', p_group using errcode = 'OA001', hint = 'make it with pgrant_ops.group_set';
  elsif p_member then
    insert into pgrant.group_members (tenant_id, group_name, user_id) values (p_tenant, p_group, v_user_id)
        on conflict do nothing;
  else
    delete from pgrant.group_members m
     where m.tenant_id = p_tenant and m.user_id = v_user_id and m.group_name = p_group and m.source = 'operator';
  end if;
  perform pgrant_rules.group_members_remember(p_tenant, v_user_id, 'group.member');
  perform pgrant_rules.audit(p_tenant, 'group.member', null, null, null, v_user_id,
                             p_detail => jsonb_build_object('group', p_group, 'member', p_member));
  perform pgrant_rules.roles_lost(p_tenant, v_user_id, v_held);
end
$$;

comment on function pgrant_ops.group_member(uuid, text, text, boolean) is
  'Puts a person into a group or takes them out; what an upstream says of them is not touched. Raises OA001.';
