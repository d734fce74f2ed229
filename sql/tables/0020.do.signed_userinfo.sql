-- Clients that have claims at userinfo signed (OpenID Connect Core 5.3.2).

alter table pgrant.clients add column userinfo_alg text check (userinfo_alg = any (pgrant.signing_algs()));

comment on column pgrant.clients.userinfo_alg is
  'How the claims at userinfo are signed, as a JWT with iss and aud (userinfo_signed_response_alg); null = they are not, and are JSON.';

select pgrant.audited('pgrant.clients', array['userinfo_alg']);
