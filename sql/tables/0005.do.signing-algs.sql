-- By which algorithms a tenant signs: it has a key of its own for each (RFC 8725 3.1: no key serves two).

create or replace function pgrant.signing_algs() returns text[]
language sql immutable parallel safe
as $$ select array['RS256', 'ES256', 'PS256', 'EdDSA', 'Ed25519'] $$;

comment on function pgrant.signing_algs() is 'The algorithms by which the server signs tokens (RFC 7518 3.1, RFC 8037 3.1, RFC 9864 2.2).';

alter table pgrant.tenants add column signing_algs text[] not null default '{RS256,ES256}';
alter table pgrant.tenants add constraint tenants_signing_algs_check check (signing_algs <@ pgrant.signing_algs());
alter table pgrant.tenants add constraint tenants_signing_algs_common check ('RS256' = any (signing_algs));
alter table pgrant.tenants drop constraint tenants_access_token_alg_check;
alter table pgrant.tenants add constraint tenants_access_token_alg_check check (access_token_alg = any (pgrant.signing_algs()));
alter table pgrant.tenants add constraint tenants_access_token_alg_offered check (access_token_alg = any (signing_algs));
alter table pgrant.resources drop constraint resources_access_token_alg_check;
alter table pgrant.resources add constraint resources_access_token_alg_check check (access_token_alg = any (pgrant.signing_algs()));

comment on column pgrant.tenants.signing_algs is
  'By what tokens may be signed here: the tenant has a key for each, and clients and resources choose among them. Ed25519 is the name of RFC 9864 for what most clients know as EdDSA.';
comment on constraint tenants_signing_algs_common on pgrant.tenants is 'a list with RS256, which every client knows (OpenID Connect Discovery 3)';
comment on constraint tenants_access_token_alg_offered on pgrant.tenants is 'access_token_alg must be one of signing_algs';

select pgrant.audited('pgrant.tenants', array['signing_algs']);
