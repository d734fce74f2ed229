-- What a tenant takes of its clients, whatever these are registered for.

alter table pgrant.tenants
  add column token_endpoint_auth_methods text[],
  add column security_profile text;
alter table pgrant.clients add column security_profile text;

alter table pgrant.tenants
  add constraint tenants_token_endpoint_auth_methods_check check (token_endpoint_auth_methods <@ pgrant.auth_methods());
alter table pgrant.tenants
  add constraint tenants_token_endpoint_auth_methods_some check (token_endpoint_auth_methods <> '{}');
alter table pgrant.tenants add constraint tenants_security_profile_check check (security_profile in ('fapi2'));
alter table pgrant.clients add constraint clients_security_profile_check check (security_profile in ('fapi2'));

comment on column pgrant.tenants.token_endpoint_auth_methods is
  'How clients may authenticate (RFC 8414 2), whatever they are registered for: others are refused wherever they come, and registered no more; null = in every way.';
comment on constraint tenants_token_endpoint_auth_methods_some on pgrant.tenants is 'a list with one at least';
comment on column pgrant.tenants.security_profile is
  'A profile that every client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = none.';
comment on column pgrant.clients.security_profile is
  'A profile that the client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = the tenant''s.';
comment on constraint tenants_security_profile_check on pgrant.tenants is 'fapi2, the only profile that there is';
comment on constraint clients_security_profile_check on pgrant.clients is 'fapi2, the only profile that there is';

select pgrant.audited('pgrant.tenants', array['token_endpoint_auth_methods', 'security_profile']);
select pgrant.audited('pgrant.clients', array['security_profile']);

-- Through which clients a token came that was exchanged more than once (RFC 8693): impersonation leaves no act.
alter table pgrant.access_tokens add column exchanged_by text[];
comment on column pgrant.access_tokens.exchanged_by is
  'Of one that was exchanged again: the clients between that of the family and client_id, the first one first; null = none.';
select pgrant.audited('pgrant.access_tokens', array['exchanged_by']);
