-- Private rules behind pgrant_resource: the access token that a customer's own transaction acts for.

create function pgrant_rules.token_present(
  p_tenant uuid, p_token_hash bytea, p_token_expires_at bigint, p_resource text, p_address inet, p_cnf jsonb default null
) returns void
language plpgsql
as $$
begin
  -- Not by enter(): a release waits for whoever has come in by that, and a customer's transaction may last.
  perform set_config('pgrant.tenant', coalesce((select i.tenant_id::text from pgrant.issuers i
                                                 where i.tenant_id = p_tenant and i.disabled_at is null), ''), true),
          set_config('pgrant.request_id', '', true),
          set_config('pgrant.address', coalesce(host(p_address), ''), true);
  perform set_config('pgrant_resource.cnf', coalesce(p_cnf::text, ''), true),
          set_config('pgrant_resource.token_hash', coalesce(encode(p_token_hash, 'hex'), ''), true),
          set_config('pgrant_resource.token_expires_at', coalesce(p_token_expires_at::text, ''), true),
          set_config('pgrant_resource.resource',
                     coalesce(p_resource, (select coalesce(t.audience, t.issuer) from pgrant.tenants t
                                            where t.tenant_id = p_tenant), ''), true);
end
$$;

comment on function pgrant_rules.token_present(uuid, bytea, bigint, text, inet, jsonb) is
  'Notes in settings of the transaction which opaque access token it acts for, and as which resource (null = the tenant''s own audience), and which keys its sender has proven. The customer''s role may set the same itself: so they say what is presented, and never who somebody is.';

create function pgrant_rules.token_presented()
returns table (tenant_id uuid, subject text, client_id text, scopes text[], expires_at timestamptz)
language plpgsql stable
as $$
declare
  v_resource text := current_setting('pgrant_resource.resource', true);
  v_tokens pgrant_rules.live_token[] := pgrant_rules.tokens_live(pgrant.tenant(), pgrant_rules.tokens_find(
    pgrant.tenant(), array[decode(current_setting('pgrant_resource.token_hash', true), 'hex')],
    array[nullif(current_setting('pgrant_resource.token_expires_at', true), '')::bigint], null));
  v_token pgrant_rules.live_token := v_tokens[1];
  v_cnf jsonb := nullif(current_setting('pgrant_resource.cnf', true), '')::jsonb;
  v_networks jsonb := v_token.access_claims -> 'allowed_networks';
begin
  -- A transaction may live longer than the token: now() is when it began.
  if v_token.expires_at > statement_timestamp()
     and coalesce(pgrant.resource_canonical(v_resource), v_resource) = any (v_token.audience)
     and (v_token.cnf is null or coalesce(v_cnf @> v_token.cnf, false))
     and (v_networks is null or pgrant_rules.network_allowed(array(select jsonb_array_elements_text(v_networks)::cidr))) then
    return query
    select pgrant.tenant(), coalesce(v_token.subject, v_token.client_id), v_token.client_id, v_token.scopes,
           v_token.expires_at;
  end if;
end
$$;

comment on function pgrant_rules.token_presented() is
  'The token that the transaction acts for, looked up anew, as one row; no row where it is not good now for the resource, the address and the keys that were named. The functions of pgrant_resource outlive a release and stand on these columns.';
