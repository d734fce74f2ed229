-- API credentials: keys that a person makes for an application of their own. A credential is a client with a maker,
-- so that several live secrets, expiry, client_credentials and introspection are the ones of clients.

alter table pgrant.clients add column maker_id uuid;
alter table pgrant.clients add column allowed_networks cidr[];
alter table pgrant.clients add constraint clients_maker
  foreign key (tenant_id, maker_id) references pgrant.users on delete cascade;
alter table pgrant.clients add constraint clients_credential
  check (maker_id is null or (grant_types = array['client_credentials'] and redirect_uris = '{}' and scopes is not null));
comment on constraint clients_credential on pgrant.clients is
  'an API credential has the grant type client_credentials alone, scopes, and no redirect URI';

create index clients_maker on pgrant.clients (tenant_id, maker_id) where maker_id is not null;

comment on column pgrant.clients.maker_id is 'Set on an API credential: the person who made it and whose current roles bound what it may do. Null for applications.';
comment on column pgrant.clients.allowed_networks is 'From where the client may authenticate; null = from anywhere.';

alter table pgrant.client_secrets add column last_used_at timestamptz;
create unique index client_secrets_hash on pgrant.client_secrets (tenant_id, secret_hash);

comment on column pgrant.client_secrets.last_used_at is 'When an API credential last used it, to the minute; not kept for applications.';
