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
          -- Nothing stands for the tenant's own audience; what is no resource is the audience of no token.
          set_config('pgrant_resource.resource', case p_resource when '' then ' ' else coalesce(p_resource, '') end, true);
end
$$;

comment on function pgrant_rules.token_present(uuid, bytea, bigint, text, inet, jsonb) is
  'Notes in settings of the transaction which opaque access token it acts for, and as which resource (null = the tenant''s own audience), and which keys its sender has proven. The customer''s role may set the same itself: so they say what is presented, and never who somebody is.';

create function pgrant_rules.token_judge(
  p_tenant uuid, p_token_hash bytea, p_token_expires_at bigint, p_resource text, p_address text, p_cnf jsonb
) returns table (tenant_id uuid, subject text, client_id text, scopes text[], expires_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tokens pgrant_rules.live_token[];
  v_token pgrant_rules.live_token;
  v_networks jsonb;
begin
  -- Handed on to the node of the tenant it comes without what the transaction has noted. A parallel worker sets nothing.
  if pgrant.tenant() is distinct from p_tenant then
    perform set_config('pgrant.tenant', p_tenant::text, true), set_config('pgrant.address', p_address, true);
  end if;
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, array[p_token_hash], array[p_token_expires_at], null));
  v_token := v_tokens[1];
  v_networks := v_token.access_claims -> 'allowed_networks';
  -- A transaction may live longer than the token: now() is when it began.
  if v_token.expires_at > statement_timestamp()
     and coalesce(pgrant.resource_canonical(p_resource), p_resource,
                  (select coalesce(t.audience, t.issuer) from pgrant.tenants t where t.tenant_id = p_tenant)) = any (v_token.audience)
     and (v_token.cnf is null or coalesce(p_cnf @> v_token.cnf, false))
     and (v_networks is null or pgrant_rules.network_allowed(array(select jsonb_array_elements_text(v_networks)::cidr))) then
    return query
    select p_tenant, coalesce(v_token.subject, v_token.client_id), v_token.client_id, v_token.scopes, v_token.expires_at;
  end if;
end
$$;

comment on function pgrant_rules.token_judge(uuid, bytea, bigint, text, text, jsonb) is
  'A token looked up anew, on the node of its tenant, as one row; no row where it is not good now for the resource (null = the tenant''s own audience), the address and the keys that are named.';

create function pgrant_rules.token_presented()
returns table (tenant_id uuid, subject text, client_id text, scopes text[], expires_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant uuid := nullif(current_setting('pgrant.tenant', true), '')::uuid;
  v_hash bytea := decode(current_setting('pgrant_resource.token_hash', true), 'hex');
  v_expires_at bigint := nullif(current_setting('pgrant_resource.token_expires_at', true), '')::bigint;
  v_resource text := nullif(current_setting('pgrant_resource.resource', true), '');
  v_address text := coalesce(current_setting('pgrant.address', true), '');
  v_cnf jsonb := nullif(current_setting('pgrant_resource.cnf', true), '')::jsonb;
begin
  if v_tenant is null then
    return;
  -- As text, so that Citus knows where. Asked so, and not by on_several_nodes(), because each statement with a policy asks.
  elsif current_setting('citus.shard_count', true) is not null then
    return query execute format('select * from pgrant_rules.token_judge(%L, %L, %L, %L, %L, %L)',
                                v_tenant, v_hash, v_expires_at, v_resource, v_address, v_cnf);
  else
    return query select j.* from pgrant_rules.token_judge(v_tenant, v_hash, v_expires_at, v_resource, v_address, v_cnf) j;
  end if;
end
$$;

comment on function pgrant_rules.token_presented() is
  'The token that the transaction acts for, looked up anew, as one row; no row where it is not good now for the resource, the address and the keys that were named. Runs as a role that may come from one node to another. The functions of pgrant_resource outlive a release and stand on these columns.';
