-- Introspection (RFC 7662).

create type pgrant_api.introspection as (
  error         pgrant_api.error,
  reason        text,
  detail        text,
  active        boolean,
  token_type    text,
  client_id     text,
  subject       text,
  username      text,
  scopes        text[],
  audience      text[],
  issued_at     bigint,
  expires_at    bigint,
  auth_time     bigint,
  acr           text,
  claims        jsonb,
  grant_id      uuid,
  response_alg  text,
  cnf           jsonb,
  authorization_details  jsonb,
  act           jsonb
);

comment on type pgrant_api.introspection is 'The state of a token (RFC 7662 2.2). Everything else but response_alg is null where active is false.';
comment on column pgrant_api.introspection.token_type is 'With active = true: token_type; null where a token has none.';
comment on column pgrant_api.introspection.client_id is 'With active = true: whose token it is.';
comment on column pgrant_api.introspection.subject is 'With active = true: the person, or the client itself.';
comment on column pgrant_api.introspection.username is 'With active = true: the name of the person; null where there is none.';
comment on column pgrant_api.introspection.scopes is 'With active = true: what is effective now.';
comment on column pgrant_api.introspection.audience is 'With active = true: aud; null where the token has none.';
comment on column pgrant_api.introspection.issued_at is 'With active = true: epoch seconds; null = not known.';
comment on column pgrant_api.introspection.expires_at is 'With active = true: epoch seconds; null = never.';
comment on column pgrant_api.introspection.auth_time is 'With active = true: when the person signed in; null without a person.';
comment on column pgrant_api.introspection.acr is 'With active = true: how the person signed in; null = nobody said.';
comment on column pgrant_api.introspection.grant_id is 'With active = true: what the person allowed, by which events can be matched; null without a person.';
comment on column pgrant_api.introspection.claims is
  'With active = true: roles, permissions and tenant, and what its resources want of the person; null where the token is no access token.';
comment on column pgrant_api.introspection.response_alg is
  'How the answer is signed for the client that asks (RFC 9701 6); null = as it asks for.';
comment on column pgrant_api.introspection.cnf is
  'With active = true: the key that it is bound to (RFC 9449 6.2, RFC 8705 3.2); null = it is bound to none.';
comment on column pgrant_api.introspection.detail is 'What the client may be told besides the code of the error; null = nothing.';

comment on column pgrant_api.introspection.act is
  'With active = true: who acts for the person (RFC 8693 4.1); null = its client.';
comment on column pgrant_api.introspection.authorization_details is
  'With active = true: what it is good for beside scopes (RFC 9396 9.2); null = nothing.';

create function pgrant_rules.api_keys_note(p_tenant uuid, p_key_hash bytea[]) returns void
language plpgsql
as $$
begin
  update pgrant.client_secrets s
     set last_used_at = now()
   where s.tenant_id = p_tenant
     and s.secret_hash = any (p_key_hash)
     and coalesce(s.last_used_at < now() - interval '1 minute', true);
end
$$;

comment on function pgrant_rules.api_keys_note(uuid, bytea[]) is 'Notes the use of API credentials that were presented as bearer keys, to the minute.';

create function pgrant_api.token_introspect(
  p_tenant uuid, p_request_id text[], p_address inet[],
  p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[], p_possession jsonb[],
  p_access_hash bytea[], p_access_expires_at bigint[], p_jwt jsonb[], p_handle_hash bytea[], p_refresh_hash bytea[],
  p_key_hash bytea[]
) returns setof pgrant_api.introspection
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_auth record;
  v_errors pgrant_api.error[];
  v_tokens pgrant_rules.live_token[];
  v_function text;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  select t.claims_function into v_function
    from pgrant.tenants t where t.tenant_id = p_tenant and 'access_token' = any (t.claims_function_targets);
  select a.* into v_auth
    from pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash,
                                           p_assertion, p_possession, p_confidential => true) a;
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, p_access_hash, p_access_expires_at, p_jwt, p_handle_hash, p_refresh_hash, p_key_hash));
  if array_remove(p_key_hash, null) <> '{}' then
    perform pgrant_rules.api_keys_note(p_tenant, p_key_hash);
  end if;
  v_errors := pgrant_rules.audit_all(
    p_tenant, pgrant_rules.authentication_entries(p_request_id, p_address, p_client_id, v_auth.o_error, v_auth.o_reason));
  return query
  select q.error, q.reason, q.detail, case when q.error is null then a.active end,
         case when a.active and q.handle_hash is null then case when t.cnf ? 'jkt' then 'DPoP' else 'Bearer' end end,
         t.client_id, coalesce(t.subject, t.client_id), t.username, t.scopes, t.audience,
         pgrant_rules.epoch(t.issued_at), case when isfinite(t.expires_at) then pgrant_rules.epoch(t.expires_at) end,
         pgrant_rules.epoch(t.auth_time), t.acr,
         case when v_function is null or q.handle_hash is not null then '{}'
              else pgrant_rules.custom_claims(p_tenant, v_function, t.user_id, t.client_id, t.scopes) end
         || case when t.audience <> c.audience and q.handle_hash is null
                 then (pgrant_rules.token_shape(p_tenant, t.audience, t.user_id, t.scopes, t.access_claims)).claims else '{}' end
         || t.access_claims, t.grant_id, c.introspection_alg, t.cnf, nullif(t.details, '[]'), t.act
    from unnest(p_client_id, v_errors, v_auth.o_reason, v_auth.o_detail, p_handle_hash)
         with ordinality q (client_id, error, reason, detail, handle_hash, n)
    join unnest(v_auth.o_client) with ordinality c on c.ordinality = q.n
   cross join lateral (
         -- RFC 7662 4: whoever registers as they please is nobody who may ask about the tokens of others; and a refresh token
         -- is its own client's business.
         select q.error is null
                and coalesce((v_tokens[q.n]).client_id = q.client_id
                             or (v_tokens[q.n]).client_id is not null and q.handle_hash is null and not c.self_registered, false)
                as active) a
    left join unnest(v_tokens) with ordinality t on t.ordinality = q.n and a.active
   order by q.n;
end
$$;

comment on function pgrant_api.token_introspect(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bigint[], jsonb[], bytea[], bytea[], bytea[]) is
  'Introspects tokens (RFC 7662), a set of requests at once, for confidential clients of the tenant; a refresh token only for its own client. Exactly one of p_access_hash, p_jwt, p_handle_hash, p_key_hash (an API credential as a bearer key) names each, none = not a token of ours. Writes nothing but that an assertion or a key is used. Errors: invalid_client, too_many_attempts, flood.';
