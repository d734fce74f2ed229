-- Tokens that are good only with a key: DPoP (RFC 9449) and client certificates (RFC 8705).

create function pgrant.cnf_sound(p_cnf jsonb) returns boolean
-- Not in SQL: a CHECK is planned by each statement that writes, and would parse the body each time.
language plpgsql immutable parallel safe
as $$
begin
  return p_cnf <> '{}' and p_cnf - array['jkt', 'x5t#S256'] = '{}'
     and coalesce(p_cnf ->> 'jkt' ~ '^[\w-]{43}$', true) and coalesce(p_cnf ->> 'x5t#S256' ~ '^[\w-]{43}$', true);
end
$$;

comment on function pgrant.cnf_sound(jsonb) is
  'Whether it is a confirmation (RFC 7800 3.1) by SHA-256 thumbprints: jkt of a JWK (RFC 9449 6), x5t#S256 of a certificate (RFC 8705 3), or both.';

revoke execute on function pgrant.cnf_sound(jsonb) from public;
grant execute on function pgrant.cnf_sound(jsonb) to pgrant_definer, pgrant_janitor;

create or replace function pgrant.auth_methods() returns text[]
language sql immutable parallel safe
as $$
  select array['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'none']
$$;

alter table pgrant.tenants
  add column dpop_bound_access_tokens boolean not null default false,
  add column require_dpop_nonce boolean not null default false;

comment on column pgrant.tenants.dpop_bound_access_tokens is
  'Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449).';
comment on column pgrant.tenants.require_dpop_nonce is
  'Whether DPoP proofs need a nonce of this server (RFC 9449 8), so that none can be made in advance.';

alter table pgrant.clients
  add column dpop_bound_access_tokens boolean not null default false,
  add column tls_client_certificate_bound_access_tokens boolean not null default false,
  add column tls_client_auth_subject_dn text,
  add column tls_client_auth_san_dns text,
  add column tls_client_auth_san_uri text,
  add column tls_client_auth_san_ip text,
  add column tls_client_auth_san_email text;

alter table pgrant.clients add constraint clients_tls_client_auth check (
    num_nonnulls(tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip,
                 tls_client_auth_san_email) = case when token_endpoint_auth_method = 'tls_client_auth' then 1 else 0 end);
alter table pgrant.clients add constraint clients_tls_client_auth_length check (
    length(coalesce(tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip,
                    tls_client_auth_san_email)) between 1 and 1000);

comment on column pgrant.clients.dpop_bound_access_tokens is
  'Whether the client gets no token without a DPoP proof (RFC 9449 5.2); one that sends a proof gets bound tokens in any case.';
comment on column pgrant.clients.tls_client_certificate_bound_access_tokens is
  'Whether the client''s tokens are bound to its certificate (RFC 8705 3.4), without which it gets none.';
comment on column pgrant.clients.tls_client_auth_subject_dn is
  'With tls_client_auth: the subject of its certificate (RFC 4514), or one of the four below (RFC 8705 2.1.2).';
comment on column pgrant.clients.tls_client_auth_san_dns is 'With tls_client_auth: a dNSName of its certificate.';
comment on column pgrant.clients.tls_client_auth_san_uri is 'With tls_client_auth: a uniformResourceIdentifier of its certificate.';
comment on column pgrant.clients.tls_client_auth_san_ip is 'With tls_client_auth: an iPAddress of its certificate.';
comment on column pgrant.clients.tls_client_auth_san_email is 'With tls_client_auth: an rfc822Name of its certificate.';
comment on constraint clients_tls_client_auth on pgrant.clients is
  'exactly one tls_client_auth_* for a client that authenticates by tls_client_auth, and none for any other';
comment on constraint clients_tls_client_auth_length on pgrant.clients is 'of 1 to 1000 characters';

alter table pgrant.authorization_requests add column dpop_jkt text;
alter table pgrant.authorization_requests
  add constraint authorization_requests_dpop_jkt_check check (dpop_jkt ~ '^[\w-]{43}$');
comment on column pgrant.authorization_requests.dpop_jkt is 'The one key with which the code may be redeemed (RFC 9449 10); null = any.';

alter table pgrant.codes add column dpop_jkt text;
alter table pgrant.codes add constraint codes_dpop_jkt_check check (dpop_jkt ~ '^[\w-]{43}$');
comment on column pgrant.codes.dpop_jkt is 'The one key with which it may be redeemed (RFC 9449 10); null = any.';

alter table pgrant.token_families add column cnf jsonb;
alter table pgrant.token_families add constraint token_families_cnf_check check (pgrant.cnf_sound(cnf));
comment on column pgrant.token_families.cnf is
  'The key without which its refresh tokens are good for nothing (RFC 9449 5); null = none, or they are the client''s that authenticates.';

alter table pgrant.access_tokens add column cnf jsonb;
alter table pgrant.access_tokens add constraint access_tokens_cnf_check check (pgrant.cnf_sound(cnf));
comment on column pgrant.access_tokens.cnf is 'The key without which it is good for nothing (RFC 7800 3.1); null = a bearer token.';

create table pgrant.dpop_proofs (
  tenant_id   uuid not null,
  proof_hash  bytea not null check (length(proof_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, proof_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.dpop_proofs is 'DPoP proofs that were used, until they would be refused anyway (RFC 9449 11.1).';
comment on column pgrant.dpop_proofs.proof_hash is 'SHA-256 of the thumbprint of the key and jti.';

select pgrant.isolate('pgrant.dpop_proofs');
select pgrant.expire('pgrant.dpop_proofs');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('dpop_proofs', '6 hours', '3 days', '1 hour');

select pgrant.audited('pgrant.dpop_proofs', array['tenant_id', 'expires_at']);
select pgrant.audited('pgrant.tenants', array['dpop_bound_access_tokens', 'require_dpop_nonce']);
select pgrant.audited('pgrant.clients', array['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens',
  'tls_client_auth_subject_dn', 'tls_client_auth_san_dns', 'tls_client_auth_san_uri', 'tls_client_auth_san_ip',
  'tls_client_auth_san_email']);
select pgrant.audited('pgrant.authorization_requests', array['dpop_jkt']);
select pgrant.audited('pgrant.codes', array['dpop_jkt']);
select pgrant.audited('pgrant.token_families', array['cnf']);
select pgrant.audited('pgrant.access_tokens', array['cnf']);

-- As the functions beside it (see 0001).
grant create on schema pgrant_resource to pgrant_definer;

create function pgrant_resource.enter_bound(
  p_tenant uuid, p_token_hash bytea, p_token_expires_at bigint, p_cnf jsonb, p_resource text default null, p_address inet default null
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_resource.catch_up();
  perform pgrant_rules.token_present(p_tenant, p_token_hash, p_token_expires_at, p_resource, p_address, p_cnf);
  return exists (select from pgrant_resource.token());
end
$$;

comment on function pgrant_resource.enter_bound(uuid, bytea, bigint, jsonb, text, inet) is
  'As enter, for a token that may be bound to a key (RFC 9449, RFC 8705): p_cnf is the key that you have verified its sender to have, {jkt} or {x5t#S256}. With enter a bound token is not good.';

revoke execute on function pgrant_resource.enter_bound(uuid, bytea, bigint, jsonb, text, inet) from public;
grant execute on function pgrant_resource.enter_bound(uuid, bytea, bigint, jsonb, text, inet) to pgrant_resource_server;
alter function pgrant_resource.enter_bound(uuid, bytea, bigint, jsonb, text, inet) owner to pgrant_definer;
revoke create on schema pgrant_resource from pgrant_definer;
