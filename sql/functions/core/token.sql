-- Tokens that are issued, whatever the grant type: what is decided of each request of a set, and what that does.

create type pgrant_api.tokens as (
  error                pgrant_api.error,
  reason               text,
  detail               text,
  client_id            text,
  subject              text,
  scopes               text[],
  audience             text[],
  access_token_format  text,
  access_token_alg     text,
  access_token_typ     text,
  access_claims        jsonb,
  issued_at            bigint,
  access_expires_at    bigint,
  family_id            uuid,
  auth_time            bigint,
  acr                  text,
  amr                  text[],
  refresh_token        boolean,
  sealed_successor     bytea,
  id_token_alg         text,
  id_expires_at        bigint,
  id_claims            jsonb,
  nonce                text,
  sid                  text,
  access_token_scope   text,
  cnf                  jsonb,
  authorization_details  jsonb,
  act                  jsonb,
  family_client_id     text,
  grant_id             uuid
);

comment on type pgrant_api.tokens is 'What a token response is to contain. Times are epoch seconds.';
comment on column pgrant_api.tokens.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.tokens.audience is 'aud of the access token.';
comment on column pgrant_api.tokens.access_claims is 'What else the access token says: roles, permissions and tenant, under the names that the tenant has chosen; what its resources want of the person; and what its claims function adds.';
comment on column pgrant_api.tokens.refresh_token is 'Whether the refresh token that the web process proposed has been stored.';
comment on column pgrant_api.tokens.sealed_successor is
  'On a replay the successor that was given before, to be opened with the token just presented; null = there was no replay.';
comment on column pgrant_api.tokens.id_token_alg is 'How the ID token is signed; null where no ID token is due.';
comment on column pgrant_api.tokens.family_id is 'What revokes it with others; null for a client''s own token.';
comment on column pgrant_api.tokens.auth_time is 'When the person signed in; null without a person.';
comment on column pgrant_api.tokens.acr is 'How the person signed in; null = nobody said.';
comment on column pgrant_api.tokens.amr is 'By which methods; null = nobody said.';
comment on column pgrant_api.tokens.id_expires_at is 'When the ID token expires; null where none is due.';
comment on column pgrant_api.tokens.id_claims is 'What else the ID token says; null where none is due.';
comment on column pgrant_api.tokens.nonce is 'As the client sent it; null where it sent none.';
comment on column pgrant_api.tokens.access_token_scope is 'array = scope of a JWT is an array; null = a string (RFC 9068 2.2.3).';
comment on column pgrant_api.tokens.sid is 'What the client calls the session, in the ID token; null where none is due, or without a browser session.';
comment on column pgrant_api.tokens.cnf is 'The key that the access token is bound to (RFC 7800 3.1): {jkt}, {x5t#S256}, or both; null = a bearer token.';

comment on column pgrant_api.tokens.family_client_id is 'Of one that was exchanged: the client of its family; null = client_id.';
comment on column pgrant_api.tokens.grant_id is
  'What the client calls the grant (Grant Management 5.5); null where its request has said nothing of that.';
comment on column pgrant_api.tokens.act is 'Who acts for the person by the access token (RFC 8693 4.1); null = the client.';
comment on column pgrant_api.tokens.authorization_details is 'What the access token is good for beside scopes (RFC 9396 7); null = nothing.';

create function pgrant_rules.details_noted(p_details jsonb) returns jsonb
language sql immutable
as $$ select case when p_details <> '[]' then jsonb_build_object('authorization_details', p_details) else '{}' end $$;

comment on function pgrant_rules.details_noted(jsonb) is 'What the audit keeps of authorization details; nothing where there are none.';

create function pgrant_rules.token_claims(
  p_roles_claim text, p_permissions_claim text, p_tenant_claim text, p_tenant_name text, p_roles text[]
) returns jsonb
language sql stable
as $$
  select jsonb_build_object(p_roles_claim, p_roles, p_permissions_claim, p_roles, p_tenant_claim, p_tenant_name)
$$;

comment on function pgrant_rules.token_claims(text, text, text, text, text[]) is
  'What an access token says besides the registered claims, under the names that the tenant has chosen: the roles that it may use, twice, because a role is a permission and clients look for either name; and the tenant.';

create type pgrant_rules.token_decision as (
  n                    bigint,
  request_id           text,
  address              inet,
  action               text,
  error                pgrant_api.error,
  reason               text,
  detail               text,
  client_id            text,
  user_id              uuid,
  grant_id             uuid,
  family_id            uuid,
  family_expires_at    timestamptz,
  session_id           uuid,
  auth_time            timestamptz,
  acr                  text,
  amr                  text[],
  nonce                text,
  claims_id_token      text[],
  asked                text[],
  consented            text[],
  scopes               text[],
  roles                text[],
  audience             text[],
  access_token_format  text,
  access_token_alg     text,
  access_token_typ     text,
  access_hash          bytea,
  access_expires_at    timestamptz,
  refresh_token        boolean,
  successor_hash       bytea,
  sealed_successor     bytea,
  replay_until         timestamptz,
  idle_expires_at      timestamptz,
  details              jsonb,
  act                  jsonb,
  family_client_id     text,
  grant_management_action  text
);

comment on type pgrant_rules.token_decision is 'What is decided of request n at the token endpoint, before anything is done. error null = tokens are issued.';
comment on column pgrant_rules.token_decision.action is 'As it is recorded.';
comment on column pgrant_rules.token_decision.reason is 'Why it is refused; of a token for an API credential, another whose key has signed for it.';
comment on column pgrant_rules.token_decision.user_id is 'The person: of the grant, or who made the API credential.';
comment on column pgrant_rules.token_decision.asked is 'The scopes that were asked for, where some of them are dropped, so that why is recorded; else null.';
comment on column pgrant_rules.token_decision.family_client_id is 'The client of the family that an exchanged token hangs on; null = client_id.';
comment on column pgrant_rules.token_decision.grant_management_action is
  'What the request of the code has said of the grant; null = nothing.';
comment on column pgrant_rules.token_decision.act is 'Who acts by the access token; null = the client.';
comment on column pgrant_rules.token_decision.details is 'The authorization details of the access token; null = none.';
comment on column pgrant_rules.token_decision.sealed_successor is 'To be stored on a rotation, to be given back on a replay.';

create function pgrant_rules.access_tokens_store(
  p_tenant uuid, p_decisions pgrant_rules.token_decision[], p_cnf jsonb[], p_issued_at timestamptz
) returns void
language plpgsql
as $$
begin
  insert into pgrant.access_tokens (tenant_id, token_hash, expires_at, client_id, user_id, family_id, family_expires_at, scopes,
                                    audience, issued_at, cnf, authorization_details, act, family_client_id)
  select p_tenant, d.access_hash, d.access_expires_at, d.client_id, case when d.family_id is not null then d.user_id end,
         d.family_id, d.family_expires_at, d.scopes, d.audience, p_issued_at, p_cnf[d.n], coalesce(d.details, '[]'), d.act,
         d.family_client_id
    from unnest(p_decisions) d
   where d.error is null and d.access_token_format = 'opaque';
end
$$;

comment on function pgrant_rules.access_tokens_store(uuid, pgrant_rules.token_decision[], jsonb[], timestamptz) is
  'Stores the opaque access tokens that are issued, each with the key that it is bound to.';

create function pgrant_rules.tokens_issue(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_decisions pgrant_rules.token_decision[], p_cnf jsonb[]
) returns setof pgrant_api.tokens
language plpgsql
as $$
declare
  v_decision pgrant_rules.token_decision;
  v_client pgrant_rules.client_policies;
  v_errors pgrant_api.error[];
  v_issued_at timestamptz := pgrant_rules.whole_second(now());
begin
  perform pgrant_rules.access_tokens_store(p_tenant, p_decisions, p_cnf, v_issued_at);

  for v_decision in
    select d.* from unnest(p_decisions) d join unnest(p_client) with ordinality c on c.ordinality = d.n
     where d.asked is not null or c.use_due and d.error is null
     order by d.n
  loop
    v_client := p_client[v_decision.n];
    if v_client.use_due and v_decision.error is null then
      perform pgrant_rules.client_use_note(v_client);
    end if;
    if v_decision.asked is not null then
      perform pgrant_rules.scope_refuse(p_tenant, v_decision.client_id, v_decision.user_id, v_client.scopes, v_decision.asked,
                                        v_decision.consented);
    end if;
  end loop;
  v_errors := pgrant_rules.audit_all(p_tenant, array(
    select row(d.request_id, d.address, d.action, d.error, d.reason, d.client_id,
               case when d.grant_id is not null then d.user_id end, d.grant_id, d.family_id,
               case when d.action in ('code.redeem', 'token.exchange') and d.error is null
                    then jsonb_strip_nulls(jsonb_build_object('scopes', d.scopes, 'act', d.act,
                                                            'grant_management_action', d.grant_management_action))
                         || pgrant_rules.details_noted(d.details)
                    when d.action = 'client_credentials.issue' and d.error is null and d.reason is not null
                    then jsonb_build_object('signed_by', d.reason) end)::pgrant_rules.audit_entry
      from unnest(p_decisions) d
     order by d.n));

  return query
  select v_errors[q.n], q.reason, case when q.error is not null then q.detail end, d.client_id,
         case when d.family_id is null then d.client_id
              else pgrant_rules.subject(c.subject_type, c.pairwise_salt, c.client_id, c.sector_identifier_uri, c.redirect_uris,
                                        d.user_id) end, d.scopes, d.audience,
         d.access_token_format, d.access_token_alg, d.access_token_typ,
         case when 'access_token' = any (c.claims_function_targets) then x.claims else '{}' end
         || coalesce((s.shape).claims, '{}') || a.claims,
         case when d.n is not null then pgrant_rules.epoch(v_issued_at) end, pgrant_rules.epoch(d.access_expires_at),
         d.family_id, pgrant_rules.epoch(d.auth_time), d.acr, d.amr, coalesce(d.refresh_token, false),
         case when d.action = 'refresh.replay' then d.sealed_successor end,
         i.alg, case when i.alg is not null then pgrant_rules.epoch(pgrant_rules.after(c.id_token_lifetime)) end,
         case when i.alg is not null then
           case when 'id_token' = any (c.claims_function_targets) then x.claims else '{}' end
           || pgrant_rules.claims_given(p_tenant, d.user_id, case when c.id_token_claims then d.scopes else '{}' end, d.claims_id_token,
                                     a.claims) - 'sub' end,
         d.nonce,
         case when i.alg is not null then
           pgrant_rules.subject(c.subject_type, c.pairwise_salt, c.client_id, c.sector_identifier_uri, c.redirect_uris, d.session_id) end,
         (s.shape).access_token_scope,
         p_cnf[d.n], nullif(d.details, '[]'), d.act, d.family_client_id, case when d.grant_management_action is not null then d.grant_id end
    from unnest(p_decisions) q
    left join unnest(p_decisions) d on d.n = q.n and d.error is null
    left join unnest(p_client) with ordinality c on c.ordinality = d.n
   cross join lateral (select case when 'openid' = any (d.scopes) then c.id_token_alg end as alg) i
   cross join lateral (
     select case when d.n is not null then
       pgrant_rules.token_claims(c.roles_claim, c.permissions_claim, c.tenant_claim, c.tenant_name, d.roles) end as claims) a
   cross join lateral (
     select case when c.claims_function is not null and d.family_id is not null
                      and c.claims_function_targets && array['access_token', 'id_token']
                 then pgrant_rules.custom_claims(p_tenant, c.claims_function, d.user_id, d.client_id, d.scopes)
                 else jsonb_build_object() end as claims) x
   cross join lateral (
     -- The tenant's own audience has no more to say, and costs nothing.
     select case when d.audience <> c.audience and d.access_token_format = 'jwt' then
       pgrant_rules.token_shape(p_tenant, d.audience, case when d.family_id is not null then d.user_id end, d.scopes, a.claims)
            end as shape) s
   order by q.n;
end
$$;

comment on function pgrant_rules.tokens_issue(uuid, pgrant_rules.client_policies[], pgrant_rules.token_decision[], jsonb[]) is
  'Does what every grant type has in common: stores opaque access tokens, which never outlive their family, lets clients that registered themselves live on, records decisions and dropped scopes. Returns what each response is to contain; an ID token (OpenID Connect Core 2) where openid is among the scopes. p_client are the clients of the requests, p_cnf the keys that they have proven, in the same order.';
