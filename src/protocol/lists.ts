// GENERATED from sql/ by `npm run generate`. Do not edit.

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange'] as const;

export const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'none'] as const;

export const signingAlgs = ['RS256', 'ES256', 'PS256', 'EdDSA', 'Ed25519'] as const;

export const clientAlgs = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;

export const pageLanguages = ['en', 'es', 'pt', 'de'] as const;

export const eventTypes = ['client.approved', 'client.created', 'client.disabled', 'client.enabled', 'client.removed', 'client.resumed', 'client.returned', 'client.secret_added', 'client.secret_removed', 'client.submitted', 'client.suspended', 'client.updated', 'code.reused', 'grant.created', 'grant.revoked', 'grant.updated', 'group.member_changed', 'group.updated', 'incident.revoked', 'key.published', 'key.withdrawn', 'login.locked', 'refresh_token.reused', 'role.disabled', 'role.withdrawn', 'session.ended', 'token.revoked', 'user.created', 'user.disabled', 'user.enabled', 'user.password_changed', 'user.removed', 'user.second_factor_changed', 'user.updated'] as const;

export const claims = ['sub', 'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at', 'email', 'email_verified', 'address', 'phone_number', 'phone_number_verified', 'auth_time', 'acr', 'amr', 'sid'] as const;

/** The scopes that every tenant begins with, in words for people. */
export const standardScopes = {
  openid: { title: "Know who you are", description: "See an identifier for your account here." },
  profile: { title: "See your profile", description: "Your name, picture and similar public details." },
  email: { title: "See your email address", description: "And whether it has been verified." },
  address: { title: "See your postal address", description: "" },
  phone: { title: "See your phone number", description: "And whether it has been verified." },
  roles: { title: "See your roles and groups", description: "What you may do here, and which groups you are in." },
  offline_access: { title: "Keep access while you are away", description: "Until you revoke it." },
} as const;

/** What the public sees for each error code: HTTP status and a constant text. */
export const publicErrors = {
  invalid_request: { status: 400, description: "The request is malformed." },
  invalid_client: { status: 401, description: "Client authentication failed." },
  invalid_grant: { status: 400, description: "The grant is invalid, expired or revoked." },
  unauthorized_client: { status: 400, description: "The client may not use this grant type." },
  unsupported_grant_type: { status: 400, description: "The grant type is not supported." },
  unsupported_response_type: { status: 400, description: "The response type is not supported." },
  invalid_scope: { status: 400, description: "A requested scope is invalid or unknown." },
  access_denied: { status: 403, description: "The request was denied." },
  temporarily_unavailable: { status: 503, description: "The server is busy. Try again later." },
  server_error: { status: 500, description: "The server failed to answer." },
  invalid_token: { status: 401, description: "The access token is invalid, expired or revoked." },
  insufficient_scope: { status: 403, description: "The access token lacks a scope." },
  invalid_dpop_proof: { status: 400, description: "The DPoP proof is missing or invalid." },
  use_dpop_nonce: { status: 400, description: "The DPoP proof needs the nonce of DPoP-Nonce." },
  authorization_pending: { status: 400, description: "The user has not decided yet." },
  slow_down: { status: 400, description: "The device asks too often. Wait longer." },
  expired_token: { status: 400, description: "The device code has expired. Ask for another one." },
  invalid_target: { status: 400, description: "A requested resource is invalid or unknown." },
  invalid_authorization_details: { status: 400, description: "The authorization details are malformed, unknown, or not for this client." },
  invalid_grant_id: { status: 400, description: "The grant is unknown, or not of this client and user." },
  invalid_client_metadata: { status: 400, description: "The client metadata is not acceptable." },
  invalid_software_statement: { status: 400, description: "The software statement is invalid." },
  unapproved_software_statement: { status: 400, description: "The software statement is not of an issuer that is trusted here." },
  login_required: { status: 400, description: "The user has to sign in." },
  unmet_authentication_requirements: { status: 400, description: "The user cannot sign in as the application requires." },
  consent_required: { status: 400, description: "The user has to consent." },
  interaction_required: { status: 400, description: "The user has to interact." },
  account_selection_required: { status: 400, description: "The user has to select an account." },
  request_not_supported: { status: 400, description: "Request objects are not supported." },
  request_uri_not_supported: { status: 400, description: "Request URIs are not supported." },
  registration_not_supported: { status: 400, description: "Registration is not supported here." },
  invalid_request_object: { status: 400, description: "The request object is invalid." },
  invalid_request_uri: { status: 400, description: "The request URI is invalid, expired, or was used before." },
  insufficient_user_authentication: { status: 401, description: "The sign-in is too long ago for this." },
  already_exists: { status: 409, description: "There is one of this name already." },
  precondition_failed: { status: 412, description: "It was changed in the meantime." },
  idempotency_key_reused: { status: 422, description: "The Idempotency-Key was used for another request." },
  unknown_client: { status: 400, description: "The application is not registered here." },
  invalid_redirect_uri: { status: 400, description: "A redirect URI is not acceptable." },
  expired_request: { status: 400, description: "This sign-in has expired, was answered already, or was begun in another browser." },
  wrong_password: { status: 400, description: "The username or the password is wrong." },
  wrong_code: { status: 400, description: "The code is wrong." },
  wrong_passkey: { status: 400, description: "The passkey was not accepted." },
  too_many_attempts: { status: 429, description: "Too many attempts. Try again later." },
  flood: { status: 429, description: "Too many attempts. Try again later." },
  csrf_mismatch: { status: 403, description: "The form is out of date. Reload the page." },
  not_found: { status: 404, description: "There is nothing here." },
  unknown_account: { status: 403, description: "Nobody here has this account." },
  invalid_user_code: { status: 400, description: "This code is not known, has expired, or was used already." },
  upstream_failed: { status: 502, description: "The sign-in elsewhere did not work." },
} as const;
