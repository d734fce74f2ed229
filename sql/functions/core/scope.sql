-- Scopes are roles: which are effective.

create type pgrant_rules.effective_scopes as (
  scopes  text[],
  roles   text[]
);

comment on type pgrant_rules.effective_scopes is 'Effective scopes in the order of the request, and those among them that are roles.';

create type pgrant_rules.known_scopes as (
  defined  text[],
  roles    text[],
  held     text[]
);

comment on type pgrant_rules.known_scopes is 'What is known of scopes and people, for scopes_effective.';
comment on column pgrant_rules.known_scopes.defined is 'Those that are defined and not disabled.';
comment on column pgrant_rules.known_scopes.roles is 'Those of defined that are roles.';
comment on column pgrant_rules.known_scopes.held is 'Who holds them: "user_id scope".';

create function pgrant_rules.has_role(p_tenant uuid, p_user_id uuid, p_scope text) returns boolean
language plpgsql stable
as $$
begin
  return exists (
           select from pgrant.user_roles r
            where r.tenant_id = p_tenant and r.user_id = p_user_id and r.scope = p_scope)
      or exists (
           select from pgrant.group_members m
             join pgrant.group_roles r on r.tenant_id = p_tenant and r.group_name = m.group_name and r.scope = p_scope
            where m.tenant_id = p_tenant and m.user_id = p_user_id);
end
$$;

comment on function pgrant_rules.has_role(uuid, uuid, text) is 'Whether a person has a role now, directly or through a group.';

create function pgrant_rules.roles_held(p_tenant uuid, p_user_id uuid) returns text[]
language plpgsql stable
as $$
begin
  return array(
    select r.scope from pgrant.user_roles r where r.tenant_id = p_tenant and r.user_id = p_user_id
     union
    select r.scope
      from pgrant.group_members m
      join pgrant.group_roles r on r.tenant_id = p_tenant and r.group_name = m.group_name
     where m.tenant_id = p_tenant and m.user_id = p_user_id
     order by 1);
end
$$;

comment on function pgrant_rules.roles_held(uuid, uuid) is 'The roles that a person has now, directly or through a group, disabled ones too.';

create function pgrant_rules.roles_lost(p_tenant uuid, p_user_id uuid, p_held text[]) returns void
language plpgsql
as $$
declare
  v_held constant text[] := pgrant_rules.roles_held(p_tenant, p_user_id);
  v_role text;
begin
  foreach v_role in array p_held loop
    if not v_role = any (v_held) then
      perform pgrant_rules.audit(p_tenant, 'role.withdraw', null, null, null, p_user_id, p_detail => jsonb_build_object('role', v_role));
    end if;
  end loop;
end
$$;

comment on function pgrant_rules.roles_lost(uuid, uuid, text[]) is
  'Records each role that a person had, see roles_held, and has no more, whatever has taken it: whoever has open sessions ends them.';

create function pgrant_rules.scope_texts(p_tenant uuid, p_scope text) returns jsonb
language plpgsql stable
as $$
begin
  return (select coalesce(jsonb_object_agg(t.language, jsonb_build_object('title', t.title, 'description', t.description)), '{}')
            from pgrant.scope_texts t
           where t.tenant_id = p_tenant and t.scope = p_scope);
end
$$;

comment on function pgrant_rules.scope_texts(uuid, text) is 'What a scope is called in other languages: {language: {title, description}}.';

create function pgrant_rules.scopes_effective(
  p_requested text[], p_registered text[], p_consented text[], p_user_id uuid, p_known pgrant_rules.known_scopes
) returns text[]
language plpgsql immutable
as $$
declare
  v_scope text;
  v_out text[] := array[]::text[];
begin
  foreach v_scope in array coalesce(p_requested, '{}') loop
    if v_scope = any (p_known.defined)
       and coalesce(v_scope = any (p_registered), true)
       and coalesce(v_scope = any (p_consented), true)
       and (p_user_id is null or not v_scope = any (p_known.roles) or p_user_id || ' ' || v_scope = any (p_known.held))
    then
      v_out := v_out || v_scope;
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.scopes_effective(text[], text[], text[], uuid, pgrant_rules.known_scopes) is
  'The effective scopes, in the order of p_requested: those that are also defined and not disabled, allowed to the client (null = all), consented to (null = not asked yet), and for roles: held by the person now (p_user_id null = nobody is concerned).';

create function pgrant_rules.scopes_common(p_scopes text[], p_others text[]) returns text[]
language plpgsql immutable
as $$
declare
  v_scope text;
  v_out text[] := array[]::text[];
begin
  if p_scopes && p_others then
    foreach v_scope in array p_scopes loop
      if v_scope = any (p_others) then
        v_out := v_out || v_scope;
      end if;
    end loop;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.scopes_common(text[], text[]) is 'Those of p_scopes that are among p_others, in their order.';

create function pgrant_rules.scopes_without(p_scopes text[], p_others text[]) returns text[]
language plpgsql immutable
as $$
declare
  v_scope text;
  v_out text[] := array[]::text[];
begin
  foreach v_scope in array coalesce(p_scopes, '{}') loop
    if not v_scope = any (p_others) then
      v_out := v_out || v_scope;
    end if;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.scopes_without(text[], text[]) is 'Those of p_scopes that are not among p_others, in their order.';

create function pgrant_rules.scopes_find(p_tenant uuid, p_scopes text[], p_user_ids uuid[]) returns pgrant_rules.known_scopes
language plpgsql
as $$
declare
  v_out pgrant_rules.known_scopes;
begin
  select coalesce(array_agg(s.scope), '{}'), coalesce(array_agg(s.scope) filter (where s.requires_role), '{}')
    into v_out.defined, v_out.roles
    from pgrant.scopes s
   where s.tenant_id = p_tenant
     and s.scope = any (p_scopes)
     and s.disabled_at is null;
  v_out.held := '{}';
  -- Clients that act for themselves have no roles of a person.
  if v_out.roles <> '{}' and array_remove(p_user_ids, null) <> '{}' then
    select coalesce(array_agg(h.user_id || ' ' || h.scope), '{}')
      into v_out.held
      from (select r.user_id, r.scope
              from pgrant.user_roles r
             where r.tenant_id = p_tenant and r.user_id = any (p_user_ids) and r.scope = any (v_out.roles)
             union
            select m.user_id, r.scope
              from pgrant.group_members m
              join pgrant.group_roles r on r.tenant_id = p_tenant and r.group_name = m.group_name
             where m.tenant_id = p_tenant and m.user_id = any (p_user_ids) and r.scope = any (v_out.roles)) h;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.scopes_find(uuid, text[], uuid[]) is
  'What scopes_effective has to know of a set of requests: of p_scopes, and of who of p_user_ids holds them, directly or through a group.';

create function pgrant_rules.scope_narrow(
  p_tenant uuid, p_user_id uuid, p_client_scopes text[], p_requested text[], p_consented text[]
) returns pgrant_rules.effective_scopes
language plpgsql
as $$
declare
  v_out pgrant_rules.effective_scopes;
  v_known pgrant_rules.known_scopes := pgrant_rules.scopes_find(p_tenant, p_requested, array[p_user_id]);
begin
  v_out.scopes := pgrant_rules.scopes_effective(p_requested, p_client_scopes, p_consented, p_user_id, v_known);
  v_out.roles := pgrant_rules.scopes_common(v_out.scopes, v_known.roles);
  return v_out;
end
$$;

comment on function pgrant_rules.scope_narrow(uuid, uuid, text[], text[], text[]) is
  'The effective scopes of one request (see scopes_effective), and those among them that are roles.';

create function pgrant_rules.scope_unknown(p_tenant uuid, p_requested text[]) returns text
language plpgsql
as $$
declare
  v_unknown text;
begin
  select coalesce(r.scope, 'null') into v_unknown
    from unnest(p_requested) r (scope)
   where not exists (select from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = r.scope)
   limit 1;
  return v_unknown;
end
$$;

comment on function pgrant_rules.scope_unknown(uuid, text[]) is
  'A requested scope that the tenant does not define, which is invalid_scope and is named; else null.';

create function pgrant_rules.scopes_default(p_tenant uuid, p_client pgrant_rules.client_policies) returns text[]
language plpgsql stable
as $$
declare
  v_registered text[] := (select string_to_array(c.registered ->> 'scope', ' ')
                            from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client.client_id);
begin
  return array(select s.scope
                 from pgrant.scopes s
                where s.tenant_id = p_tenant
                  and (p_client.scopes is null or s.scope = any (p_client.scopes))
                  and s.scope not in ('openid', 'offline_access')
                  and (v_registered is null or s.scope = any (v_registered))
                order by s.scope);
end
$$;

comment on function pgrant_rules.scopes_default(uuid, pgrant_rules.client_policies) is
  'What a request without scope asks for (RFC 6749 3.3): what the client has registered, or may have.';
