-- Where a tenant wants every token bound to a key, a certificate does as well.

comment on column pgrant.tenants.dpop_bound_access_tokens is
  'Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449), or, where its tokens are bound to its certificate (tls_client_certificate_bound_access_tokens), without that.';
