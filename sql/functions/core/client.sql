-- Clients prove who they are.

create function pgrant_rules.any_twice(p_keys bytea[], p_assertions jsonb[]) returns boolean
language plpgsql immutable
as $$
begin
  return (select count(k) > count(distinct k) from unnest(p_keys) k)
      or (select count(a ->> 'jti_hash') > count(distinct a ->> 'jti_hash') from unnest(p_assertions) a);
end
$$;

comment on function pgrant_rules.any_twice(bytea[], jsonb[]) is
  'Whether two requests of a set present the same code, token or assertion: then they are decided one after the other, in the order in which they came.';

create function pgrant_rules.clients_authenticate(
  p_tenant uuid, p_address inet[], p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[],
  p_possession jsonb[], p_grant_type text default null, p_confidential boolean default false,
  out o_client pgrant_rules.client_policies[], out o_error pgrant_api.error[], out o_reason text[], out o_detail text[],
  out o_cnf jsonb[]
)
language plpgsql
as $$
declare
  v_possessions pgrant_rules.possession[];
begin
  select array_agg(a.client order by a.n),
         array_agg(case when a.reason is not null then 'invalid_client'
                        when not p_grant_type = any ((a.client).grant_types) then 'unauthorized_client'
                   end::pgrant_api.error order by a.n),
         array_agg(coalesce(a.reason, case when not p_grant_type = any ((a.client).grant_types)
                                           then 'client is not registered for ' || p_grant_type end) order by a.n),
         array_agg(case when a.reason is not null then pgrant_rules.client_assertion_detail(a.assertion, a.reason) end order by a.n)
    into o_client, o_error, o_reason, o_detail
    from (
      select q.n, c as client, q.assertion,
             case
               when c.client_id is null then 'client unknown or disabled'
               when c.allowed_networks is not null and not coalesce(q.address <<= any (c.allowed_networks), false)
                 then 'client may not authenticate from this address'
               -- RFC 6749 2.3: a client must not authenticate in a way that it is not registered for.
               when c.token_endpoint_auth_method = 'none'
                 then case when q.auth_method is distinct from 'none' then 'a public client sent a secret'
                           when p_confidential then 'a public client cannot introspect' end
               when c.token_endpoint_auth_method = 'private_key_jwt'
                 then case when q.auth_method = 'private_key_jwt'
                           then pgrant_rules.client_assertion_refusal(p_tenant, q.client_id, q.assertion)
                           else 'a client that signs did not' end
               when c.token_endpoint_auth_method in ('tls_client_auth', 'self_signed_tls_client_auth')
                 then case when q.auth_method is distinct from 'none' then 'a client with a certificate sent a secret'
                           else pgrant_rules.client_certificate_refusal(p_tenant, q.client_id, q.possession -> 'certificate') end
               when coalesce(q.auth_method, 'none') not in ('client_secret_basic', 'client_secret_post') or q.secret_hash is null
                 then 'a confidential client did not authenticate'
               when not exists (select from pgrant.client_secrets s
                                 where s.tenant_id = p_tenant
                                   and s.client_id = q.client_id
                                   and s.secret_hash = q.secret_hash
                                   and s.expires_at > now())
                 then 'client secret wrong or expired'
             end as reason
        from unnest(p_client_id, p_auth_method, p_secret_hash, p_assertion, p_possession, p_address)
             with ordinality q (client_id, auth_method, secret_hash, assertion, possession, address, n)
        left join pgrant_rules.client_policies c on c.tenant_id = p_tenant and c.client_id = q.client_id) a;
  if p_grant_type is not null then
    v_possessions := pgrant_rules.keys_proven(p_tenant, o_client, o_error, p_possession);
    if v_possessions is not null then
      select array_agg(coalesce(o_error[v.ordinality], v.error) order by v.ordinality),
             array_agg(case when o_error[v.ordinality] is null then v.reason else o_reason[v.ordinality] end order by v.ordinality),
             array_agg(case when o_error[v.ordinality] is null then v.detail else o_detail[v.ordinality] end order by v.ordinality),
             array_agg(v.cnf order by v.ordinality)
        into o_error, o_reason, o_detail, o_cnf
        from unnest(v_possessions) with ordinality v;
    end if;
  end if;
end
$$;

comment on function pgrant_rules.clients_authenticate(uuid, inet[], text[], text[], bytea[], jsonb[], jsonb[], text, boolean) is
  'Authenticates the client of each request (RFC 6749 2.3): none for a public one (unless p_confidential), a live secret for a confidential one, in the header or in the body alike (OAuth 2.1 2.4.1), an assertion that is used up by it (see client_assertion_refusal), or a certificate (see client_certificate_refusal); and for p_grant_type, where given. One element per request, in their order; o_error null = it is who it says; o_detail is what it may be told of its assertion or proof; o_cnf the keys that its tokens are to be bound to; a failure is for the caller to record, as client.authenticate. Errors: invalid_client, unauthorized_client; and where tokens are issued invalid_dpop_proof, use_dpop_nonce, invalid_request.';

create function pgrant_rules.authentication_entries(
  p_request_id text[], p_address inet[], p_client_id text[], p_error pgrant_api.error[], p_reason text[]
) returns pgrant_rules.audit_entry[]
language sql immutable
as $$
  select array_agg(row(q.request_id, q.address, case when q.error is not null then 'client.authenticate' end, q.error, q.reason,
                       q.client_id, null, null, null, null)::pgrant_rules.audit_entry order by q.n)
    from unnest(p_request_id, p_address, p_client_id, p_error, p_reason)
         with ordinality q (request_id, address, client_id, error, reason, n)
$$;

comment on function pgrant_rules.authentication_entries(text[], inet[], text[], pgrant_api.error[], text[]) is
  'What is recorded of each request whose client was not authenticated by clients_authenticate; nothing of the others.';

create function pgrant_rules.client_use_note(p_client pgrant_rules.client_policies) returns void
language plpgsql
as $$
begin
  -- Whoever holds the client's row is removing it or notes the same: never wait for it while holding a grant.
  update pgrant.clients c
     set last_used_at = now(),
         expires_at = case when p_client.self_registered then now() + make_interval(secs => p_client.registered_idle_lifetime)
                           else c.expires_at end
    from (select l.client_id from pgrant.clients l
           where l.tenant_id = p_client.tenant_id and l.client_id = p_client.client_id
             for no key update skip locked) l
   where c.tenant_id = p_client.tenant_id and c.client_id = l.client_id;
end
$$;

comment on function pgrant_rules.client_use_note(pgrant_rules.client_policies) is
  'Notes that a client got a token, by which one that registered itself lives on; for one with use_due, which it has once a day.';
