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
  asked_alg     text,
  cnf           jsonb,
  authorization_details  jsonb,
  act           jsonb
);

comment on type pgrant_api.introspection is 'The state of a token (RFC 7662 2.2). Everything else but response_alg and asked_alg is null where active is false.';
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
comment on column pgrant_api.introspection.asked_alg is
  'How the answer is signed where the client asks for a JWT and is registered for no alg: RS256 (RFC 9701 6), or the first of the tenant''s where its profile forbids that; null = none is left.';
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
     and (s.last_used_at is null or s.last_used_at < now() - interval '1 minute');
end
$$;

comment on function pgrant_rules.api_keys_note(uuid, bytea[]) is 'Notes the use of API credentials that were presented as bearer keys, to the minute.';

create function pgrant_rules.introspection_claims(
  p_tenant uuid, p_token pgrant_rules.live_token, p_audience text[], p_function text
) returns jsonb
language plpgsql
as $$
declare
  v_out jsonb := p_token.access_claims;
begin
  if p_token.audience <> p_audience then
    v_out := (pgrant_rules.token_shape(p_tenant, p_token.audience, p_token.user_id, p_token.scopes, p_token.access_claims)).claims || v_out;
  end if;
  if p_function is not null then
    v_out := pgrant_rules.custom_claims(p_tenant, p_function, p_token.user_id, p_token.client_id, p_token.scopes) || v_out;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.introspection_claims(uuid, pgrant_rules.live_token, text[], text) is
  'The claims of an access token beside those of RFC 7662. p_audience is what tokens have that are made for no resource; p_function adds some; null = none does.';

create function pgrant_rules.token_introspection(
  p_tenant uuid, p_token pgrant_rules.live_token, p_client pgrant_rules.client_policies, p_refresh_token boolean, p_function text
) returns pgrant_api.introspection
language sql
as $$
  select row(
    null, null, null, true,
    case when p_refresh_token then null when p_token.cnf ? 'jkt' then 'DPoP' else 'Bearer' end,
    p_token.client_id, coalesce(p_token.subject, p_token.client_id), p_token.username, p_token.scopes, p_token.audience,
    pgrant_rules.epoch(p_token.issued_at), case when isfinite(p_token.expires_at) then pgrant_rules.epoch(p_token.expires_at) end,
    pgrant_rules.epoch(p_token.auth_time), p_token.acr,
    case when not p_refresh_token and (p_token.audience <> p_client.audience or p_function is not null)
         then pgrant_rules.introspection_claims(p_tenant, p_token, p_client.audience, p_function)
         else p_token.access_claims end,
    p_token.grant_id, null, null, p_token.cnf, nullif(p_token.details, '[]'), p_token.act
  )::pgrant_api.introspection
$$;

comment on function pgrant_rules.token_introspection(uuid, pgrant_rules.live_token, pgrant_rules.client_policies, boolean, text) is
  'What a client is told of a token that is good (p_token of tokens_live) and that it may ask about. p_function adds claims to access tokens; null = none does.';

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
  v_asked_alg text;
  v_client pgrant_rules.client_policies;
  v_token pgrant_rules.live_token;
  v_out pgrant_api.introspection;
begin
  perform pgrant_rules.enter(p_tenant, null, null);
  v_auth := pgrant_rules.clients_authenticate(p_tenant, p_address, p_client_id, p_auth_method, p_secret_hash, p_assertion,
                                              p_possession, p_confidential => true);
  v_tokens := pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, p_access_hash, p_access_expires_at, p_jwt, p_handle_hash, p_refresh_hash, p_key_hash));
  if array_remove(p_key_hash, null) <> '{}' then
    perform pgrant_rules.api_keys_note(p_tenant, p_key_hash);
  end if;
  if array_remove(v_auth.o_error, null) <> '{}' then
    v_errors := pgrant_rules.audit_all(
      p_tenant, pgrant_rules.authentication_entries(p_request_id, p_address, p_client_id, v_auth.o_error, v_auth.o_reason));
  end if;
  for i in 1 .. cardinality(p_client_id) loop
    if i = 1 or p_client_id[i] is distinct from p_client_id[i - 1] then
      v_client := v_auth.o_client[i];
      v_function := case when 'access_token' = any (v_client.claims_function_targets) then v_client.claims_function end;
      v_asked_alg := case when 'RS256' = any (v_client.signing_algs) then 'RS256' else v_client.signing_algs[1] end;
    end if;
    v_token := v_tokens[i];
    v_out := null;
    if v_auth.o_error[i] is not null then
      v_out.error := v_errors[i];
      v_out.reason := v_auth.o_reason[i];
      v_out.detail := v_auth.o_detail[i];
    -- RFC 7662 4, RFC 9701 5: whoever registers as they please is nobody who may ask about the tokens of others, who is a
    -- resource server may about those that are for it; and a refresh token is its own client's business.
    elsif v_token.client_id = v_client.client_id
          or v_token.client_id is not null and p_handle_hash[i] is null and not v_client.third_party
             and (v_client.introspection_audience is null or v_token.audience && v_client.introspection_audience) then
      v_out := pgrant_rules.token_introspection(p_tenant, v_token, v_client, p_handle_hash[i] is not null, v_function);
    else
      v_out.active := false;
    end if;
    if v_auth.o_error[i] is null then
      v_out.response_alg := v_client.introspection_alg;
      v_out.asked_alg := v_asked_alg;
    end if;
    return next v_out;
  end loop;
end
$$;

comment on function pgrant_api.token_introspect(uuid, text[], inet[], text[], text[], bytea[], jsonb[], jsonb[], bytea[], bigint[], jsonb[], bytea[], bytea[], bytea[]) is
  'Introspects tokens (RFC 7662), a set of requests at once, for confidential clients of the tenant; a refresh token only for its own client, an access token of another for an introspection_audience. Exactly one of p_access_hash, p_jwt, p_handle_hash, p_key_hash (an API credential as a bearer key) names each, none = not a token of ours. Writes nothing but that an assertion or a key is used. Errors: invalid_client, too_many_attempts, flood.';
