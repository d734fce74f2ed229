-- A scope is a role: defining the role defines the scope. People have roles directly, or through groups.

alter table pgrant.scopes add column requires_role boolean not null default false;
alter table pgrant.scopes add column icon text check (icon ~ '^[a-z0-9-]{1,40}$');
alter table pgrant.scopes add column disabled_at timestamptz;

comment on column pgrant.scopes.requires_role is 'True for a role: effective only for people who have it now. False for what anybody may allow, such as openid.';
comment on column pgrant.scopes.icon is 'Name of an icon that a product''s own pages may show.';
comment on column pgrant.scopes.disabled_at is 'Since when nobody gets it, tokens that have been issued included.';

comment on constraint scopes_icon_check on pgrant.scopes is '1 to 40 lower-case letters, digits and hyphens';

create table pgrant.user_roles (
  tenant_id   uuid not null,
  user_id     uuid not null,
  scope       text not null,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, user_id, scope),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade,
  foreign key (tenant_id, scope) references pgrant.scopes on delete cascade
);

create index user_roles_scope on pgrant.user_roles (tenant_id, scope);

comment on table pgrant.user_roles is 'Roles that people have directly.';

create table pgrant.groups (
  tenant_id   uuid not null references pgrant.tenants on delete cascade,
  group_name  text not null check (group_name ~ '^[\x21-\x7E]{1,128}$'),
  title       text not null,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, group_name)
);

comment on table pgrant.groups is 'Groups of people: teams, departments, the roles of an upstream.';

comment on constraint groups_group_name_check on pgrant.groups is '1 to 128 visible characters of ASCII';

create table pgrant.group_roles (
  tenant_id   uuid not null,
  group_name  text not null,
  scope       text not null,
  primary key (tenant_id, group_name, scope),
  foreign key (tenant_id, group_name) references pgrant.groups on delete cascade,
  foreign key (tenant_id, scope) references pgrant.scopes on delete cascade
);

create index group_roles_scope on pgrant.group_roles (tenant_id, scope);

comment on table pgrant.group_roles is 'Roles that the members of a group have.';

create table pgrant.group_members (
  tenant_id   uuid not null,
  group_name  text not null,
  user_id     uuid not null,
  source      text not null default 'operator',
  created_at  timestamptz not null default now(),
  primary key (tenant_id, user_id, group_name, source),
  foreign key (tenant_id, group_name) references pgrant.groups on delete cascade,
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index group_members_group on pgrant.group_members (tenant_id, group_name);

comment on table pgrant.group_members is 'Who is in a group, and who says so.';
comment on column pgrant.group_members.source is 'operator, or the name of the upstream whose mapping put the person there and takes it out again.';

create table pgrant.scope_refusals (
  tenant_id     uuid not null,
  client_id     text not null,
  scope         text not null check (length(scope) <= 128),
  reason        text not null,
  refused       bigint not null default 1,
  first_at      timestamptz not null default now(),
  last_at       timestamptz not null default now(),
  last_user_id  uuid,
  primary key (tenant_id, client_id, scope, reason),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.scope_refusals is 'What clients asked for in vain: how often, since when, and why.';
comment on column pgrant.scope_refusals.reason is 'undefined, disabled, not registered, not consented, or role missing.';

select pgrant.isolate('pgrant.user_roles');
select pgrant.isolate('pgrant.groups');
select pgrant.isolate('pgrant.group_roles');
select pgrant.isolate('pgrant.group_members');
select pgrant.isolate('pgrant.scope_refusals');

create function pgrant.token_members() returns text[]
language sql immutable parallel safe
as $$
  select array['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'cnf', 'act', 'may_act', 'events',
               'azp', 'nonce', 'auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'sid',
               'client_id', 'scope', 'active', 'username', 'token_type', 'family_id', 'allowed_networks']
$$;

comment on function pgrant.token_members() is
  'Members of tokens and of introspection that say something of the token (RFC 7519 4.1, RFC 7662 2.2, RFC 9068 2.2, OpenID Connect Core 2): no claim of a person has such a name.';

create function pgrant.claim_name_spoken_for(p_names text[]) returns text
language sql immutable parallel safe
as $$
  select n.name
    from unnest(p_names) n (name)
   group by n.name
  having count(*) > 1
      or n.name = any (pgrant.token_members() || array['groups', 'address', 'email', 'email_verified', 'phone_number',
           'phone_number_verified', 'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username',
           'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'])
   order by n.name
   limit 1
$$;

comment on function pgrant.claim_name_spoken_for(text[]) is
  'One of the names, of roles_claim, permissions_claim and tenant_claim, that means something else already, or is there twice; null = none.';

revoke execute on function pgrant.token_members(), pgrant.claim_name_spoken_for(text[]) from public;
grant execute on function pgrant.token_members(), pgrant.claim_name_spoken_for(text[]) to pgrant_definer;

alter table pgrant.tenants
  add column roles_claim text not null default 'roles' check (length(roles_claim) between 1 and 255),
  add column permissions_claim text not null default 'permissions' check (length(permissions_claim) between 1 and 255),
  add column tenant_claim text not null default 'org_id' check (length(tenant_claim) between 1 and 255),
  add constraint tenants_claim_names check (pgrant.claim_name_spoken_for(array[roles_claim, permissions_claim, tenant_claim]) is null);

comment on column pgrant.tenants.roles_claim is 'Name of the claim of access tokens with the person''s roles; clients of another vendor may want a namespaced one.';
comment on column pgrant.tenants.permissions_claim is 'Name of the claim of access tokens with the roles that the token may use.';
comment on column pgrant.tenants.tenant_claim is 'Name of the claim of access tokens with the name of the tenant.';
comment on constraint tenants_roles_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_permissions_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_tenant_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_claim_names on pgrant.tenants is
  'names for roles_claim, permissions_claim and tenant_claim that differ from each other and from all other claims of tokens and userinfo';
