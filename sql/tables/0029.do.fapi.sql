-- What FAPI 2.0 asks of tenants, of pushed requests and of signed ones.

comment on column pgrant.tenants.dpop_bound_access_tokens is
  'Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449), or, where its tokens are bound to its certificate (tls_client_certificate_bound_access_tokens), without that.';

comment on column pgrant.tenants.require_signed_request_object is
  'Whether every client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).';
comment on column pgrant.clients.require_signed_request_object is
  'Whether the client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).';

alter table pgrant.authorization_requests add column pushed_hash bytea;
alter table pgrant.authorization_requests add column pushed_expires_at timestamptz;
alter table pgrant.authorization_requests
  add constraint authorization_requests_pushed check ((pushed_hash is null) = (pushed_expires_at is null));
comment on column pgrant.authorization_requests.pushed is
  'True = it waits at the request_uri that the client was given (RFC 9126): each browser that brings that gets a row of its own.';
comment on column pgrant.authorization_requests.pushed_hash is
  'request_hash of the pushed request that it is of, which one browser answers; null = its client did not push it.';
comment on column pgrant.authorization_requests.pushed_expires_at is 'expires_at of that pushed request.';
select pgrant.audited('pgrant.authorization_requests', '{pushed_expires_at}');
