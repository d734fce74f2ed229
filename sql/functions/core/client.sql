-- Clients prove who they are.

create function pgrant_rules.any_twice(p_keys bytea[], p_assertions jsonb[]) returns boolean
language plpgsql immutable
as $$
begin
  for i in 1 .. cardinality(p_keys) loop
    if p_keys[i] is not null and array_position(p_keys, p_keys[i]) < i then
      return true;
    end if;
  end loop;
  if array_remove(p_assertions, null) = '{}' then
    return false;
  end if;
  return (select count(a ->> 'jti_hash') > count(distinct a ->> 'jti_hash') from unnest(p_assertions) a);
end
$$;

comment on function pgrant_rules.any_twice(bytea[], jsonb[]) is
  'Whether two requests of a set present the same code, token or assertion: then they are decided one after the other, in the order in which they came.';

create function pgrant_rules.client_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_address inet, p_auth_method text, p_secret_hash bytea,
  p_secret_client_id text, p_assertion jsonb, p_possession jsonb, p_confidential boolean
) returns text
language sql
as $$
  select case
    when p_client.client_id is null then 'client unknown or disabled'
    when p_client.allowed_networks is not null and not coalesce(p_address <<= any (p_client.allowed_networks), false)
      then 'client may not authenticate from this address'
    when p_client.profile_fault is not null then p_client.profile_fault
    -- RFC 6749 2.3: a client must not authenticate in a way that it is not registered for.
    when p_client.token_endpoint_auth_method = 'none' then
      case when p_auth_method is distinct from 'none' then 'a public client sent a secret'
           when p_confidential then 'a public client cannot introspect' end
    when p_client.token_endpoint_auth_method = 'private_key_jwt' then
      case when p_auth_method = 'private_key_jwt'
           then pgrant_rules.client_assertion_refusal(p_tenant, p_client.client_id, p_assertion)
           else 'a client that signs did not' end
    when p_client.token_endpoint_auth_method in ('tls_client_auth', 'self_signed_tls_client_auth') then
      case when p_auth_method is distinct from 'none' then 'a client with a certificate sent a secret'
           else pgrant_rules.client_certificate_refusal(p_tenant, p_client.client_id, p_possession -> 'certificate') end
    when coalesce(p_auth_method, 'none') not in ('client_secret_basic', 'client_secret_post') or p_secret_hash is null
      then 'a confidential client did not authenticate'
    when p_secret_client_id is distinct from p_client.client_id then 'client secret wrong or expired'
  end
$$;

comment on function pgrant_rules.client_refusal(uuid, pgrant_rules.client_policies, inet, text, bytea, text, jsonb, jsonb, boolean) is
  'Why a request is not taken as the client''s, or null. p_secret_client_id is whose live secret it presents; null = nobody''s.';

create function pgrant_rules.grant_of_people(p_grant_type text) returns boolean
language sql immutable
as $$ select p_grant_type in ('authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code') $$;

comment on function pgrant_rules.grant_of_people(text) is
  'Whether a grant type is for what a person has allowed at the authorization endpoint, where drafts are refused to all but their developer.';

create function pgrant_rules.clients_find(p_tenant uuid, p_client_id text[]) returns pgrant_rules.client_policies[]
language plpgsql stable
as $$
declare
  v_tenant pgrant.tenants;
  v_clients pgrant.clients[];
  v_client_ids text[];
  v_policies pgrant_rules.client_policies[];
  v_out pgrant_rules.client_policies[];
begin
  -- A look-up in each table, and no join: Citus plans each statement anew, a join for ten times as long. Rows as they are: a
  -- hundred columns one by one take several times as long to set up.
  v_tenant := (select t from pgrant.tenants t where t.tenant_id = p_tenant);
  select array_agg(c), array_agg(c.client_id) into v_clients, v_client_ids
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.client_id = any (p_client_id);
  for i in 1 .. coalesce(cardinality(v_clients), 0) loop
    v_policies[i] := pgrant_rules.client_policy(v_clients[i], v_tenant);
  end loop;
  for i in 1 .. cardinality(p_client_id) loop
    v_out[i] := v_policies[array_position(v_client_ids, p_client_id[i])];
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.clients_find(uuid, text[]) is 'The client with each identifier, null where none is live.';

create function pgrant_rules.client_find(p_tenant uuid, p_client_id text) returns pgrant_rules.client_policies
language plpgsql stable
as $$
begin
  return (pgrant_rules.clients_find(p_tenant, array[p_client_id]))[1];
end
$$;

comment on function pgrant_rules.client_find(uuid, text) is 'The client with an identifier; null where none is live.';

create function pgrant_rules.clients_authenticate(
  p_tenant uuid, p_address inet[], p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[],
  p_possession jsonb[], p_grant_type text default null, p_confidential boolean default false,
  out o_client pgrant_rules.client_policies[], out o_error pgrant_api.error[], out o_reason text[], out o_detail text[],
  out o_cnf jsonb[]
)
language plpgsql
as $$
declare
  v_secrets bytea[];
  v_secret_client_ids text[];
  v_client pgrant_rules.client_policies;
  v_reason text;
  v_limited boolean := false;
  v_beyond boolean[];
  v_possessions pgrant_rules.possession[];
begin
  o_client := pgrant_rules.clients_find(p_tenant, p_client_id);
  o_error := array_fill(null::pgrant_api.error, array[cardinality(p_client_id)]);
  o_reason := array_fill(null::text, array[cardinality(p_client_id)]);
  select array_agg(s.secret_hash), array_agg(s.client_id) into v_secrets, v_secret_client_ids
    from pgrant.client_secrets s
   where s.tenant_id = p_tenant and s.secret_hash = any (p_secret_hash) and s.expires_at > now();
  for i in 1 .. cardinality(p_client_id) loop
    -- Once for those of one client that stand together, for a client is a large row.
    if i = 1 or p_client_id[i] is distinct from p_client_id[i - 1] then
      v_client := o_client[i];
      v_limited := v_limited or v_client.token_rate is not null;
    end if;
    v_reason := pgrant_rules.client_refusal(
      p_tenant, v_client, p_address[i], p_auth_method[i], p_secret_hash[i],
      v_secret_client_ids[array_position(v_secrets, p_secret_hash[i])], p_assertion[i], p_possession[i], p_confidential);
    if v_reason is not null then
      o_error[i] := 'invalid_client';
      o_reason[i] := v_reason;
      o_detail[i] := pgrant_rules.client_assertion_detail(p_assertion[i], v_reason);
    elsif not p_grant_type = any (v_client.grant_types) then
      o_error[i] := 'unauthorized_client';
      o_reason[i] := 'client is not registered for ' || p_grant_type;
    elsif v_client.draft and not pgrant_rules.grant_of_people(p_grant_type) then
      o_error[i] := 'unauthorized_client';
      o_reason[i] := 'the client is a draft';
    end if;
  end loop;
  if p_grant_type is not null then
    v_beyond := case when v_limited then pgrant_rules.rates_reached(p_tenant, o_client, o_error, p_address) end;
    for i in 1 .. coalesce(cardinality(v_beyond), 0) loop
      if v_beyond[i] then
        o_error[i] := 'too_many_attempts';
        o_reason[i] := 'token_rate reached';
      end if;
    end loop;
    v_possessions := pgrant_rules.keys_proven(p_tenant, o_client, o_error, p_possession);
    for i in 1 .. coalesce(cardinality(v_possessions), 0) loop
      o_cnf[i] := (v_possessions[i]).cnf;
      if o_error[i] is null then
        o_error[i] := (v_possessions[i]).error;
        o_reason[i] := (v_possessions[i]).reason;
        o_detail[i] := (v_possessions[i]).detail;
      end if;
    end loop;
  end if;
end
$$;

comment on function pgrant_rules.clients_authenticate(uuid, inet[], text[], text[], bytea[], jsonb[], jsonb[], text, boolean) is
  'Authenticates the client of each request (RFC 6749 2.3): none for a public one (unless p_confidential), a live secret for a confidential one, in the header or in the body alike (OAuth 2.1 2.4.1), an assertion that is used up by it (see client_assertion_refusal), or a certificate (see client_certificate_refusal); and for p_grant_type, where given. One element per request, in their order; o_error null = it is who it says; o_detail is what it may be told of its assertion or proof; o_cnf the keys that its tokens are to be bound to; a failure is for the caller to record, as client.authenticate. Errors: invalid_client, unauthorized_client; and where tokens are issued too_many_attempts (token_rate), invalid_dpop_proof, use_dpop_nonce, invalid_request.';

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
declare
  v_idle_expires_at constant timestamptz := now() + make_interval(secs => p_client.registered_idle_lifetime);
begin
  -- Whoever holds the client's row is removing it or notes the same: never wait for it while holding a grant.
  update pgrant.clients c
     set last_used_at = now(),
         expires_at = case when p_client.self_registered then v_idle_expires_at else c.expires_at end
    from (select l.client_id from pgrant.clients l
           where l.tenant_id = p_client.tenant_id and l.client_id = p_client.client_id
             for no key update skip locked) l
   where c.tenant_id = p_client.tenant_id and c.client_id = l.client_id;
end
$$;

comment on function pgrant_rules.client_use_note(pgrant_rules.client_policies) is
  'Notes that a client got a token, by which one that registered itself lives on; for one with use_due, which it has once a day.';
