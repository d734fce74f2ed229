-- Authorization requests that were pushed (RFC 9126) or signed (RFC 9101), and answers that are signed (JARM, RFC 9701).

create function pgrant.request_uris_sound(p_uris text[]) returns boolean
language sql immutable parallel safe
as $$
  select cardinality(p_uris) <= 20
     and not exists (select from unnest(p_uris) u (uri)
                      where (u.uri ~ '^(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?#]|$)'
                             and u.uri ~ '^[\x21-\x7E]+$' and length(u.uri) <= 512) is not true)
$$;

comment on function pgrant.request_uris_sound(text[]) is
  'Whether request objects may be fetched from each: at most 20, https, or http on a loopback host, of at most 512 characters (OpenID Connect Core 6.2).';

revoke execute on function pgrant.request_uris_sound(text[]) from public;
grant execute on function pgrant.request_uris_sound(text[]) to pgrant_definer;

alter table pgrant.tenants
  add column par_lifetime integer not null default 60,
  add column require_pushed_authorization_requests boolean not null default false,
  add column require_signed_request_object boolean not null default false,
  add column request_object_lifetime integer default 3600,
  add column request_uri_parameter boolean not null default false;

alter table pgrant.tenants add constraint tenants_par_lifetime_check check (par_lifetime between 5 and 600);
alter table pgrant.tenants add constraint tenants_request_object_lifetime_check check (request_object_lifetime between 60 and 86400);

comment on column pgrant.tenants.par_lifetime is 'For so long a request_uri of a pushed authorization request (RFC 9126 2.2) is good.';
comment on column pgrant.tenants.require_pushed_authorization_requests is
  'Whether every client has to push its authorization requests (RFC 9126 5).';
comment on column pgrant.tenants.require_signed_request_object is
  'Whether every client has to send its authorization requests as signed request objects (RFC 9101 10.5).';
comment on column pgrant.tenants.request_object_lifetime is
  'A request object needs an exp, at most so long after its nbf, or after now where it has none (FAPI 2.0 Message Signing 5.3.1); null = exp may be left out.';
comment on column pgrant.tenants.request_uri_parameter is
  'Whether request objects are fetched from the request_uris of clients that registered some (OpenID Connect Core 6.2).';
comment on constraint tenants_par_lifetime_check on pgrant.tenants is 'a whole number of seconds from 5 to 600';
comment on constraint tenants_request_object_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 86400';

alter table pgrant.clients
  add column require_pushed_authorization_requests boolean not null default false,
  add column require_signed_request_object boolean not null default false,
  add column request_object_signing_alg text,
  add column request_uris text[] not null default '{}',
  add column authorization_alg text not null default 'RS256',
  add column introspection_alg text;

alter table pgrant.clients add constraint clients_request_object_signing_alg_check
  check (request_object_signing_alg = any (pgrant.client_algs()));
alter table pgrant.clients add constraint clients_request_uris_check check (pgrant.request_uris_sound(request_uris));
alter table pgrant.clients add constraint clients_authorization_alg_check check (authorization_alg = any (pgrant.signing_algs()));
alter table pgrant.clients add constraint clients_introspection_alg_check check (introspection_alg = any (pgrant.signing_algs()));

comment on column pgrant.clients.require_pushed_authorization_requests is
  'Whether the client has to push its authorization requests (RFC 9126 6).';
comment on column pgrant.clients.require_signed_request_object is
  'Whether the client has to send its authorization requests as signed request objects (RFC 9101 10.5).';
comment on column pgrant.clients.request_object_signing_alg is
  'The one alg (RFC 7518 3.1, RFC 9864) by which the client signs request objects; null = any of them.';
comment on column pgrant.clients.request_uris is
  'Where request objects of the client may be fetched, where the tenant has request_uri_parameter; a fragment is not sent.';
comment on column pgrant.clients.authorization_alg is
  'How authorization responses are signed where a request asks for that (JARM 3, authorization_signed_response_alg).';
comment on column pgrant.clients.introspection_alg is
  'How what introspection answers this client is signed (RFC 9701 6, introspection_signed_response_alg); null = it is JSON, unless it asks for a JWT, which RS256 signs.';
comment on constraint clients_request_uris_check on pgrant.clients is
  'a list of at most 20 https URLs (http on a loopback host) of at most 512 characters';

select pgrant.audited('pgrant.tenants', array['par_lifetime', 'require_pushed_authorization_requests', 'require_signed_request_object',
                                              'request_object_lifetime', 'request_uri_parameter']);
select pgrant.audited('pgrant.clients', array['require_pushed_authorization_requests', 'require_signed_request_object',
                                              'request_object_signing_alg', 'request_uris', 'authorization_alg', 'introspection_alg']);

alter table pgrant.authorization_requests add column pushed boolean not null default false;
alter table pgrant.authorization_requests drop constraint authorization_requests_response_mode_check;
alter table pgrant.authorization_requests
  add constraint authorization_requests_response_mode_check
    check (response_mode in ('query', 'form_post', 'query.jwt', 'fragment.jwt', 'form_post.jwt'));

comment on column pgrant.authorization_requests.pushed is
  'True = it waits at the request_uri that the client was given (RFC 9126): no browser has it yet, and one that takes it up gets a row of its own.';
select pgrant.audited('pgrant.authorization_requests', array['pushed']);
