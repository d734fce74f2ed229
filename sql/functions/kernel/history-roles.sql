-- The past of who had which role: directly, or through a group.

create function pgrant_rules.user_roles_remember(p_tenant uuid, p_user_id uuid, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.user_role_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.user_id = p_user_id
     and upper_inf(h.valid)
     and not exists (select from pgrant.user_roles r
                      where r.tenant_id = p_tenant and r.user_id = p_user_id and r.scope = h.scope and r.source = h.source);
  insert into pgrant.user_role_history (tenant_id, user_id, scope, source, valid, cause, request_id)
  select p_tenant, p_user_id, r.scope, r.source,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.user_role_history h
                                    where h.tenant_id = p_tenant and h.user_id = p_user_id and h.scope = r.scope
                                      and h.source = r.source)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.user_roles r
   where r.tenant_id = p_tenant
     and r.user_id = p_user_id
     and not exists (select from pgrant.user_role_history h
                      where h.tenant_id = p_tenant and h.user_id = p_user_id and h.scope = r.scope
                        and h.source = r.source and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.user_roles_remember(uuid, uuid, text) is
  'Keeps which roles a person has directly from now on, where that is new.';

create function pgrant_rules.group_members_remember(p_tenant uuid, p_user_id uuid, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.group_member_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.user_id = p_user_id
     and upper_inf(h.valid)
     and not exists (select from pgrant.group_members m
                      where m.tenant_id = p_tenant and m.user_id = p_user_id and m.group_name = h.group_name
                        and m.source = h.source);
  insert into pgrant.group_member_history (tenant_id, user_id, group_name, source, valid, cause, request_id)
  select p_tenant, p_user_id, m.group_name, m.source,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.group_member_history h
                                    where h.tenant_id = p_tenant and h.user_id = p_user_id and h.group_name = m.group_name
                                      and h.source = m.source)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.group_members m
   where m.tenant_id = p_tenant
     and m.user_id = p_user_id
     and not exists (select from pgrant.group_member_history h
                      where h.tenant_id = p_tenant and h.user_id = p_user_id and h.group_name = m.group_name
                        and h.source = m.source and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.group_members_remember(uuid, uuid, text) is
  'Keeps which groups a person is in from now on, where that is new.';

create function pgrant_rules.group_roles_remember(p_tenant uuid, p_group text, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.group_role_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.group_name = p_group
     and upper_inf(h.valid)
     and not exists (select from pgrant.group_roles r
                      where r.tenant_id = p_tenant and r.group_name = p_group and r.scope = h.scope);
  insert into pgrant.group_role_history (tenant_id, group_name, scope, valid, cause, request_id)
  select p_tenant, p_group, r.scope,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.group_role_history h
                                    where h.tenant_id = p_tenant and h.group_name = p_group and h.scope = r.scope)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.group_roles r
   where r.tenant_id = p_tenant
     and r.group_name = p_group
     and not exists (select from pgrant.group_role_history h
                      where h.tenant_id = p_tenant and h.group_name = p_group and h.scope = r.scope and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.group_roles_remember(uuid, text, text) is
  'Keeps which roles a group has from now on, where that is new.';
