-- Authorization requests that their client signed (RFC 9101, OpenID Connect Core 6).

create or replace function pgrant_rules.request_object_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request_object jsonb,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
declare
  -- What clocks may differ by; the web process allows the same.
  v_leeway constant integer := 30;
  v_now bigint := pgrant_rules.epoch(now());
  v_exp bigint := (p_request_object ->> 'exp')::bigint;
  v_fault text := p_request_object ->> 'fault';
begin
  if p_request_object is null then
    if p_client.require_signed_request_object then
      error := 'invalid_request';
      reason := 'the client has to sign its requests, and did not';
      detail := 'the client has to sign its requests (RFC 9101)';
    end if;
    return;
  end if;
  reason := case
    when p_request_object ->> 'thumbprint' is null then v_fault
    when not pgrant_rules.client_key_current(p_tenant, p_client.client_id, p_request_object ->> 'thumbprint',
                                             coalesce(p_request_object ->> 'alg', ''))
    then 'no key of the client has made its signature'
    when v_fault is not null then v_fault
    when p_request_object ->> 'alg' <> p_client.request_object_signing_alg then 'alg is another than the client is registered for'
    when coalesce(p_request_object ->> 'alg' <> all (p_client.client_signing_algs), true)
    then 'alg is none of ' || array_to_string(p_client.client_signing_algs, ', ')
    when v_exp + v_leeway <= v_now then 'exp is in the past'
    when v_exp is null and p_client.request_object_lifetime is not null then 'no exp'
    when p_client.require_signed_request_object and p_request_object ->> 'nbf' is null then 'no nbf'
    when v_exp > coalesce((p_request_object ->> 'nbf')::bigint, v_now + v_leeway) + p_client.request_object_lifetime
    then format('exp is more than %s minutes after nbf', round(p_client.request_object_lifetime / 60.0, 1)::float)
  end;
  if reason is not null then
    error := coalesce((p_request_object ->> 'error')::pgrant_api.error, 'invalid_request_object');
    detail := reason;
    reason := 'request object: ' || reason;
  end if;
end
$$;

comment on function pgrant_rules.request_object_refusal(uuid, pgrant_rules.client_policies, jsonb) is
  'Why a request object is refused (RFC 9101 6), or its absence where the client has to send one; else nulls. p_request_object is what the web process has read: {thumbprint, alg, exp, nbf (epoch seconds, or left out)}, with fault where something that it says is wrong (and error, where that is another than invalid_request_object), and without thumbprint where no key of the client has made the signature; null = there is none.';

create function pgrant_api.request_uri_find(
  p_tenant uuid, p_request_id text, p_address inet, p_client_id text, p_request_uri text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if not exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.request_uri_parameter) then
    v_out.error := 'request_uri_not_supported';
    v_out.reason := 'request objects are fetched from nowhere';
  elsif not exists (select from pgrant.clients c
                     where c.tenant_id = p_tenant and c.client_id = p_client_id and p_request_uri = any (c.request_uris)) then
    v_out.error := 'invalid_request_uri';
    v_out.reason := 'request_uri is none that is registered for this client';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.request_uri_find(uuid, text, inet, text, text) is
  'Whether a request object may be fetched from a request_uri: one that its client has registered, character by character (OpenID Connect Core 6.2). Writes nothing: a refusal is recorded with that of the request. Errors: request_uri_not_supported, invalid_request_uri.';
