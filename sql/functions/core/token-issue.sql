-- Tokens that are issued, whatever the grant type: stored, recorded, and told.

create type pgrant_rules.opaque_token as (
  token_hash             bytea,
  expires_at             timestamptz,
  client_id              text,
  user_id                uuid,
  family_id              uuid,
  family_expires_at      timestamptz,
  scopes                 text[],
  audience               text[],
  cnf                    jsonb,
  authorization_details  jsonb,
  act                    jsonb,
  family_client_id       text,
  exchanged_by           text[]
);

comment on type pgrant_rules.opaque_token is 'An opaque access token to be stored.';
comment on column pgrant_rules.opaque_token.token_hash is 'SHA-256 of the token.';
comment on column pgrant_rules.opaque_token.cnf is 'The key that it is bound to; null = none.';
comment on column pgrant_rules.opaque_token.act is 'Who acts by it; null = its client.';
comment on column pgrant_rules.opaque_token.family_client_id is
  'The client of the family that an exchanged token hangs on; null = client_id.';
comment on column pgrant_rules.opaque_token.exchanged_by is 'The clients between that one and client_id; null = none.';

create function pgrant_rules.access_tokens_store(p_tenant uuid, p_tokens pgrant_rules.opaque_token[], p_issued_at timestamptz)
returns void
language plpgsql
as $$
begin
  insert into pgrant.access_tokens (tenant_id, token_hash, expires_at, client_id, user_id, family_id, family_expires_at, scopes,
                                    audience, issued_at, cnf, authorization_details, act, family_client_id,
                                    exchanged_by)
  select p_tenant, t.token_hash, t.expires_at, t.client_id, t.user_id, t.family_id, t.family_expires_at, t.scopes, t.audience,
         p_issued_at, t.cnf, t.authorization_details, t.act, t.family_client_id,
         t.exchanged_by
    from unnest(p_tokens) t;
end
$$;

comment on function pgrant_rules.access_tokens_store(uuid, pgrant_rules.opaque_token[], timestamptz) is
  'Stores the opaque access tokens that are issued, each with the key that it is bound to.';

create function pgrant_rules.decision_entry(p_decision pgrant_rules.token_decision) returns pgrant_rules.audit_entry
language sql stable
as $$
  select row(
    p_decision.request_id, p_decision.address, p_decision.action, p_decision.error, p_decision.reason, p_decision.client_id,
    case when p_decision.grant_id is not null then p_decision.user_id end, p_decision.grant_id, p_decision.family_id,
    case when p_decision.error is not null then null
         when p_decision.action in ('code.redeem', 'token.exchange')
         then jsonb_strip_nulls(jsonb_build_object('scopes', p_decision.scopes, 'act', p_decision.act,
                                                   'exchanged_by', p_decision.exchanged_by,
                                                   'grant_management_action', p_decision.grant_management_action))
              || pgrant_rules.details_noted(p_decision.details)
         when p_decision.action = 'identity_assertion.redeem'
         then jsonb_build_object('scopes', p_decision.scopes, 'issuer', p_decision.reason)
         when p_decision.action = 'client_credentials.issue' and p_decision.reason is not null
         then jsonb_build_object('signed_by', p_decision.reason) end
  )::pgrant_rules.audit_entry
$$;

comment on function pgrant_rules.decision_entry(pgrant_rules.token_decision) is 'How a decision at the token endpoint is recorded.';

create function pgrant_rules.token_response(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_decision pgrant_rules.token_decision, p_cnf jsonb
) returns pgrant_api.tokens
language plpgsql
as $$
declare
  v_claims constant jsonb := pgrant_rules.token_claims(p_client.roles_claim, p_client.permissions_claim, p_client.tenant_claim,
                                                       p_client.tenant_name, p_decision.roles);
  v_id_token constant boolean := 'openid' = any (p_decision.scopes) and p_client.id_token_alg is not null;
  v_custom jsonb := jsonb_build_object();
  v_id_claims jsonb;
  v_shape pgrant_rules.token_shape;
begin
  if p_client.claims_function is not null and p_decision.family_id is not null
     and p_client.claims_function_targets && array['access_token', 'id_token'] then
    v_custom := pgrant_rules.custom_claims(p_tenant, p_client.claims_function, p_decision.user_id, p_decision.client_id,
                                           p_decision.scopes);
  end if;
  if v_id_token then
    v_id_claims := case when 'id_token' = any (p_client.claims_function_targets) then v_custom else '{}' end
      || pgrant_rules.claims_given(p_tenant, p_decision.user_id,
                                   case when p_client.id_token_claims then p_decision.scopes else '{}' end,
                                   p_decision.claims_id_token, v_claims) - 'sub';
  end if;
  -- The tenant's own audience has no more to say, and costs nothing.
  if p_decision.audience <> p_client.audience and p_decision.access_token_format = 'jwt' then
    v_shape := pgrant_rules.token_shape(p_tenant, p_decision.audience,
                                        case when p_decision.family_id is not null then p_decision.user_id end,
                                        p_decision.scopes, v_claims);
  end if;
  -- One expression, for each is set up anew in each transaction.
  return row(
    null, p_decision.reason, null, p_decision.client_id,
    case when p_decision.family_id is null then p_decision.client_id
         else pgrant_rules.client_subject(p_client, p_decision.user_id) end,
    p_decision.scopes, p_decision.audience, p_decision.access_token_format, p_decision.access_token_alg, p_decision.access_token_typ,
    case when 'access_token' = any (p_client.claims_function_targets) then v_custom else '{}' end
      || coalesce(v_shape.claims, '{}') || v_claims,
    pgrant_rules.epoch(pgrant_rules.whole_second(now())), pgrant_rules.epoch(p_decision.access_expires_at), p_decision.family_id,
    pgrant_rules.epoch(p_decision.auth_time), p_decision.acr, p_decision.amr, coalesce(p_decision.refresh_token, false),
    case p_decision.action when 'refresh.replay' then p_decision.successor_salt end,
    case when v_id_token then p_client.id_token_alg end,
    case when v_id_token then pgrant_rules.epoch(pgrant_rules.after(p_client.id_token_lifetime)) end, v_id_claims,
    p_decision.nonce, case when v_id_token then pgrant_rules.client_subject(p_client, p_decision.session_id) end,
    v_shape.access_token_scope, p_cnf, nullif(p_decision.details, '[]'), p_decision.act, p_decision.family_client_id,
    p_decision.exchanged_by, case when p_decision.grant_management_action is not null then p_decision.grant_id end
  )::pgrant_api.tokens;
end
$$;

comment on function pgrant_rules.token_response(uuid, pgrant_rules.client_policies, pgrant_rules.token_decision, jsonb) is
  'What the answer to a request that was granted is to contain; an ID token (OpenID Connect Core 2) where openid is among the scopes. p_cnf = the keys that the client has proven.';

create function pgrant_rules.tokens_issue(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_decisions pgrant_rules.token_decision[], p_cnf jsonb[]
) returns setof pgrant_api.tokens
language plpgsql
as $$
declare
  v_decision pgrant_rules.token_decision;
  v_client pgrant_rules.client_policies;
  v_entries pgrant_rules.audit_entry[];
  v_errors pgrant_api.error[];
  v_tokens pgrant_rules.opaque_token[] := array[]::pgrant_rules.opaque_token[];
  v_out pgrant_api.tokens;
begin
  for i in 1 .. cardinality(p_decisions) loop
    v_decision := p_decisions[i];
    if i = 1 or v_decision.client_id is distinct from v_client.client_id then
      v_client := p_client[i];
    end if;
    if v_decision.error is null and v_decision.access_token_format = 'opaque' then
      v_tokens := v_tokens || row(
        v_decision.access_hash, v_decision.access_expires_at, v_decision.client_id,
        case when v_decision.family_id is not null then v_decision.user_id end, v_decision.family_id, v_decision.family_expires_at,
        v_decision.scopes, v_decision.audience, p_cnf[i], coalesce(v_decision.details, '[]'), v_decision.act,
        v_decision.family_client_id, v_decision.exchanged_by)::pgrant_rules.opaque_token;
    end if;
    if v_client.use_due and v_decision.error is null then
      perform pgrant_rules.client_use_note(v_client);
    end if;
    if v_decision.asked is not null then
      perform pgrant_rules.scope_refuse(p_tenant, v_decision.client_id, v_decision.user_id, v_client.scopes, v_decision.asked,
                                        v_decision.consented);
    end if;
    v_entries[i] := pgrant_rules.decision_entry(v_decision);
  end loop;
  if cardinality(v_tokens) > 0 then
    perform pgrant_rules.access_tokens_store(p_tenant, v_tokens, pgrant_rules.whole_second(now()));
  end if;
  v_errors := pgrant_rules.audit_all(p_tenant, v_entries);
  for i in 1 .. cardinality(p_decisions) loop
    v_decision := p_decisions[i];
    if i = 1 or v_decision.client_id is distinct from v_client.client_id then
      v_client := p_client[i];
    end if;
    if v_decision.error is null then
      v_out := pgrant_rules.token_response(p_tenant, v_client, v_decision, p_cnf[i]);
    else
      v_out := null;
      v_out.error := v_errors[i];
      v_out.reason := v_decision.reason;
      v_out.detail := v_decision.detail;
      v_out.refresh_token := false;
    end if;
    return next v_out;
  end loop;
end
$$;

comment on function pgrant_rules.tokens_issue(uuid, pgrant_rules.client_policies[], pgrant_rules.token_decision[], jsonb[]) is
  'Does what every grant type has in common: stores opaque access tokens, which never outlive their family, lets clients that registered themselves live on, records decisions and dropped scopes. Returns what each response is to contain. p_client are the clients of the requests, p_cnf the keys that they have proven, in the same order.';
