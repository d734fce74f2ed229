-- Lists that more than one place needs: each stands here and nowhere else. The generator reads them for src/protocol/lists.ts.

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
    ('invalid_target', 400, 'A requested resource is invalid or unknown.'),
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
    ('unknown_client', 400, 'The application is not registered here.'),
    ('invalid_redirect_uri', 400, 'A redirect URI is not acceptable.'),
    ('expired_request', 400, 'This sign-in has expired, was answered already, or was begun in another browser.'),
    ('wrong_password', 400, 'The username or the password is wrong.'),
    ('too_many_attempts', 429, 'Too many attempts. Try again later.'),
    ('flood', 429, 'Too many attempts. Try again later.'),
    ('csrf_mismatch', 403, 'The form is out of date. Reload the page.'),
    ('not_found', 404, 'There is nothing here.'),
    ('unknown_account', 403, 'Nobody here has this account.'),
    ('upstream_failed', 502, 'The sign-in elsewhere did not work.')
    ) e (error, status, description)
$$;

comment on function pgrant_rules.public_errors() is
  'What the public sees of each error: HTTP status and a constant text. The reason is for log and audit only.';

create function pgrant_rules.standard_claims() returns table (claim text, type text, scope text)
language sql immutable
as $$
  values
    ('sub', 'string', 'openid'),
    ('name', 'string', 'profile'),
    ('family_name', 'string', 'profile'),
    ('given_name', 'string', 'profile'),
    ('middle_name', 'string', 'profile'),
    ('nickname', 'string', 'profile'),
    ('preferred_username', 'string', 'profile'),
    ('profile', 'string', 'profile'),
    ('picture', 'string', 'profile'),
    ('website', 'string', 'profile'),
    ('gender', 'string', 'profile'),
    ('birthdate', 'string', 'profile'),
    ('zoneinfo', 'string', 'profile'),
    ('locale', 'string', 'profile'),
    ('updated_at', 'number', 'profile'),
    ('email', 'string', 'email'),
    ('email_verified', 'boolean', 'email'),
    ('address', 'object', 'address'),
    ('phone_number', 'string', 'phone'),
    ('phone_number_verified', 'boolean', 'phone'),
    ('auth_time', 'number', null),
    ('acr', 'string', null),
    ('amr', 'array', null),
    ('sid', 'string', null)
$$;

comment on function pgrant_rules.standard_claims() is
  'The claims that there are (OpenID Connect Core 5.1, 2), the JSON type of each, and the scope that asks for it (5.4); null = only ID tokens have it.';

create function pgrant_report.standard_scope_texts() returns table (scope text, title text, description text)
language sql immutable
as $$
  values
    ('openid', 'Know who you are', 'See an identifier for your account here.'),
    ('profile', 'See your profile', 'Your name, picture and similar public details.'),
    ('email', 'See your email address', 'And whether it has been verified.'),
    ('address', 'See your postal address', ''),
    ('phone', 'See your phone number', 'And whether it has been verified.'),
    ('roles', 'See your roles and groups', 'What you may do here, and which groups you are in.'),
    ('offline_access', 'Keep access while you are away', 'Until you revoke it.')
$$;

comment on function pgrant_report.standard_scope_texts() is
  'The scopes that every tenant begins with (OpenID Connect Core 5.4, 11), in words for people.';

create function pgrant_report.standard_scopes() returns text[]
language sql immutable
as $$ select array_agg(s.scope) from pgrant_report.standard_scope_texts() s $$;

comment on function pgrant_report.standard_scopes() is 'The scopes that every tenant begins with, and that every resource lets pass.';
