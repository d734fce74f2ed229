-- What was in force when: for each thing whose change changes who can reach what, one row per version.

create function pgrant.remembered(p_table regclass, p_key text[]) returns void
language plpgsql
as $$
begin
  execute format('alter table %s
    add column valid tstzrange not null
      check (lower(valid) is not null and isfinite(lower(valid)) and isfinite(upper(valid))
             and lower_inc(valid) and not upper_inc(valid)),
    add column cause text not null,
    add column request_id text,
    add column end_cause text check (not (upper_inf(valid) and end_cause is not null)),
    add column end_request_id text,
    add primary key (%2$s, valid),
    add exclude using gist (%3$s, valid with &&),
    add foreign key (tenant_id) references pgrant.tenants on delete cascade',
    p_table, (select string_agg(quote_ident(k.name), ', ') from unnest(p_key) k (name)),
    (select string_agg(quote_ident(k.name) || ' with =', ', ') from unnest(p_key) k (name)));
  execute format('create index on %s (upper(valid)) where upper(valid) is not null', p_table);
  execute format('comment on column %s.valid is %L', p_table,
                 'From when to when it was so, [from, to); without an end while it is so. Versions of one thing never overlap.');
  execute format('comment on column %s.cause is %L', p_table, 'The action, as in audit_events, that made it so.');
  execute format('comment on column %s.end_cause is %L', p_table, 'The action that ended it; null while it is so.');
  perform pgrant.isolate(p_table);
  -- Whoever keeps the past ends versions, and can neither change nor remove what was.
  execute format('revoke update, delete on %s from pgrant_definer', p_table);
  execute format('grant update (valid, end_cause, end_request_id) on %s to pgrant_definer', p_table);
  perform pgrant.audited(p_table, (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
                                    where a.attrelid = p_table and a.attnum > 0));
  execute format('create policy outlived_seen on %s for select to pgrant_janitor using (%s)', p_table,
                 'upper(valid) < now() - (select p.retention from pgrant.partition_plans p where p.table_name = ''audit_events'')');
  execute format('create policy outlived_deleted on %s for delete to pgrant_janitor using (%s)', p_table,
                 'upper(valid) < now() - (select p.retention from pgrant.partition_plans p where p.table_name = ''audit_events'')');
  execute format('grant select (ctid, valid), delete on %s to pgrant_janitor', p_table);
end
$$;

comment on function pgrant.remembered(regclass, text[]) is
  'Makes a table a history: versions of what the key (tenant_id first) names, that cannot overlap (equality in a GiST index is the extension btree_gist''s); isolated, seen by auditors, deleted by the janitor when they ended before the retention of audit_events, and with the tenant. No other foreign key: a version outlives the person and the client that it names.';

revoke execute on function pgrant.remembered(regclass, text[]) from public;

create table pgrant.tenant_history (
  tenant_id  uuid not null,
  enabled    boolean not null
);

comment on table pgrant.tenant_history is 'Versions of tenants. The first one of a tenant is the beginning of all its history.';

create table pgrant.user_history (
  tenant_id  uuid not null,
  user_id    uuid not null,
  username   text not null,
  enabled    boolean not null
);

comment on table pgrant.user_history is 'Versions of users.';

create table pgrant.client_history (
  tenant_id          uuid not null,
  client_id          text not null,
  name               text not null,
  maker_id           uuid,
  scopes             text[],
  machine            boolean not null,
  secret_expires_at  timestamptz,
  enabled            boolean not null
);

comment on table pgrant.client_history is
  'Versions of clients. One that registered itself ends at its expires_at, which moves as it is used and so is no part of a version.';
comment on column pgrant.client_history.machine is 'Whether it could have tokens for itself (client_credentials).';
comment on column pgrant.client_history.secret_expires_at is
  'When the last of its secrets expires; null = it has none, infinity = it needs none.';

create table pgrant.scope_history (
  tenant_id      uuid not null,
  scope          text not null,
  requires_role  boolean not null,
  enabled        boolean not null
);

comment on table pgrant.scope_history is 'Versions of scopes and roles.';

create table pgrant.resource_history (
  tenant_id  uuid not null,
  resource   text not null,
  scopes     text[],
  enabled    boolean not null
);

comment on table pgrant.resource_history is 'Versions of resources.';

create table pgrant.user_role_history (
  tenant_id  uuid not null,
  user_id    uuid not null,
  scope      text not null,
  source     text not null
);

comment on table pgrant.user_role_history is 'When people had which role directly.';

create table pgrant.group_member_history (
  tenant_id   uuid not null,
  user_id     uuid not null,
  group_name  text not null,
  source      text not null
);

comment on table pgrant.group_member_history is 'When people were in which group.';

create table pgrant.group_role_history (
  tenant_id   uuid not null,
  group_name  text not null,
  scope       text not null
);

comment on table pgrant.group_role_history is 'When which group had which role.';

create table pgrant.grant_history (
  tenant_id           uuid not null,
  grant_id            uuid not null,
  user_id             uuid not null,
  client_id           text not null,
  scopes              text[] not null,
  resources           text[] not null,
  consent_expires_at  timestamptz
);

comment on table pgrant.grant_history is
  'Versions of grants, from consent to revocation. One that is not revoked ends at its expires_at, when its consent and the youngest of its families are over; that moves with each code and so is no part of a version.';
comment on column pgrant.grant_history.consent_expires_at is 'Until when the person would not have been asked again; null = the client never asks.';

do $$
declare
  v_table text;
  v_key text;
begin
  for v_table, v_key in values
    ('tenant_history', 'tenant_id'),
    ('user_history', 'tenant_id user_id'),
    ('client_history', 'tenant_id client_id'),
    ('scope_history', 'tenant_id scope'),
    ('resource_history', 'tenant_id resource'),
    ('user_role_history', 'tenant_id user_id scope source'),
    ('group_member_history', 'tenant_id user_id group_name source'),
    ('group_role_history', 'tenant_id group_name scope'),
    ('grant_history', 'tenant_id grant_id')
  loop
    perform pgrant.remembered(('pgrant.' || v_table)::regclass, string_to_array(v_key, ' '));
  end loop;
end
$$;

-- A person who is removed is nameless in the history, too. Only for them, and only the user_id may stand in its place.
create function pgrant.user_gone(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return not exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id);
end
$$;

comment on function pgrant.user_gone(uuid, uuid) is 'Whether the tenant that was entered has no such person.';

revoke execute on function pgrant.user_gone(uuid, uuid) from public;
grant execute on function pgrant.tenant(), pgrant.user_gone(uuid, uuid) to pgrant_janitor;
create policy known on pgrant.users for select to pgrant_janitor using (tenant_id = pgrant.tenant());
grant select (tenant_id, user_id) on pgrant.users to pgrant_janitor;
create policy gone_seen on pgrant.user_history for select to pgrant_janitor
  using (tenant_id = pgrant.tenant() and pgrant.user_gone(tenant_id, user_id));
create policy gone_renamed on pgrant.user_history for update to pgrant_janitor
  using (tenant_id = pgrant.tenant() and pgrant.user_gone(tenant_id, user_id)) with check (username = user_id::text);
grant select (tenant_id, user_id, username), update (username) on pgrant.user_history to pgrant_janitor;
-- As of users.username, in sql/tables/0014.
alter table pgrant.user_history alter column username set statistics 1;

create index user_role_history_scope on pgrant.user_role_history (tenant_id, scope);
create index group_member_history_group on pgrant.group_member_history (tenant_id, group_name);
create index group_role_history_scope on pgrant.group_role_history (tenant_id, scope);
create index grant_history_user on pgrant.grant_history (tenant_id, user_id);
create index grant_history_client on pgrant.grant_history (tenant_id, client_id);

-- What is there begins now. Forced row-level security would show the owner none of it.
do $$
declare
  v_tables text[] := array['tenants', 'users', 'clients', 'client_secrets', 'scopes', 'resources', 'user_roles', 'group_members',
                           'group_roles', 'grants', 'tenant_history', 'user_history', 'client_history', 'scope_history',
                           'resource_history', 'user_role_history', 'group_member_history', 'group_role_history', 'grant_history'];
  v_table text;
  v_valid tstzrange := tstzrange(now(), null);
  v_cause text := 'history.begin';
begin
  foreach v_table in array v_tables loop
    execute format('alter table pgrant.%I no force row level security', v_table);
  end loop;
  insert into pgrant.tenant_history (tenant_id, enabled, valid, cause)
  select t.tenant_id, t.disabled_at is null, v_valid, v_cause from pgrant.tenants t;
  insert into pgrant.user_history (tenant_id, user_id, username, enabled, valid, cause)
  select u.tenant_id, u.user_id, u.username, u.disabled_at is null, v_valid, v_cause from pgrant.users u;
  insert into pgrant.client_history (tenant_id, client_id, name, maker_id, scopes, machine, secret_expires_at, enabled, valid, cause)
  select c.tenant_id, c.client_id, c.name, c.maker_id, c.scopes, 'client_credentials' = any (c.grant_types),
         case when c.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post') then s.expires_at else 'infinity' end,
         c.disabled_at is null, v_valid, v_cause
    from pgrant.clients c
    left join (select k.tenant_id, k.client_id, max(k.expires_at) as expires_at from pgrant.client_secrets k group by 1, 2) s
      on s.tenant_id = c.tenant_id and s.client_id = c.client_id
   where coalesce(c.expires_at > now(), true);
  insert into pgrant.scope_history (tenant_id, scope, requires_role, enabled, valid, cause)
  select s.tenant_id, s.scope, s.requires_role, s.disabled_at is null, v_valid, v_cause from pgrant.scopes s;
  insert into pgrant.resource_history (tenant_id, resource, scopes, enabled, valid, cause)
  select r.tenant_id, r.resource, r.scopes, r.disabled_at is null, v_valid, v_cause from pgrant.resources r;
  insert into pgrant.user_role_history (tenant_id, user_id, scope, source, valid, cause)
  select r.tenant_id, r.user_id, r.scope, r.source, v_valid, v_cause from pgrant.user_roles r;
  insert into pgrant.group_member_history (tenant_id, user_id, group_name, source, valid, cause)
  select m.tenant_id, m.user_id, m.group_name, m.source, v_valid, v_cause from pgrant.group_members m;
  insert into pgrant.group_role_history (tenant_id, group_name, scope, valid, cause)
  select r.tenant_id, r.group_name, r.scope, v_valid, v_cause from pgrant.group_roles r;
  insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, valid, cause)
  select g.tenant_id, g.grant_id, g.user_id, g.client_id, g.scopes, g.resources,
         case when c.consent <> 'never' then g.consent_expires_at end, v_valid, v_cause
    from pgrant.grants g
    join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
   where g.revoked_at is null and g.expires_at > now();
  foreach v_table in array v_tables loop
    execute format('alter table pgrant.%I force row level security', v_table);
  end loop;
end
$$;
