-- By what clients may sign: FAPI 2.0 forbids what OpenID Connect makes everybody's default.

alter table pgrant.tenants add column client_signing_algs text[] not null default '{ES256,RS256,PS256,EdDSA,Ed25519}';
alter table pgrant.tenants add constraint tenants_client_signing_algs_check check (client_signing_algs <@ pgrant.client_algs());
alter table pgrant.tenants add constraint tenants_client_signing_algs_some check (client_signing_algs <> '{}');
comment on column pgrant.tenants.client_signing_algs is
  'By what clients may sign assertions (RFC 7523), request objects (RFC 9101) and DPoP proofs (RFC 9449). FAPI 2.0 wants it without RS256.';
comment on constraint tenants_client_signing_algs_some on pgrant.tenants is 'a list with one at least';
select pgrant.audited('pgrant.tenants', array['client_signing_algs']);
