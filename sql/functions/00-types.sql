-- What the functions of pgrant_api return: first the error, then the reason, then the answer.

-- Every function of pgrant_api and pgrant_ops says set search_path = pg_catalog, pg_temp. An empty path would have
-- PostgreSQL look into pg_temp first, where a caller can make a domain named text whose check then runs as the definer.

-- Nothing that is made from here on may be executed by PUBLIC.
alter default privileges revoke execute on functions from public;

create type pgrant_api.error as enum (
  -- RFC 6749 4.1.2.1 and 5.2
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type',
  'unsupported_response_type', 'invalid_scope', 'access_denied', 'temporarily_unavailable', 'server_error',
  -- RFC 6750 3.1
  'invalid_token', 'insufficient_scope',
  -- RFC 8707 2
  'invalid_target',
  -- RFC 7591 3.2.2
  'invalid_client_metadata', 'invalid_software_statement', 'unapproved_software_statement',
  -- OpenID Connect Core 3.1.2.6, OpenID Connect Core Error Code unmet_authentication_requirements 1.0
  'login_required', 'unmet_authentication_requirements', 'consent_required', 'interaction_required', 'account_selection_required',
  'request_not_supported', 'request_uri_not_supported', 'registration_not_supported',
  -- Shown to a person, never sent to a client
  'unknown_client', 'invalid_redirect_uri', 'expired_request', 'wrong_password', 'too_many_attempts',
  'csrf_mismatch', 'not_found', 'unknown_account', 'upstream_failed',
  -- As too_many_attempts, and the web process is to answer so itself until the minute is over
  'flood'
);

comment on type pgrant_api.error is 'Error codes; null means that the request is granted.';

create type pgrant_api.tenant as (
  error      pgrant_api.error,
  reason     text,
  tenant_id  uuid,
  issuer     text,
  title      text,
  path       text,
  disabled   boolean
);

comment on type pgrant_api.tenant is 'The tenant that answers under a host and path.';
comment on column pgrant_api.tenant.path is 'Path of the issuer: the part of the asked path that names the tenant.';

create type pgrant_api.tenant_facts as (
  error                pgrant_api.error,
  reason               text,
  title                text,
  scopes               text[],
  registration         text,
  client_documents     text,
  refresh_lifetime     integer,
  session_lifetime     integer
);

comment on type pgrant_api.tenant_facts is 'What the web process says of a tenant in metadata and on pages.';

create type pgrant_api.signing_keys as (
  error   pgrant_api.error,
  reason  text,
  keys    jsonb
);

comment on type pgrant_api.signing_keys is 'The keys of a tenant.';
comment on column pgrant_api.signing_keys.keys is
  'Array of {kid, alg, public_jwk, sealed_private (base64), active_at, expires_at (epoch seconds, null = not known yet)}, youngest first.';

create type pgrant_api.authorization as (
  error               pgrant_api.error,
  reason              text,
  next                text,
  request_expires_at  bigint,
  redirect_uri        text,
  response_mode       text,
  state               text,
  response_error      pgrant_api.error,
  response_reason     text,
  response_detail     text,
  code_expires_at     bigint,
  page                jsonb,
  login_url           text,
  session_expires_at  bigint,
  untrusted           boolean
);

comment on type pgrant_api.authorization is 'Where an authorization request stands. error = show a page and do not redirect; response_error = redirect with it.';
comment on column pgrant_api.authorization.next is 'respond = answer the client; continue = send the browser to the request; login or consent = show that page; document = fetch the document at the client_id and ask again.';
comment on column pgrant_api.authorization.response_detail is
  'What the client may be told besides the code of the error, e.g. the name of an unknown scope; with error, what the page tells its developers; null = nothing.';
comment on column pgrant_api.authorization.page is
  'With next = login or consent or respond: {client_id, client_name, redirect_uri, username, login_hint, other_person (who is signed in, where id_token_hint names another), resources: [{resource, title}], scopes: [{scope, title, description, sensitive, granted}], claims: [name], upstreams: [{name, title, linked}]}; null with respond, unless untrusted: then no more than who the client is.';

create type pgrant_api.origin as (
  error    pgrant_api.error,
  reason   text,
  allowed  boolean
);

comment on type pgrant_api.origin is 'Whether programs of a web origin may read answers.';

comment on column pgrant_api.authorization.login_url is
  'With next = login: the product''s own login page, to which the browser goes instead; null = the page here.';
comment on column pgrant_api.authorization.session_expires_at is 'Epoch seconds; null where the call has started no session.';
comment on column pgrant_api.authorization.request_expires_at is
  'With next = continue or login or consent: epoch seconds, in the handle of the request.';
comment on column pgrant_api.authorization.redirect_uri is 'With next = respond: where the answer goes.';
comment on column pgrant_api.authorization.response_mode is 'With next = respond: query or form_post.';
comment on column pgrant_api.authorization.state is 'What the client sent; null where it sent none.';
comment on column pgrant_api.authorization.response_error is 'The error that the client is told; null = it gets a code.';
comment on column pgrant_api.authorization.response_reason is 'Why, for log and audit only; null without response_error.';
comment on column pgrant_api.authorization.code_expires_at is 'Epoch seconds; null without a code.';
comment on column pgrant_api.authorization.untrusted is
  'With next = respond: true = nobody vouches for the client and this person has never allowed it. They are told on a page, with client_id, client_name and client of page, and go on only if they choose to. Null without response_error.';

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
  session_id           uuid
);

comment on type pgrant_api.tokens is 'What a token response is to contain. Times are epoch seconds.';
comment on column pgrant_api.tokens.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.tokens.audience is 'aud of the access token.';
comment on column pgrant_api.tokens.access_claims is 'What else the access token says: roles, permissions and tenant, under the names that the tenant has chosen.';
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
comment on column pgrant_api.tokens.session_id is 'sid of the ID token; null without a browser session.';

create type pgrant_api.introspection as (
  error       pgrant_api.error,
  reason      text,
  detail      text,
  active      boolean,
  token_type  text,
  client_id   text,
  subject     text,
  username    text,
  scopes      text[],
  audience    text[],
  issued_at   bigint,
  expires_at  bigint,
  auth_time   bigint,
  acr         text,
  claims      jsonb
);

comment on type pgrant_api.introspection is 'The state of a token (RFC 7662 2.2). Everything else is null where active is false.';
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
comment on column pgrant_api.introspection.claims is
  'With active = true: roles, permissions and tenant; null where the token is no access token.';
comment on column pgrant_api.introspection.detail is 'What the client may be told besides the code of the error.';

create type pgrant_api.userinfo as (
  error   pgrant_api.error,
  reason  text,
  claims  jsonb,
  client_id text,
  alg     text
);

comment on type pgrant_api.userinfo is 'Claims about the person (OpenID Connect Core 5.3).';
comment on column pgrant_api.userinfo.alg is 'How they are signed for the client; null = they are not.';

create type pgrant_api.done as (
  error   pgrant_api.error,
  reason  text
);

comment on type pgrant_api.done is 'Done, unless there is an error.';

create type pgrant_api.logout as (
  error                   pgrant_api.error,
  reason                  text,
  next                    text,
  redirect_uri            text,
  username                text,
  confirmed_redirect_uri  text
);

comment on type pgrant_api.logout is 'Where a logout stands.';
comment on column pgrant_api.logout.next is 'redirect = to redirect_uri; confirm = ask the person first; done = show the logged-out page.';
comment on column pgrant_api.logout.redirect_uri is 'With next = redirect: where the browser goes.';
comment on column pgrant_api.logout.username is 'Whose session it is; null = nobody is signed in.';
comment on column pgrant_api.logout.confirmed_redirect_uri is 'With confirm: where the browser goes if the person says yes; null = nowhere.';

create type pgrant_api.consents as (
  error     pgrant_api.error,
  reason    text,
  username  text,
  consents  jsonb,
  upstreams jsonb
);

comment on type pgrant_api.consents is 'The grants of the signed-in person.';
comment on column pgrant_api.consents.upstreams is 'Array of {name, title, linked}: where else the person may sign in.';
comment on column pgrant_api.consents.consents is
  'Array of {grant_id, client_id, client_name, scopes: [{scope, title}], created_at, consented_at, consent_expires_at, last_used_at}; times ISO 8601 in UTC, null = never.';
