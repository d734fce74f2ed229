-- What the functions of pgrant_api return about signing in.

create type pgrant_api.login_challenge as (
  error        pgrant_api.error,
  reason       text,
  salt         bytea,
  params       jsonb,
  retry_after  integer
);

comment on type pgrant_api.login_challenge is 'What the web process needs to derive a password: the same for an unknown username as for a known one.';
comment on column pgrant_api.login_challenge.params is 'Argon2id parameters {m (KiB), t, p}.';
comment on column pgrant_api.login_challenge.retry_after is 'Seconds, with too_many_attempts; null otherwise.';

create type pgrant_api.login_request as (
  error            pgrant_api.error,
  reason           text,
  client_id        text,
  client_name      text,
  scopes           text[],
  login_hint       text,
  prompt           text[],
  max_age          integer,
  acr_values       text[],
  subject          text,
  auth_time_after  bigint,
  expires_at       bigint
);

comment on type pgrant_api.login_request is 'What a product''s own login page is told: who asks, and for what kind of sign-in.';
comment on column pgrant_api.login_request.subject is 'The only person who will do (id_token_hint), as the product calls them; null = anybody.';
comment on column pgrant_api.login_request.auth_time_after is 'Epoch seconds: an earlier sign-in does not satisfy prompt or max_age; null = any will do.';
comment on column pgrant_api.login_request.expires_at is 'Epoch seconds: until when the challenge can be answered.';
comment on column pgrant_api.login_request.login_hint is 'As the client sent it; null where it sent none.';
comment on column pgrant_api.login_request.max_age is 'Seconds; null = the client does not say.';

create type pgrant_api.login_answer as (
  error        pgrant_api.error,
  reason       text,
  detail       text,
  redirect_to  text,
  user_id      uuid
);

comment on type pgrant_api.login_answer is 'What becomes of the product''s answer to a login challenge.';
comment on column pgrant_api.login_answer.detail is 'What the product may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.login_answer.redirect_to is 'Where the product sends the browser, with the parameter login_verifier.';
comment on column pgrant_api.login_answer.user_id is 'The sub of the person''s tokens; null where the login was rejected.';

create type pgrant_api.login_settings as (
  error   pgrant_api.error,
  reason  text,
  issuer  text,
  jwks    jsonb
);

comment on type pgrant_api.login_settings is 'Who signs the product''s answers, and with which keys.';

create type pgrant_api.session as (
  error               pgrant_api.error,
  reason              text,
  session_expires_at  bigint,
  username            text,
  retry_after         integer
);

comment on type pgrant_api.session is 'A signed-in browser.';
comment on column pgrant_api.session.username is 'Who is signed in; null where the caller knows.';
comment on column pgrant_api.session.retry_after is 'Seconds, with too_many_attempts; null otherwise.';
comment on column pgrant_api.session.session_expires_at is
  'Epoch seconds; null where an account was linked and the session is the one before.';
