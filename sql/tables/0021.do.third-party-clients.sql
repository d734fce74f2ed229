-- Clients of others than the tenant: what they are not told, and how often they may come.

alter table pgrant.clients add column third_party boolean not null default false;
comment on column pgrant.clients.third_party is
  'Whether somebody else than the tenant answers for the client, such as a developer who brought it: it introspects no tokens but its own (RFC 7662 4).';
select pgrant.audited('pgrant.clients', '{third_party}');

alter table pgrant.clients add column token_rate integer;
alter table pgrant.clients add constraint clients_token_rate_check check (token_rate between 1 and 1000000);
comment on column pgrant.clients.token_rate is
  'So many requests a minute the token endpoint takes of the client; of a public client, of each address (IPv4, or IPv6 /64), so that nobody uses it up for others. Null = any number.';
comment on constraint clients_token_rate_check on pgrant.clients is 'between 1 and 1000000';
select pgrant.audited('pgrant.clients', '{token_rate}');

alter table pgrant.tenants add column developer_token_rate integer not null default 600;
alter table pgrant.tenants add constraint tenants_developer_token_rate_check check (developer_token_rate between 1 and 1000000);
comment on column pgrant.tenants.developer_token_rate is 'The token_rate of the applications that developers bring from now on; client set changes that of one.';
comment on constraint tenants_developer_token_rate_check on pgrant.tenants is 'between 1 and 1000000';
select pgrant.audited('pgrant.tenants', '{developer_token_rate}');
