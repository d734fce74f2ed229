-- What the functions of the core hand to each other, where more than one does.

create type pgrant_api.authorization as (
  error               pgrant_api.error,
  reason              text,
  next                text,
  request_expires_at  bigint,
  redirect_uri        text,
  response_mode       text,
  response_alg        text,
  response_audience   text,
  state               text,
  response_error      pgrant_api.error,
  response_reason     text,
  response_detail     text,
  code_expires_at     bigint,
  page                jsonb,
  login_url           text,
  session_expires_at  bigint,
  untrusted           boolean,
  watched_client_id   text
);

comment on type pgrant_api.authorization is 'Where an authorization request stands. error = show a page and do not redirect; response_error = redirect with it.';
comment on column pgrant_api.authorization.next is 'respond = answer the client; continue = send the browser to the request; login or second_factor or account or consent = show that page; document = fetch the document at the client_id and ask again.';
comment on column pgrant_api.authorization.response_detail is
  'What the client may be told besides the code of the error, e.g. the name of an unknown scope; with error, what the page tells its developers; null = nothing.';
comment on column pgrant_api.authorization.page is
  'With next = login or second_factor or account or consent or respond: {client_id, client_name, client_logo (SHA-256 of its logo, null = none), client (as of client_presentation), device (as of device_presentation, null = none waits), redirect_uri, username, login_hint, other_person (who is signed in, where id_token_hint names another), resources: [{resource, title}], ui_locales, consent_until (ISO 8601 in UTC, null = for good), scopes: [{scope, title, description, texts: {language: {title, description}}, sensitive, granted}], authorization_details: [{type, title, text}], claims: [name], choice (whether people may allow less), create (whether the client asks for a new account), upstreams: [{name, title, linked}], second_factor (with next = login or second_factor: as of second_factor_page, null = none are shown here), replaced: {scopes, resources, authorization_details, claims} (what goes away where a grant is replaced; null = none is)}; null with respond, unless untrusted: then no more than who the client is, and ui_locales.';
comment on column pgrant_api.authorization.login_url is
  'With next = login: the product''s own login page, to which the browser goes instead; null = the page here.';
comment on column pgrant_api.authorization.session_expires_at is 'Epoch seconds; null where the call has started no session.';
comment on column pgrant_api.authorization.request_expires_at is
  'With next = continue or login or second_factor or account or consent: epoch seconds, in the handle of the request.';
comment on column pgrant_api.authorization.redirect_uri is 'With next = respond: where the answer goes.';
comment on column pgrant_api.authorization.response_mode is
  'With next = respond: query, fragment, form_post, query.jwt, fragment.jwt or form_post.jwt.';
comment on column pgrant_api.authorization.response_alg is
  'With next = respond: the alg that signs the answer (JARM 2.1); null where the response_mode has no jwt.';
comment on column pgrant_api.authorization.response_audience is
  'With next = respond: the aud of a signed answer, which is the client; null where the response_mode has no jwt.';
comment on column pgrant_api.authorization.state is 'What the client sent; null where it sent none.';
comment on column pgrant_api.authorization.response_error is 'The error that the client is told; null = it gets a code.';
comment on column pgrant_api.authorization.response_reason is 'Why, for log and audit only; null without response_error.';
comment on column pgrant_api.authorization.code_expires_at is 'Epoch seconds; null without a code.';
comment on column pgrant_api.authorization.watched_client_id is
  'With next = respond: the client that is told session_state (OpenID Connect Session Management 2); null = none is.';
comment on column pgrant_api.authorization.untrusted is
  'With next = respond: true = nobody vouches for the client and this person has never allowed it. They are told on a page, with client_id, client_name and client of page, and go on only if they choose to. Null without response_error.';

create type pgrant_api.authorization_parameters as (
  response_mode    text,
  state            text,
  nonce            text,
  code_challenge   text,
  scopes           text[],
  prompt           text[],
  max_age          integer,
  hint_sub         text,
  login_hint       text,
  acr_values       text[],
  essential_acr    text[],
  claims_id_token  text[],
  claims_userinfo  text[],
  ui_locales       text[],
  resources        text[],
  dpop_jkt         text,
  authorization_details  jsonb,
  grant_management_action  text,
  grant_id         uuid
);

comment on type pgrant_api.authorization_parameters is
  'What an authorization request asks for, well-formed, as the web process hands it on in JSON; named as in pgrant.authorization_requests.';
comment on column pgrant_api.authorization_parameters.response_mode is
  'query, fragment, form_post, query.jwt, fragment.jwt or form_post.jwt.';
comment on column pgrant_api.authorization_parameters.state is 'What the client sent; null where it sent none.';
comment on column pgrant_api.authorization_parameters.nonce is 'For the ID token; null where the client sent none.';
comment on column pgrant_api.authorization_parameters.code_challenge is 'S256 of the verifier (RFC 7636 4.2); null where the client sent none.';
comment on column pgrant_api.authorization_parameters.scopes is 'What is asked for; {} = what the client may have.';
comment on column pgrant_api.authorization_parameters.prompt is 'none, login, consent, select_account, create (OpenID Connect Core 3.1.2.1); {} = none of them.';
comment on column pgrant_api.authorization_parameters.max_age is 'Seconds since the login, at most; null = as the client is registered.';
comment on column pgrant_api.authorization_parameters.hint_sub is 'The subject that id_token_hint or the claims parameter names; null = nobody.';
comment on column pgrant_api.authorization_parameters.login_hint is 'What the client believes the person types; null where it sent none.';
comment on column pgrant_api.authorization_parameters.acr_values is 'How the login should be, the best first; {} = as the client is registered.';
comment on column pgrant_api.authorization_parameters.essential_acr is 'How the login must be, one of these (OpenID Connect Core 5.5.1.1); null = any.';
comment on column pgrant_api.authorization_parameters.claims_id_token is 'Claims that are asked for in the ID token.';
comment on column pgrant_api.authorization_parameters.claims_userinfo is 'Claims that are asked for at the userinfo endpoint.';
comment on column pgrant_api.authorization_parameters.ui_locales is 'The languages that are asked for, the first one first; {} = none.';
comment on column pgrant_api.authorization_parameters.resources is 'Which resources (RFC 8707 2); {} = the default.';
comment on column pgrant_api.authorization_parameters.authorization_details is
  'What is asked for beside scopes (RFC 9396 3), as of details_refusal; null = nothing.';
comment on column pgrant_api.authorization_parameters.grant_management_action is
  'create, merge or replace: what is to become of the grant (Grant Management 5.2); null = nothing is said.';
comment on column pgrant_api.authorization_parameters.grant_id is 'Which grant is to be merged or replaced; null = none is named.';
comment on column pgrant_api.authorization_parameters.dpop_jkt is 'The key with which the code may be redeemed (RFC 9449 10); null = any.';

create type pgrant_rules.factor_step as (
  next     text,
  user_id  uuid
);

comment on type pgrant_rules.factor_step is
  'What a second factor asks for before a request goes on, and whose.';
comment on column pgrant_rules.factor_step.next is
  'second_factor = show one, or set one up; login = sign in once more first, to set one up; null = nothing.';

create type pgrant_rules.possession as (
  error   pgrant_api.error,
  reason  text,
  detail  text,
  cnf     jsonb
);

comment on type pgrant_rules.possession is 'What the keys that a request proves to have are good for; cnf = what its tokens are bound to.';

create type pgrant_rules.target as (
  error                  pgrant_api.error,
  reason                 text,
  detail                 text,
  resources              text[],
  audience               text[],
  access_token_format    text,
  access_token_alg       text,
  access_token_typ       text,
  access_token_lifetime  integer,
  scopes                 text[]
);

create type pgrant_rules.narrowed_details as (
  error    pgrant_api.error,
  reason   text,
  detail   text,
  details  jsonb
);

comment on type pgrant_rules.narrowed_details is 'The authorization details (RFC 9396) that a token gets.';
comment on column pgrant_rules.narrowed_details.details is 'An array of them; [] = none.';

create type pgrant_rules.token_shape as (
  claims              jsonb,
  access_token_scope  text
);

comment on type pgrant_rules.token_shape is 'What resources make of an access token, beside what they are asked for at its issue; access_token_scope null = a string.';

comment on type pgrant_rules.target is
  'What the resources that are asked for make of an access token. resources {} = none is asked for; a null below means that the client''s own holds.';
comment on column pgrant_rules.target.detail is 'With error: the first resource that is wrong, as it was asked for.';
