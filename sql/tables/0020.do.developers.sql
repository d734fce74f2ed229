-- The developer portal: clients that people of a tenant bring, and what is said about them.

alter table pgrant.tenants
  add column developer_portal boolean not null default false,
  add column developer_role text,
  add column developer_quota integer not null default 10;
alter table pgrant.tenants
  add constraint tenants_developer_role_check check (developer_role ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,128}$');
alter table pgrant.tenants
  add constraint tenants_developer_quota_check check (developer_quota between 1 and 1000);
comment on column pgrant.tenants.developer_portal is 'Whether people of the tenant may bring applications at {issuer}/developer.';
comment on column pgrant.tenants.developer_role is 'The role that people need for the developer portal; null = none: everybody who can sign in.';
comment on column pgrant.tenants.developer_quota is 'So many applications one developer may have.';
comment on constraint tenants_developer_role_check on pgrant.tenants is
  'a scope-token (RFC 6749 3.3): 1 to 128 visible characters of ASCII without quotation mark and backslash';
comment on constraint tenants_developer_quota_check on pgrant.tenants is 'between 1 and 1000';
select pgrant.audited('pgrant.tenants', '{developer_portal, developer_role, developer_quota}');

alter table pgrant.scopes add column for_developers boolean;
comment on column pgrant.scopes.for_developers is
  'Whether developers may ask for it for their applications; null = where it is neither sensitive nor a role.';
select pgrant.audited('pgrant.scopes', '{for_developers}');

alter table pgrant.clients add column draft boolean not null default false;
comment on column pgrant.clients.draft is
  'True until somebody of the tenant has approved what a developer brought: until then it works for that developer alone, and gets no token for itself.';
select pgrant.audited('pgrant.clients', '{draft}');

create table pgrant.developer_clients (
  tenant_id     uuid not null,
  client_id     text not null,
  developer_id  uuid not null,
  proposed      jsonb constraint developer_clients_proposed_object check (jsonb_typeof(proposed) = 'object'),
  submitted_at  timestamptz,
  created_at    timestamptz not null default now(),
  primary key (tenant_id, client_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  foreign key (tenant_id, developer_id) references pgrant.users on delete cascade
);

create index developer_clients_developer on pgrant.developer_clients (tenant_id, developer_id, created_at, client_id);
create index developer_clients_submitted on pgrant.developer_clients (tenant_id, submitted_at) where submitted_at is not null;

comment on table pgrant.developer_clients is
  'Clients that a person brought at the developer portal. Where the person is removed, those that were approved stay, as clients of the tenant.';
comment on column pgrant.developer_clients.developer_id is 'The person who brought it, and whom the portal lets change it.';
comment on column pgrant.developer_clients.proposed is
  'What the developer wants changed of a client that is approved: {column of pgrant.clients: value}; what is in force stays until that is approved, too. Null = nothing.';
comment on column pgrant.developer_clients.submitted_at is 'Since when it waits for a review, as a whole or for what is proposed; null = it does not.';
comment on constraint developer_clients_proposed_object on pgrant.developer_clients is 'an object of settings';
comment on index pgrant.developer_clients_developer is 'The clients of a developer, the oldest first.';
comment on index pgrant.developer_clients_submitted is 'What waits for a review, the oldest first.';

select pgrant.isolate('pgrant.developer_clients');
select pgrant.audited('pgrant.developer_clients', '{tenant_id,client_id,developer_id,proposed,submitted_at,created_at}');

create table pgrant.developer_messages (
  tenant_id   uuid not null,
  client_id   text not null,
  message_id  uuid not null default gen_random_uuid(),
  at          timestamptz not null default clock_timestamp(),
  action      text not null
    constraint developer_messages_action_check check (action in ('submit', 'withdraw', 'approve', 'return', 'suspend', 'resume')),
  message     text not null default ''
    constraint developer_messages_message_sound check (length(message) <= 2000 and pgrant.text_sound(replace(message, E'\n', ' '))),
  primary key (tenant_id, client_id, message_id),
  foreign key (tenant_id, client_id) references pgrant.developer_clients on delete cascade
);

comment on table pgrant.developer_messages is
  'What a developer and the admins of the tenant said to each other about a client, with what they did; the last hundred of each client.';
comment on column pgrant.developer_messages.message_id is 'The message.';
comment on column pgrant.developer_messages.at is 'When.';
comment on column pgrant.developer_messages.action is
  'What was done: the developer submits, or withdraws that; an admin approves, returns, suspends, resumes.';
comment on column pgrant.developer_messages.message is 'In their words; empty = nothing was said.';
comment on constraint developer_messages_message_sound on pgrant.developer_messages is
  'text of at most 2000 characters, but for line breaks only such as people can see';

select pgrant.isolate('pgrant.developer_messages');
select pgrant.audited('pgrant.developer_messages', '{tenant_id,client_id,message_id,at,action,message}');
