-- What operators call: which clients may present whose identity assertions.

create function pgrant_ops.identity_assertion_client_allow(p_tenant uuid, p_issuer text, p_client_id text, p_scopes text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_bearer constant text := 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  v_client pgrant.clients;
  v_unknown text;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  v_unknown := pgrant_rules.scope_unknown(p_tenant, p_scopes);
  if not exists (select from pgrant.identity_assertion_issuers i where i.tenant_id = p_tenant and i.issuer = p_issuer) then
    raise exception 'the assertions of % are not taken', p_issuer using errcode = 'OA001',
      hint = 'say by which keys it signs first: identity_assertion_issuer_set';
  elsif not v_bearer = any (v_client.grant_types) then
    raise exception 'the client % is not registered for %', p_client_id, v_bearer using errcode = 'OA003',
      hint = 'add it to its grant_types first';
  elsif v_client.token_endpoint_auth_method = 'none' then
    raise exception 'the client % does not authenticate', p_client_id using errcode = 'OA003',
      hint = 'whoever presents an assertion has to say who it is';
  elsif v_unknown is not null then
    raise exception 'the tenant has no scope %', v_unknown using errcode = 'OA001', hint = 'add it first, or leave it out';
  elsif coalesce(cardinality(p_scopes), 0) = 0 then
    raise exception 'no scope is named' using errcode = 'OA003', hint = 'name what its tokens may have';
  end if;
  perform pgrant_rules.values_check('identity_assertion_clients', jsonb_build_object('scopes', p_scopes));
  insert into pgrant.identity_assertion_clients as c (tenant_id, issuer, client_id, scopes)
  values (p_tenant, p_issuer, p_client_id, p_scopes)
      on conflict (tenant_id, issuer, client_id) do update set scopes = excluded.scopes;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.client_allow', null, null, p_client_id,
                             p_detail => jsonb_build_object('issuer', p_issuer, 'scopes', p_scopes));
end
$$;

comment on function pgrant_ops.identity_assertion_client_allow(uuid, text, text, text[]) is
  'Lets a client present the identity assertions of an issuer, for tokens with p_scopes at most; what was allowed before is replaced. Raises OA001, OA003.';

create function pgrant_ops.identity_assertion_client_deny(p_tenant uuid, p_issuer text, p_client_id text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.identity_assertion_clients c
   where c.tenant_id = p_tenant and c.issuer = p_issuer and c.client_id = p_client_id;
  if not found then
    raise exception 'the client % may not present assertions of %', p_client_id, p_issuer using errcode = 'OA001',
      hint = 'list who may: select * from pgrant_ops.identity_assertion_issuer_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.client_deny', null, null, p_client_id,
                             p_detail => jsonb_build_object('issuer', p_issuer));
end
$$;

comment on function pgrant_ops.identity_assertion_client_deny(uuid, text, text) is
  'Takes that back; what was granted lives on until it expires or is revoked. Raises OA001.';
