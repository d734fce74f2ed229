-- Tokens that are issued, whatever the grant type: what is decided of each request of a set.

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
  successor_salt       bytea,
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
  exchanged_by         text[],
  grant_id             uuid
);

comment on type pgrant_api.tokens is 'What a token response is to contain. Times are epoch seconds.';
comment on column pgrant_api.tokens.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.tokens.audience is 'aud of the access token.';
comment on column pgrant_api.tokens.access_claims is 'What else the access token says: roles, permissions and tenant, under the names that the tenant has chosen; what its resources want of the person; and what its claims function adds.';
comment on column pgrant_api.tokens.refresh_token is 'Whether the refresh token that the web process proposed has been stored.';
comment on column pgrant_api.tokens.successor_salt is
  'On a replay what the successor that was given before is derived with from the token just presented; null = there was no replay.';
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
comment on column pgrant_api.tokens.exchanged_by is
  'Of one that was exchanged again: the clients between that one and client_id, the first one first; null = none.';
comment on column pgrant_api.tokens.grant_id is
  'What the client calls the grant (Grant Management 5.5); null where its request has said nothing of that.';
comment on column pgrant_api.tokens.act is 'Who acts for the person by the access token (RFC 8693 4.1); null = the client.';
comment on column pgrant_api.tokens.authorization_details is 'What the access token is good for beside scopes (RFC 9396 7); null = nothing.';

create function pgrant_rules.details_noted(p_details jsonb) returns jsonb
language sql stable
as $$ select case when p_details <> '[]' then jsonb_build_object('authorization_details', p_details) else '{}' end $$;

comment on function pgrant_rules.details_noted(jsonb) is 'What the audit keeps of authorization details; nothing where there are none.';

create function pgrant_rules.token_claims(
  p_roles_claim text, p_permissions_claim text, p_tenant_claim text, p_tenant_name text, p_roles text[]
) returns jsonb
language sql stable
as $$ select jsonb_build_object(p_roles_claim, p_roles, p_permissions_claim, p_roles, p_tenant_claim, p_tenant_name) $$;

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
  successor_salt       bytea,
  replay_until         timestamptz,
  idle_expires_at      timestamptz,
  details              jsonb,
  act                  jsonb,
  family_client_id     text,
  exchanged_by         text[],
  grant_management_action  text
);

comment on type pgrant_rules.token_decision is 'What is decided of request n at the token endpoint, before anything is done. error null = tokens are issued.';
comment on column pgrant_rules.token_decision.action is 'As it is recorded.';
comment on column pgrant_rules.token_decision.reason is 'Why it is refused; of a token for an API credential, another whose key has signed for it; of one for an identity assertion, its issuer.';
comment on column pgrant_rules.token_decision.user_id is 'The person: of the grant, or who made the API credential.';
comment on column pgrant_rules.token_decision.asked is 'The scopes that were asked for, where some of them are dropped, so that why is recorded; else null.';
comment on column pgrant_rules.token_decision.family_client_id is 'The client of the family that an exchanged token hangs on; null = client_id.';
comment on column pgrant_rules.token_decision.exchanged_by is 'The clients that exchanged between that one and client_id; null = none.';
comment on column pgrant_rules.token_decision.grant_management_action is
  'What the request of the code has said of the grant; null = nothing.';
comment on column pgrant_rules.token_decision.act is 'Who acts by the access token; null = the client.';
comment on column pgrant_rules.token_decision.details is 'The authorization details of the access token; null = none.';
comment on column pgrant_rules.token_decision.successor_salt is 'To be stored on a rotation, to be given back on a replay.';

create function pgrant_rules.decision_attribute(
  p_n bigint, p_request_id text, p_address inet, p_client_id text, p_error pgrant_api.error, p_reason text, p_detail text,
  inout p_decision pgrant_rules.token_decision
)
language plpgsql immutable
as $$
begin
  p_decision.n := p_n;
  p_decision.request_id := p_request_id;
  p_decision.address := p_address;
  p_decision.client_id := p_client_id;
  if p_error is not null then
    p_decision.action := 'client.authenticate';
    p_decision.error := p_error;
    p_decision.reason := p_reason;
    p_decision.detail := p_detail;
  end if;
end
$$;

comment on function pgrant_rules.decision_attribute(bigint, text, inet, text, pgrant_api.error, text, text, pgrant_rules.token_decision) is
  'Says of which request a decision is. p_error, p_reason and p_detail are of clients_authenticate, and decide where there is an error.';

create function pgrant_rules.access_token_decide(
  p_client pgrant_rules.client_policies, p_target pgrant_rules.target, p_until timestamptz,
  inout p_decision pgrant_rules.token_decision
)
language plpgsql stable
as $$
begin
  p_decision.audience := coalesce(p_target.audience, p_client.audience);
  p_decision.access_token_format := coalesce(p_target.access_token_format, p_client.access_token_format);
  p_decision.access_token_alg := coalesce(p_target.access_token_alg, p_client.access_token_alg);
  p_decision.access_token_typ := coalesce(p_target.access_token_typ, p_client.access_token_typ);
  if p_client.security_profile is not null and p_decision.access_token_format = 'jwt' and p_decision.access_token_alg = 'RS256'
     and p_decision.error is null then
    p_decision.error := 'invalid_target';
    p_decision.reason := 'the profile of the client forbids RS256, by which tokens of the resource are signed';
    p_decision.detail := p_decision.reason;
  end if;
  p_decision.access_expires_at := least(
    pgrant_rules.whole_second(now())
    + make_interval(secs => coalesce(p_target.access_token_lifetime, p_client.access_token_lifetime)), p_until);
end
$$;

comment on function pgrant_rules.access_token_decide(pgrant_rules.client_policies, pgrant_rules.target, timestamptz, pgrant_rules.token_decision) is
  'Adds what the access token is to be like: as its resources want it, else as its client does, and never beyond p_until (null = no other end). Errors: invalid_target (the profile of the client forbids how they are signed).';
