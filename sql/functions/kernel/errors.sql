-- What every decision may answer: the error codes.

create type pgrant_api.error as enum (
  -- RFC 6749 4.1.2.1 and 5.2
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type',
  'unsupported_response_type', 'invalid_scope', 'access_denied', 'temporarily_unavailable', 'server_error',
  -- RFC 6750 3.1
  'invalid_token', 'insufficient_scope',
  -- RFC 9449 5 and 8
  'invalid_dpop_proof', 'use_dpop_nonce',
  -- RFC 8628 3.5
  'authorization_pending', 'slow_down', 'expired_token',
  -- RFC 8707 2
  'invalid_target',
  -- RFC 9396 5
  'invalid_authorization_details',
  -- Grant Management for OAuth 2.0 5.4
  'invalid_grant_id',
  -- RFC 7591 3.2.2
  'invalid_client_metadata', 'invalid_software_statement', 'unapproved_software_statement',
  -- OpenID Connect Core 3.1.2.6, OpenID Connect Core Error Code unmet_authentication_requirements 1.0
  'login_required', 'unmet_authentication_requirements', 'consent_required', 'interaction_required', 'account_selection_required',
  'request_not_supported', 'request_uri_not_supported', 'registration_not_supported',
  'invalid_request_object', 'invalid_request_uri',
  -- RFC 9470 3
  'insufficient_user_authentication',
  -- The admin API (RFC 9110 15.5.13, draft-ietf-httpapi-idempotency-key-header 2.7)
  'already_exists', 'precondition_failed', 'idempotency_key_reused',
  -- Shown to a person, never sent to a client
  'unknown_client', 'invalid_redirect_uri', 'expired_request', 'wrong_password', 'wrong_code', 'wrong_passkey', 'too_many_attempts',
  'csrf_mismatch', 'not_found', 'unknown_account', 'upstream_failed', 'invalid_user_code',
  -- As too_many_attempts, and the web process is to answer so itself until the minute is over
  'flood'
);

comment on type pgrant_api.error is 'Error codes; null means that the request is granted.';

create type pgrant_api.done as (
  error   pgrant_api.error,
  reason  text
);

comment on type pgrant_api.done is 'Done, unless there is an error.';

create function pgrant_rules.public_errors() returns table (error pgrant_api.error, status integer, description text)
language sql immutable
as $$
  select e.error::pgrant_api.error, e.status, e.description
    from (values
    ('invalid_request', 400, 'The request is malformed.'),
    ('invalid_client', 401, 'Client authentication failed.'),
    ('invalid_grant', 400, 'The grant is invalid, expired or revoked.'),
    ('unauthorized_client', 400, 'The client may not use this grant type.'),
    ('unsupported_grant_type', 400, 'The grant type is not supported.'),
    ('unsupported_response_type', 400, 'The response type is not supported.'),
    ('invalid_scope', 400, 'A requested scope is invalid or unknown.'),
    ('access_denied', 403, 'The request was denied.'),
    ('temporarily_unavailable', 503, 'The server is busy. Try again later.'),
    ('server_error', 500, 'The server failed to answer.'),
    ('invalid_token', 401, 'The access token is invalid, expired or revoked.'),
    ('insufficient_scope', 403, 'The access token lacks a scope.'),
    ('invalid_dpop_proof', 400, 'The DPoP proof is missing or invalid.'),
    ('use_dpop_nonce', 400, 'The DPoP proof needs the nonce of DPoP-Nonce.'),
    ('authorization_pending', 400, 'The user has not decided yet.'),
    ('slow_down', 400, 'The device asks too often. Wait longer.'),
    ('expired_token', 400, 'The device code has expired. Ask for another one.'),
    ('invalid_target', 400, 'A requested resource is invalid or unknown.'),
    ('invalid_authorization_details', 400, 'The authorization details are malformed, unknown, or not for this client.'),
    ('invalid_grant_id', 400, 'The grant is unknown, or not of this client and user.'),
    ('invalid_client_metadata', 400, 'The client metadata is not acceptable.'),
    ('invalid_software_statement', 400, 'The software statement is invalid.'),
    ('unapproved_software_statement', 400, 'The software statement is not of an issuer that is trusted here.'),
    ('login_required', 400, 'The user has to sign in.'),
    ('unmet_authentication_requirements', 400, 'The user cannot sign in as the application requires.'),
    ('consent_required', 400, 'The user has to consent.'),
    ('interaction_required', 400, 'The user has to interact.'),
    ('account_selection_required', 400, 'The user has to select an account.'),
    ('request_not_supported', 400, 'Request objects are not supported.'),
    ('request_uri_not_supported', 400, 'Request URIs are not supported.'),
    ('registration_not_supported', 400, 'Registration is not supported here.'),
    ('invalid_request_object', 400, 'The request object is invalid.'),
    ('invalid_request_uri', 400, 'The request URI is invalid, expired, or was used before.'),
    ('insufficient_user_authentication', 401, 'The sign-in is too long ago for this.'),
    ('already_exists', 409, 'There is one of this name already.'),
    ('precondition_failed', 412, 'It was changed in the meantime.'),
    ('idempotency_key_reused', 422, 'The Idempotency-Key was used for another request.'),
    ('unknown_client', 400, 'The application is not registered here.'),
    ('invalid_redirect_uri', 400, 'A redirect URI is not acceptable.'),
    ('expired_request', 400, 'This sign-in has expired, was answered already, or was begun in another browser.'),
    ('wrong_password', 400, 'The username or the password is wrong.'),
    ('wrong_code', 400, 'The code is wrong.'),
    ('wrong_passkey', 400, 'The passkey was not accepted.'),
    ('too_many_attempts', 429, 'Too many attempts. Try again later.'),
    ('flood', 429, 'Too many attempts. Try again later.'),
    ('csrf_mismatch', 403, 'The form is out of date. Reload the page.'),
    ('not_found', 404, 'There is nothing here.'),
    ('unknown_account', 403, 'Nobody here has this account.'),
    ('invalid_user_code', 400, 'This code is not known, has expired, or was used already.'),
    ('upstream_failed', 502, 'The sign-in elsewhere did not work.')
    ) e (error, status, description)
$$;

comment on function pgrant_rules.public_errors() is
  'What the public sees of each error: HTTP status and a constant text. The reason is for log and audit only.';
