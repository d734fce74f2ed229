-- Clients that authenticate by a certificate (RFC 8705 2).

create function pgrant_rules.certificate_names(p_certificate jsonb, p_kind text) returns text[]
language sql immutable
as $$ select array(select jsonb_array_elements_text(p_certificate -> p_kind)) $$;

comment on function pgrant_rules.certificate_names(jsonb, text) is 'The alternative names of a kind that a certificate has.';

create or replace function pgrant_rules.client_certificate_refusal(p_tenant uuid, p_client_id text, p_certificate jsonb) returns text
language plpgsql
as $$
declare
  v_client pgrant.clients;
begin
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  if p_certificate is null then
    return 'a client with a certificate came without';
  elsif v_client.token_endpoint_auth_method = 'self_signed_tls_client_auth' then
    -- RFC 8705 2.2: nobody vouches for it but the client, whose keys are registered.
    return case when not pgrant_rules.client_key_current(p_tenant, p_client_id, p_certificate ->> 'key', null)
                then 'certificate of a key that the client has not' end;
  elsif not (p_certificate ->> 'trusted')::boolean then
    return 'certificate of no authority in MTLS_CA, or past its time';
  end if;
  return case when coalesce(
    -- RFC 4514 2.2 and 2.4 let nobody write spaces behind a comma or around a plus, and many do.
    regexp_replace(v_client.tls_client_auth_subject_dn, '([^\\])(?:(,)\s+| (\+) )', '\1\2\3', 'g') = p_certificate ->> 'subject',
    lower(v_client.tls_client_auth_san_dns)
      = any (array(select lower(d.name) from unnest(pgrant_rules.certificate_names(p_certificate, 'dns')) d (name))),
    v_client.tls_client_auth_san_uri = any (pgrant_rules.certificate_names(p_certificate, 'uri')),
    lower(v_client.tls_client_auth_san_ip) = any (pgrant_rules.certificate_names(p_certificate, 'ip')),
    v_client.tls_client_auth_san_email = any (pgrant_rules.certificate_names(p_certificate, 'email')),
    false) then null else 'certificate of another subject' end;
end
$$;

comment on function pgrant_rules.client_certificate_refusal(uuid, text, jsonb) is
  'Why tls_client_auth or self_signed_tls_client_auth is refused, else null. p_certificate is what the web process has read: {x5t#S256, key (thumbprint), subject (RFC 4514), dns, uri, ip, email (arrays), trusted}.';
