-- What operators call: who may have identity assertions for whom, and whose are taken.

create function pgrant_ops.identity_assertion_policy_set(
  p_tenant uuid, p_client_id text, p_audience text, p_audience_client_id text, p_scopes text[], p_resources text[] default '{}',
  p_subject_client_id text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_exchange constant text := 'urn:ietf:params:oauth:grant-type:token-exchange';
  v_client pgrant.clients;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.client_check(p_tenant, p_client_id);
  if p_subject_client_id is not null then
    perform pgrant_rules.client_check(p_tenant, p_subject_client_id);
  end if;
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  if not v_exchange = any (v_client.grant_types) then
    raise exception 'the client % is not registered for %', p_client_id, v_exchange using errcode = 'OA003',
      hint = 'add it to its grant_types first';
  elsif v_client.token_endpoint_auth_method = 'none' then
    raise exception 'the client % does not authenticate', p_client_id using errcode = 'OA003',
      hint = 'whoever exchanges tokens has to say who it is';
  elsif p_audience = (select t.issuer from pgrant.tenants t where t.tenant_id = p_tenant) then
    raise exception 'the audience is this tenant itself' using errcode = 'OA003',
      hint = 'within a tenant tokens are exchanged without an assertion: exchange_allow';
  elsif coalesce(cardinality(p_scopes), 0) = 0 then
    raise exception 'no scope is named' using errcode = 'OA003', hint = 'name what it may ask for there';
  end if;
  perform pgrant_rules.values_check('identity_assertion_policies', jsonb_build_object(
    'audience', p_audience, 'audience_client_id', p_audience_client_id, 'scopes', p_scopes, 'resources', p_resources));
  insert into pgrant.identity_assertion_policies as p (tenant_id, client_id, audience, audience_client_id, scopes, resources,
                                                       subject_client_id)
  values (p_tenant, p_client_id, p_audience, p_audience_client_id, p_scopes, p_resources, p_subject_client_id)
      on conflict (tenant_id, client_id, audience) do update
     set audience_client_id = excluded.audience_client_id, scopes = excluded.scopes, resources = excluded.resources,
         subject_client_id = excluded.subject_client_id;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.policy_set', null, null, p_client_id, p_detail => jsonb_build_object(
    'audience', p_audience, 'audience_client_id', p_audience_client_id, 'scopes', p_scopes, 'resources', p_resources,
    'subject_client_id', p_subject_client_id));
end
$$;

comment on function pgrant_ops.identity_assertion_policy_set(uuid, text, text, text, text[], text[], text) is
  'Lets a client have identity assertions (ID-JAG) of people for the authorization server whose issuer identifier is p_audience and that calls it p_audience_client_id, with p_scopes and p_resources at most; what was allowed for it before is replaced. p_subject_client_id is the client by which that server signs people in here; null = the client itself. Raises OA001, OA003.';

create function pgrant_ops.identity_assertion_policy_remove(p_tenant uuid, p_client_id text, p_audience text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.identity_assertion_policies p
   where p.tenant_id = p_tenant and p.client_id = p_client_id and p.audience = p_audience;
  if not found then
    raise exception 'the client % has no policy for %', p_client_id, p_audience using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.identity_assertion_policy_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.policy_remove', null, null, p_client_id,
                             p_detail => jsonb_build_object('audience', p_audience));
end
$$;

comment on function pgrant_ops.identity_assertion_policy_remove(uuid, text, text) is
  'Takes that back; assertions that were issued live on until they expire. Raises OA001.';

create function pgrant_ops.identity_assertion_policy_list(p_tenant uuid)
returns table (client_id text, audience text, audience_client_id text, scopes text[], resources text[], subject_client_id text,
               created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select p.client_id, p.audience, p.audience_client_id, p.scopes, p.resources, p.subject_client_id, p.created_at
    from pgrant.identity_assertion_policies p where p.tenant_id = p_tenant order by p.client_id, p.audience;
end
$$;

comment on function pgrant_ops.identity_assertion_policy_list(uuid) is
  'Which clients may have identity assertions for which servers. subject_client_id null = the client itself. May be null: subject_client_id. Raises OA001.';

create function pgrant_ops.identity_assertion_issuer_set(
  p_tenant uuid, p_issuer text, p_jwks_uri text default null, p_jwks jsonb default null, p_upstream text default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if p_issuer = (select t.issuer from pgrant.tenants t where t.tenant_id = p_tenant) then
    raise exception 'the issuer is this tenant itself' using errcode = 'OA003', hint = 'it takes no assertion of its own';
  elsif num_nonnulls(p_jwks_uri, p_jwks) <> 1 then
    raise exception 'one of jwks_uri and jwks has to be given' using errcode = 'OA003',
      hint = 'the metadata of the issuer have its jwks_uri';
  elsif p_upstream is not null and not exists (
          select from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_upstream and u.issuer = p_issuer) then
    raise exception 'there is no identity provider % with this issuer', p_upstream using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.upstream_list(p_tenant)';
  end if;
  perform pgrant_rules.values_check('identity_assertion_issuers', jsonb_build_object(
    'issuer', p_issuer, 'jwks_uri', p_jwks_uri, 'jwks', p_jwks));
  insert into pgrant.identity_assertion_issuers as i (tenant_id, issuer, jwks_uri, jwks, upstream)
  values (p_tenant, p_issuer, p_jwks_uri, p_jwks, p_upstream)
      on conflict (tenant_id, issuer) do update
     set jwks = case when i.jwks_uri = excluded.jwks_uri then i.jwks else excluded.jwks end,
         fresh_until = case when i.jwks_uri = excluded.jwks_uri then i.fresh_until end,
         fetched_at = case when i.jwks_uri = excluded.jwks_uri then i.fetched_at end,
         claimed_at = case when i.jwks_uri = excluded.jwks_uri then i.claimed_at end,
         last_error = null, jwks_uri = excluded.jwks_uri, upstream = excluded.upstream;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.issuer_set', null, null, null, p_detail => jsonb_build_object(
    'issuer', p_issuer, 'jwks_uri', p_jwks_uri, 'upstream', p_upstream));
end
$$;

comment on function pgrant_ops.identity_assertion_issuer_set(uuid, text, text, jsonb, text) is
  'Takes identity assertions (ID-JAG) that p_issuer signs by a key at p_jwks_uri, or of p_jwks (public keys, which the caller has read). The person is whoever has linked that account of the identity provider p_upstream, which has to have the same issuer; null = whom the product calls so (user_subject). Which clients may present them says identity_assertion_client_allow. Raises OA001, OA003.';

create function pgrant_ops.identity_assertion_issuer_remove(p_tenant uuid, p_issuer text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.identity_assertion_issuers i where i.tenant_id = p_tenant and i.issuer = p_issuer;
  if not found then
    raise exception 'the assertions of % are not taken', p_issuer using errcode = 'OA001',
      hint = 'list the issuers: select * from pgrant_ops.identity_assertion_issuer_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'identity_assertion.issuer_remove', null, null, null,
                             p_detail => jsonb_build_object('issuer', p_issuer));
end
$$;

comment on function pgrant_ops.identity_assertion_issuer_remove(uuid, text) is
  'Takes none of them any more, whichever client presents it; grants that were made by them live on until they expire or are revoked. Raises OA001.';

create function pgrant_ops.identity_assertion_issuer_list(p_tenant uuid)
returns table (issuer text, jwks_uri text, upstream text, clients jsonb, fetched_at timestamptz, last_error text, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select i.issuer, i.jwks_uri, i.upstream,
         (select coalesce(jsonb_object_agg(c.client_id, to_jsonb(c.scopes)), '{}')
            from pgrant.identity_assertion_clients c where c.tenant_id = p_tenant and c.issuer = i.issuer),
         i.fetched_at, i.last_error, i.created_at
    from pgrant.identity_assertion_issuers i where i.tenant_id = p_tenant order by i.issuer;
end
$$;

comment on function pgrant_ops.identity_assertion_issuer_list(uuid) is
  'Whose identity assertions are taken; clients is {client_id: [scope]}, jwks_uri null = its keys are registered, upstream null = people are found by the name that the product has for them. May be null: jwks_uri, upstream, fetched_at, last_error. Raises OA001.';

