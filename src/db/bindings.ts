// GENERATED from sql/functions by `npm run generate`. Do not edit.
import { bind, bindSet } from '../db/binding.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Error codes; null means that the request is granted. */
export type ApiError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'access_denied'
  | 'temporarily_unavailable'
  | 'server_error'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_target'
  | 'invalid_authorization_details'
  | 'invalid_grant_id'
  | 'invalid_client_metadata'
  | 'invalid_software_statement'
  | 'unapproved_software_statement'
  | 'login_required'
  | 'unmet_authentication_requirements'
  | 'consent_required'
  | 'interaction_required'
  | 'account_selection_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'invalid_request_object'
  | 'invalid_request_uri'
  | 'insufficient_user_authentication'
  | 'already_exists'
  | 'precondition_failed'
  | 'idempotency_key_reused'
  | 'unknown_client'
  | 'invalid_redirect_uri'
  | 'expired_request'
  | 'wrong_password'
  | 'wrong_code'
  | 'wrong_passkey'
  | 'too_many_attempts'
  | 'csrf_mismatch'
  | 'not_found'
  | 'unknown_account'
  | 'upstream_failed'
  | 'invalid_user_code'
  | 'flood';

/** What is known of a person. */
export type ApiAccountData = {
  error: null;
  reason: string | null;
  username: string;
  recent: boolean;
  deletion: boolean;
  data: Json;
};

/** A sign-in that was begun for the pages of an account. */
export type ApiAccountRequest = {
  error: null;
  reason: string | null;
  expires_at: number;
};

/** Where a person is signed in. */
export type ApiAccountSessions = {
  error: null;
  reason: string | null;
  username: string;
  sessions: Json;
};

/** How a person signs in. */
export type ApiAccountSignIn = {
  error: null;
  reason: string | null;
  username: string;
  recent: boolean;
  password: boolean;
  upstreams: Json;
  second_factor: Json;
};

/** A passkey that was added. */
export type ApiAddedPasskey = {
  error: null;
  reason: string | null;
  recovery_codes: boolean;
  session_expires_at: number;
};

/** What an operation of an admin gave. */
export type ApiAdminAnswer = {
  error: null;
  reason: string | null;
  detail: string | null;
  value: Json;
  etag: string | null;
  secret_salt: Buffer | null;
  proof_algs: string[] | null;
};

/** What the operations of a page gave. */
export type ApiAdminPage = {
  error: null;
  reason: string | null;
  username: string;
  may_write: boolean;
  results: Json;
  repeated: boolean;
};

/** What every page of a tenant shows, and what every challenge says. */
export type ApiAppearance = {
  error: null;
  reason: string | null;
  title: string;
  language: string;
  accent_color: string | null;
  support_uri: string | null;
  policy_uri: string | null;
  tos_uri: string | null;
  logo: string | null;
  remember_username: boolean;
  client_signing_algs: string[];
};

/** Where an authorization request stands. error = show a page and do not redirect; response_error = redirect with it. */
export type ApiAuthorization = {
  error: null;
  reason: string | null;
  state: string | null;
  response_error: ApiError | null;
  response_reason: string | null;
  response_detail: string | null;
  code_expires_at: number | null;
  session_expires_at: number | null;
} & (
  | { next: 'respond'; request_expires_at: null; redirect_uri: string; response_mode: string; response_alg: string | null; response_audience: string | null; page: Json; login_url: null; untrusted: boolean | null; watched_client_id: string | null }
  | { next: 'continue'; request_expires_at: number; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: null; login_url: null; untrusted: null; watched_client_id: null }
  | { next: 'login'; request_expires_at: number; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: Json; login_url: string | null; untrusted: null; watched_client_id: null }
  | { next: 'second_factor'; request_expires_at: number; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: Json; login_url: null; untrusted: null; watched_client_id: null }
  | { next: 'account'; request_expires_at: number; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: Json; login_url: null; untrusted: null; watched_client_id: null }
  | { next: 'consent'; request_expires_at: number; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: Json; login_url: null; untrusted: null; watched_client_id: null }
  | { next: 'document'; request_expires_at: null; redirect_uri: null; response_mode: null; response_alg: null; response_audience: null; page: null; login_url: null; untrusted: null; watched_client_id: null }
);

/** The types of authorization details of a tenant. */
export type ApiAuthorizationDetailsTypes = {
  error: null;
  reason: string | null;
  types: Json;
};

/** What an authorization request asks for, well-formed, as the web process hands it on in JSON; named as in pgrant.authorization_requests. */
export type ApiAuthorizationParameters = {
  response_mode: string;
  state: string | null;
  nonce: string | null;
  code_challenge: string | null;
  scopes: string[];
  prompt: string[];
  max_age: number | null;
  hint_sub: string | null;
  login_hint: string | null;
  acr_values: string[];
  essential_acr: string[] | null;
  claims_id_token: string[];
  claims_userinfo: string[];
  ui_locales: string[];
  resources: string[];
  dpop_jkt: string | null;
  authorization_details: Json;
  grant_management_action: string | null;
  grant_id: string | null;
};

/** The document at a client_id was taken, unless there is an error. */
export type ApiClientDocument = {
  error: null;
  reason: string | null;
  detail: string | null;
};

/** The keys by which a client signs. */
export type ApiClientKeys = {
  error: null;
  reason: string | null;
  jwks: Json;
  jwks_uri: string | null;
  fresh_until: number | null;
  fetching: string | null;
};

/** The grants of the signed-in person. */
export type ApiConsents = {
  error: null;
  reason: string | null;
  username: string;
  consents: Json;
  upstreams: Json;
  developer: boolean;
};

/** What came of a change at the developer portal. */
export type ApiDeveloperChange = {
  error: null;
  reason: string | null;
  client_id: string;
  secret: boolean;
  in_review: boolean;
  faults: Json;
  repeated: boolean;
  moved: Json;
};

/** What a page of the developer portal shows. */
export type ApiDeveloperPage = {
  error: null;
  reason: string | null;
  username: string;
  recent: boolean;
  page: Json;
};

/** A device code that was stored. */
export type ApiDeviceAuthorization = {
  error: null;
  reason: string | null;
  detail: string | null;
  expires_at: number;
  interval: number;
};

/** The authorization request that a user code became, in this browser. */
export type ApiDeviceVerification = {
  error: null;
  reason: string | null;
  expires_at: number;
};

/** Done, unless there is an error. */
export type ApiDone = {
  error: null;
  reason: string | null;
};

/** Whether a grant has ended. */
export type ApiEndedGrant = {
  error: null;
  reason: string | null;
  detail: string | null;
  proof_algs: string[] | null;
};

/** How pgrant is: release = hash of what was released; worker_at = when a task of the worker last began; late = its late tasks; unfinished = tables in which the last cleanup left expired rows; sealed_key_id = the 4 bytes that name what a signing key of sealed_tenant_id is sealed under. */
export type ApiHealth = {
  error: null;
  reason: string | null;
  release: string | null;
  released_at: string | null;
  worker_at: string | null;
  late: string[];
  unfinished: number;
  is_standby: boolean | null;
  sealed_tenant_id: string | null;
  sealed_key_id: Buffer | null;
};

/** What an identity assertion is to say. Times are epoch seconds. */
export type ApiIdentityAssertion = {
  error: null;
  reason: string | null;
  detail: string | null;
  client_id: string;
  subject: string;
  audience: string;
  scopes: string[];
  resources: string[];
  issued_at: number;
  expires_at: number;
  auth_time: number | null;
  acr: string | null;
  amr: string[];
  jkt: string | null;
  alg: string;
};

/** The state of a token (RFC 7662 2.2). Everything else but response_alg and asked_alg is null where active is false. */
export type ApiIntrospection = {
  error: null;
  reason: string | null;
  detail: string | null;
  response_alg: string | null;
  asked_alg: string | null;
} & (
  | { active: true; token_type: string | null; client_id: string; subject: string; username: string | null; scopes: string[]; audience: string[] | null; issued_at: number | null; expires_at: number | null; auth_time: number | null; acr: string | null; claims: Json; grant_id: string | null; cnf: Json; authorization_details: Json; act: Json }
  | { active: false; token_type: null; client_id: null; subject: null; username: null; scopes: null; audience: null; issued_at: null; expires_at: null; auth_time: null; acr: null; claims: null; grant_id: null; cnf: null; authorization_details: null; act: null }
);

/** The keys by which an issuer signs identity assertions. */
export type ApiIssuerKeys = {
  error: null;
  reason: string | null;
  jwks: Json;
  jwks_uri: string | null;
  fresh_until: number | null;
  fetching: string | null;
};

/** What becomes of the product's answer to a login challenge. */
export type ApiLoginAnswer = {
  error: null;
  reason: string | null;
  detail: string | null;
  redirect_to: string;
  user_id: string | null;
};

/** What the web process needs to derive a password: the same for an unknown username as for a known one. */
export type ApiLoginChallenge = {
  error: null;
  reason: string | null;
  salt: Buffer;
  params: Json;
  retry_after: number | null;
};

/** What a product's own login page is told: who asks, and for what kind of sign-in. */
export type ApiLoginRequest = {
  error: null;
  reason: string | null;
  client_id: string;
  client_name: string;
  scopes: string[];
  login_hint: string | null;
  prompt: string[];
  max_age: number | null;
  acr_values: string[];
  subject: string | null;
  auth_time_after: number | null;
  expires_at: number;
};

/** Who signs the product's answers, and with which keys. */
export type ApiLoginSettings = {
  error: null;
  reason: string | null;
  issuer: string;
  jwks: Json;
};

/** A logo that a page shows. */
export type ApiLogo = {
  error: null;
  reason: string | null;
  media_type: string;
  image: Buffer;
};

/** Where a logout stands. */
export type ApiLogout = {
  error: null;
  reason: string | null;
  username: string | null;
  confirmed_redirect_uri: string | null;
} & (
  | { next: 'redirect'; redirect_uri: string; frames: Json; untrusted: boolean }
  | { next: 'confirm'; redirect_uri: null; frames: null; untrusted: null }
  | { next: 'done'; redirect_uri: null; frames: Json; untrusted: null }
);

/** What a grant says now. Times are ISO 8601 in UTC. */
export type ApiManagedGrant = {
  error: null;
  reason: string | null;
  detail: string | null;
  scopes: string[];
  resources: string[];
  claims: string[];
  authorization_details: Json;
  created_at: string;
  last_updated_at: string;
  expires_at: string | null;
  proof_algs: string[] | null;
};

/** Whether programs of a web origin may read answers. */
export type ApiOrigin = {
  error: null;
  reason: string | null;
  allowed: boolean;
};

/** What a browser is asked to sign with which passkeys. */
export type ApiPasskeyOptions = {
  error: null;
  reason: string | null;
  expires_at: number;
  user_id: string | null;
  username: string | null;
  credentials: Json;
};

/** The passkey that has signed, as it claims. */
export type ApiPresentedPasskey = {
  error: null;
  reason: string | null;
  public_key: Buffer;
  transports: string[];
};

/** A request that waits for its browser. */
export type ApiPushedRequest = {
  error: null;
  reason: string | null;
  detail: string | null;
} & (
  | { next: 'document'; expires_at: null; expires_in: null }
  | { next: 'push'; expires_at: number; expires_in: number }
);

/** A client that registered itself, as it is stored. */
export type ApiRegistration = {
  error: null;
  reason: string | null;
  detail: string | null;
  retry_after: number | null;
  client_id: string;
  issued_at: number;
  secret: string;
  metadata: Json;
};

/** What has to be known before a registration is decided. */
export type ApiRegistrationSettings = {
  error: null;
  reason: string | null;
  retry_after: number | null;
  issuers: Json;
};

/** What came of new recovery codes. */
export type ApiRenewedCodes = {
  error: null;
  reason: string | null;
  repeated: boolean;
};

/** Whose second factor is asked for, and what the web process needs to check a code. */
export type ApiSecondFactorChallenge = {
  error: null;
  reason: string | null;
  retry_after: number | null;
  user_id: string;
  username: string;
  sealed_secret: Buffer | null;
};

/** A signed-in browser. */
export type ApiSession = {
  error: null;
  reason: string | null;
  session_expires_at: number | null;
  username: string | null;
  retry_after: number | null;
};

/** The keys of a tenant. */
export type ApiSigningKeys = {
  error: null;
  reason: string | null;
  keys: Json;
};

/** The tenant that answers under a host and path. */
export type ApiTenant = {
  error: null;
  reason: string | null;
  tenant_id: string;
  issuer: string;
  title: string;
  path: string;
  disabled: boolean;
};

/** What the web process says of a tenant in metadata and on pages. */
export type ApiTenantFacts = {
  error: null;
  reason: string | null;
  title: string;
  scopes: string[];
  signing_algs: string[];
  client_signing_algs: string[];
  token_endpoint_auth_methods: string[];
  registration: string;
  client_documents: string;
  refresh_lifetime: number;
  session_lifetime: number;
  acr_values: string[];
  sign_up: boolean;
  request_uri_parameter: boolean;
  require_signed_request_object: boolean;
  require_pushed_authorization_requests: boolean;
  session_management: boolean;
  grant_management_action_required: boolean;
  authorization_details_types: string[];
};

/** What a token response is to contain. Times are epoch seconds. */
export type ApiTokens = {
  error: null;
  reason: string | null;
  detail: string | null;
  client_id: string;
  subject: string;
  scopes: string[];
  audience: string[];
  access_token_format: string;
  access_token_alg: string;
  access_token_typ: string;
  access_claims: Json;
  issued_at: number;
  access_expires_at: number;
  family_id: string | null;
  auth_time: number | null;
  acr: string | null;
  amr: string[] | null;
  refresh_token: boolean;
  successor_salt: Buffer | null;
  id_token_alg: string | null;
  id_expires_at: number | null;
  id_claims: Json;
  nonce: string | null;
  sid: string | null;
  access_token_scope: string | null;
  cnf: Json;
  authorization_details: Json;
  act: Json;
  family_client_id: string | null;
  exchanged_by: string[] | null;
  grant_id: string | null;
};

/** A sign-in at an upstream, and how that upstream is reached. */
export type ApiUpstreamLogin = {
  error: null;
  reason: string | null;
  state_expires_at: number;
  sealed_request: Buffer | null;
  name: string;
  kind: string;
  title: string;
  issuer: string | null;
  authorization_endpoint: string | null;
  token_endpoint: string | null;
  userinfo_endpoint: string | null;
  client_id: string;
  token_endpoint_auth_method: string;
  sealed_secrets: Buffer | null;
  scopes: string[];
  settings: Json;
  force_login: boolean;
  login_hint: string | null;
};

/** Claims about the person (OpenID Connect Core 5.3). */
export type ApiUserinfo = {
  error: null;
  reason: string | null;
  detail: string | null;
  claims: Json;
  client_id: string;
  alg: string | null;
  proof_algs: string[] | null;
};

export const api = {
  /** Begins a sign-in of this browser for the pages of the account, which goes on as one for a client does, and is answered by a redirect to the page that p_state names. p_prompt: {login} asks who is signed in once more. Errors: not_found, too_many_attempts, flood. */
  account_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      browser_hash: Uint8Array | null;
      prompt: string[] | null;
      state: string | null;
    },
    ApiAccountRequest
  >('pgrant_api.account_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['browser_hash', 'bytea'],
    ['prompt', 'text[]'],
    ['state', 'text'],
  ], ['expires_at']),

  /** The person's choice of an account: the one that is signed in, or, with p_another, one to sign in with. Counts only in the session to which the page was shown; else the browser is sent back to what is next. Errors: expired_request, csrf_mismatch, too_many_attempts, flood. */
  account_choose: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      code_hash: Uint8Array | null;
      csrf_hash: Uint8Array | null;
      another: boolean | null;
    },
    ApiAuthorization
  >('pgrant_api.account_choose', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['code_hash', 'bytea'],
    ['csrf_hash', 'bytea'],
    ['another', 'boolean'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** What is known of the person who is signed in. Writes nothing but the session's idle expiry. Errors: login_required. */
  account_data_show: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
    },
    ApiAccountData
  >('pgrant_api.account_data_show', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
  ], ['username', 'recent', 'deletion', 'data']),

  /** Removes the person who is signed in as user_remove does, after a recent sign-in, and with the username typed. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (account_deletion is off), invalid_request (another username). */
  account_delete: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      username: string | null;
    },
    ApiDone
  >('pgrant_api.account_delete', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['username', 'text'],
  ], []),

  /** Sets the password of the person who is signed in, as derived outside, after a recent sign-in. Ends their sessions and, with password_change_revokes, all their tokens; this browser goes on in a new session. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (no password here). */
  account_password_set: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      next_password_salt: Uint8Array | null;
      next_password_params: unknown;
      next_password_hash: Uint8Array | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.account_password_set', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['next_password_salt', 'bytea'],
    ['next_password_params', 'jsonb'],
    ['next_password_hash', 'bytea'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** Ends a session of the person who is signed in as a logout does, or with null all of them, this one too. Another person's is like one that does not exist. Errors: login_required, csrf_mismatch, not_found. */
  account_session_end: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      ended_session_id: string | null;
    },
    ApiDone
  >('pgrant_api.account_session_end', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['ended_session_id', 'text'],
  ], []),

  /** The live sessions of the person who is signed in, 51 of them, one more than a page shows, behind p_after, a session_id (null, or one that is not there = from the first on). Writes nothing but the session's idle expiry. Errors: login_required. */
  account_session_list: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      after: string | null;
    },
    ApiAccountSessions
  >('pgrant_api.account_session_list', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['after', 'text'],
  ], ['username', 'sessions']),

  /** How the person who is signed in may sign in. Writes nothing but the session's idle expiry. Errors: login_required. */
  account_sign_in_show: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
    },
    ApiAccountSignIn
  >('pgrant_api.account_sign_in_show', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
  ], ['username', 'recent', 'password', 'upstreams']),

  /** Does an operation of the admin API (see admin_operations) for whoever has an access token of admins; p_arguments by the names that the function has. With p_idempotency_hash (SHA-256 of the Idempotency-Key) and p_content_hash once. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, not_found (whoever is no admin, too), invalid_request, already_exists, precondition_failed, idempotency_key_reused, too_many_attempts, flood. */
  admin_call: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      operation: string | null;
      arguments: unknown;
      if_match: string | null;
      idempotency_hash: Uint8Array | null;
      content_hash: Uint8Array | null;
      secret_salt: Uint8Array | null;
    },
    ApiAdminAnswer
  >('pgrant_api.admin_call', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['operation', 'text'],
    ['arguments', 'jsonb'],
    ['if_match', 'text'],
    ['idempotency_hash', 'bytea'],
    ['content_hash', 'bytea'],
    ['secret_salt', 'bytea'],
  ], []),

  /** Whether an access token is of an admin who may change something, before what p_operation needs is made at a cost; the keys that it is bound to are proven as it is done (admin_call). Writes nothing but a refusal. Errors: invalid_token, not_found (whoever is no such admin), too_many_attempts, flood. */
  admin_find: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      operation: string | null;
    },
    ApiDone
  >('pgrant_api.admin_find', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['operation', 'text'],
  ], []),

  /** Does the operations of a page of the console (see admin_operations) in order, for the signed-in person with a role of admins; p_arguments is an array with an object for each. A change comes first, needs the csrf token, and once it is done the others are not needed. With p_form_hash (SHA-256 of the form's own key; null = it has none) a change is done once: sent again, it is repeated. With p_versions (what the form was made from; null = it does not say) a change that undoes what has moved since is not done: its error is precondition_failed. Errors: login_required, not_found (whoever is no admin, too), csrf_mismatch, insufficient_user_authentication, too_many_attempts, flood. */
  admin_page: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      operations: string[] | null;
      arguments: unknown;
      form_hash: Uint8Array | null;
      versions: unknown;
    },
    ApiAdminPage
  >('pgrant_api.admin_page', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['operations', 'text[]'],
    ['arguments', 'jsonb'],
    ['form_hash', 'bytea'],
    ['versions', 'jsonb'],
  ], ['username', 'may_write', 'results', 'repeated']),

  /** Takes authorization requests (RFC 6749 4.1.1), a set of them at once: proves client and redirect URI, then reports p_error or its own refusal to the client (or, where untrusted, to the person), else says what comes next and stores the request unless it is answered. p_parameters is authorization_parameters. Without p_browser_hash the request is only stored. No scopes = all that the client may have, or has registered for itself, without openid and offline_access. With next = document nothing was done: the document at p_client_id is to be fetched and stored (client_document_store), and the call repeated. Errors: unknown_client, invalid_redirect_uri, too_many_attempts, flood, temporarily_unavailable (documents only). */
  authorization_begin: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      code_hash: Uint8Array | null;
      client_id: string | null;
      redirect_uri: string | null;
      parameters: unknown;
      request_object: unknown;
      error: string | null;
      error_reason: string | null;
    },
    ApiAuthorization
  >('pgrant_api.authorization_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['code_hash', 'bytea'],
    ['client_id', 'text'],
    ['redirect_uri', 'text'],
    ['parameters', 'jsonb'],
    ['request_object', 'jsonb'],
    ['error', 'pgrant_api.error'],
    ['error_reason', 'text'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** What comes next for a stored request; binds one that came by POST to the first browser that continues it. One that was answered by a code is answered so again (authorization_repeat). Stores p_next_challenge_hash where the product's own login page is next. Errors: expired_request, too_many_attempts, flood. */
  authorization_continue: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      code_hash: Uint8Array | null;
      next_challenge_hash: Uint8Array | null;
    },
    ApiAuthorization
  >('pgrant_api.authorization_continue', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['code_hash', 'bytea'],
    ['next_challenge_hash', 'bytea'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** The JSON Schemas by which authorization details are validated (RFC 9396 5), each with its hash, by which details_refusal knows that it is the one of now. Writes nothing. Errors: not_found. */
  authorization_details_type_list: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
    },
    ApiAuthorizationDetailsTypes
  >('pgrant_api.authorization_details_type_list', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
  ], ['types']),

  /** Takes an authorization request from its client (RFC 9126 2.1): authenticates the client, checks all that authorization_begin does, and stores the request for the tenant's par_lifetime; p_pushed_hash is of the secret in its request_uri. The key of a DPoP proof is that of dpop_jkt (RFC 9449 10.1). With next = document nothing was done, as in authorization_begin. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, invalid_request_object, request_not_supported, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, p_error, too_many_attempts, flood. */
  authorization_push: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      pushed_hash: Uint8Array | null;
      redirect_uri: string | null;
      parameters: unknown;
      request_object: unknown;
      error: ApiError | null;
      error_reason: string | null;
    },
    ApiPushedRequest
  >('pgrant_api.authorization_push', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['pushed_hash', 'bytea'],
    ['redirect_uri', 'text'],
    ['parameters', 'jsonb'],
    ['request_object', 'jsonb'],
    ['error', 'pgrant_api.error'],
    ['error_reason', 'text'],
  ], ['next', ['expires_at', 'next', ['push']], ['expires_in', 'next', ['push']]]),

  /** Issues access tokens to confidential clients for themselves, a set of requests at once; to an API credential never more than the current roles of its maker. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood. */
  client_credentials_issue: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      scope: string | null;
      access_hash: Uint8Array | null;
      resource: string | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.client_credentials_issue', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['scope', 'text'],
    ['access_hash', 'bytea'],
    ['resource', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** Records that the document at p_client_url could not be fetched or is not valid, which is remembered nowhere else. Errors: invalid_client_metadata, always. */
  client_document_refuse: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_url: string | null;
      document_fault: string | null;
    },
    ApiDone
  >('pgrant_api.client_document_refuse', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_url', 'text'],
    ['document_fault', 'text'],
  ], []),

  /** Takes what the document at p_client_url says, keyed as registration_fields() says, from now on: a new client, or new metadata of a known one. It is fresh for p_fresh_for seconds, between a minute and a day. A client lives for an hour until a person is sent here by it. Errors: unknown_client, temporarily_unavailable (quota), invalid_client_metadata, invalid_redirect_uri, too_many_attempts, flood. */
  client_document_store: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_url: string | null;
      metadata: unknown;
      fresh_for: number | null;
    },
    ApiClientDocument
  >('pgrant_api.client_document_store', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_url', 'text'],
    ['metadata', 'jsonb'],
    ['fresh_for', 'integer'],
  ], []),

  /** The public keys by which a client signs. With p_claim the caller may be the one that fetches its jwks_uri (fetching = claimed), and has to call client_keys_store then. Errors: invalid_client, which is recorded where the client authenticates or its request object is refused. */
  client_keys: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      claim: boolean | null;
    },
    ApiClientKeys
  >('pgrant_api.client_keys', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['claim', 'boolean'],
  ], []),

  /** Takes what a claimed fetch of jwks_uri has given: the usable public keys, good for p_lifetime seconds (at least 60, at most 86400); or p_jwks null and why, which leaves the old copy for another 60. Without a claim nothing is stored. Returns what holds now. Errors: invalid_client. */
  client_keys_store: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      jwks_uri: string | null;
      jwks: unknown;
      lifetime: number | null;
      failure: string | null;
    },
    ApiClientKeys
  >('pgrant_api.client_keys_store', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['jwks_uri', 'text'],
    ['jwks', 'jsonb'],
    ['lifetime', 'integer'],
    ['failure', 'text'],
  ], []),

  /** Redeems authorization codes (RFC 6749 4.1.3, RFC 7636 4.6), a set of requests at once. p_code_challenge is S256 of the verifier; p_resource is space-delimited, empty = all that were granted; p_authorization_details as of details_refusal, null = all that were granted. p_possession are the keys that were proven. Each starts a family; a second use revokes it. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood. */
  code_redeem: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      code_hash: Uint8Array | null;
      code_expires_at: number | null;
      redirect_uri: string | null;
      code_challenge: string | null;
      access_hash: Uint8Array | null;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
      resource: string | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.code_redeem', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['code_hash', 'bytea'],
    ['code_expires_at', 'bigint'],
    ['redirect_uri', 'text'],
    ['code_challenge', 'text'],
    ['access_hash', 'bytea'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
    ['resource', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** The person's decision, and with it the same about other device codes that the page has shown (p_devices are their hashes; {} = none). p_scopes are those that the person has chosen, where the tenant lets people (consent_choice); null = all. Counts only in the session to which the consent page was shown, and for the client as it was shown; else the browser is sent back to login or consent. The same decision, sent again, gets the same answer (authorization_repeat). Errors: expired_request, csrf_mismatch, too_many_attempts, flood. */
  consent_decide: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      code_hash: Uint8Array | null;
      csrf_hash: Uint8Array | null;
      allow: boolean | null;
      scopes: string[] | null;
      devices: Uint8Array[] | null;
    },
    ApiAuthorization
  >('pgrant_api.consent_decide', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['code_hash', 'bytea'],
    ['csrf_hash', 'bytea'],
    ['allow', 'boolean'],
    ['scopes', 'text[]'],
    ['devices', 'bytea[]'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** The live grants of the signed-in person but that of the console, last used first. Writes nothing but the session's idle expiry. Errors: login_required. */
  consent_list: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
    },
    ApiConsents
  >('pgrant_api.consent_list', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
  ], ['username', 'consents', 'upstreams', 'developer']),

  /** Revokes a grant of the signed-in person, with every token that hangs on it. Another person's grant is like one that does not exist. Errors: login_required, csrf_mismatch, not_found. */
  consent_revoke: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      grant_id: string | null;
    },
    ApiDone
  >('pgrant_api.consent_revoke', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['grant_id', 'text'],
  ], []),

  /** Brings an application as a draft: p_kind is web, app or machine, p_metadata by developer_fields(). p_next_secret_hash is stored for one that has a secret. With p_form_hash (SHA-256 of the form's own key; null = it has none) once: sent again, it is repeated. Errors: login_required, not_found (token_endpoint_auth_methods of the tenant, too), csrf_mismatch, invalid_request (see faults), access_denied (developer_quota), too_many_attempts, flood. */
  developer_client_add: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      kind: string | null;
      metadata: unknown;
      next_secret_hash: Uint8Array | null;
      form_hash: Uint8Array | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_client_add', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['kind', 'text'],
    ['metadata', 'jsonb'],
    ['next_secret_hash', 'bytea'],
    ['form_hash', 'bytea'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** The applications of the developer who is signed in, 51 of them, one more than a page shows, behind p_after (null = from the oldest on): {quota, used, clients: [{client_id, name, logo, kind, state, submitted_at, created_at, last_used_at}]}. Errors: login_required, not_found (no portal for this person), too_many_attempts, flood. */
  developer_client_list: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      after: string | null;
    },
    ApiDeveloperPage
  >('pgrant_api.developer_client_list', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['after', 'text'],
  ], ['username', 'recent', 'page']),

  /** Removes an application with its secrets, grants and tokens, after a recent sign-in and with its name typed. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), invalid_request (another name), too_many_attempts, flood. */
  developer_client_remove: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
      confirmed_name: string | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_client_remove', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
    ['confirmed_name', 'text'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** Changes an application to p_metadata (by developer_fields()). What makes more of one that was approved, or something else, waits for a review, with p_message for it; what is in force stays till then. With p_versions (what the form was made from; null = it does not say) a change that undoes what has moved since is not done. Errors: login_required, not_found, csrf_mismatch, invalid_request (see faults), access_denied (in review, suspended), precondition_failed (see moved), too_many_attempts, flood. */
  developer_client_set: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
      metadata: unknown;
      message: string | null;
      versions: unknown;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_client_set', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
    ['metadata', 'jsonb'],
    ['message', 'text'],
    ['versions', 'jsonb'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** An application of the developer who is signed in, or with p_client_id null what is there for a new one of p_kind (web, app, machine): {client: null or {client_id, name, kind, state, redirect_uris, post_logout_redirect_uris, scopes, client_uri, logo_uri, policy_uri, tos_uri, proposed, submitted_at, created_at, last_used_at, secrets: [{secret_id, created_at, expires_at}]}, versions: null or of what its form begins with, kinds: those that the tenant takes, scopes: those that may be asked for, with their texts, messages: [{action, message, at}], the youngest first}. Errors: login_required, not_found (somebody else's, too), too_many_attempts, flood. */
  developer_client_show: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      client_id: string | null;
      kind: string | null;
    },
    ApiDeveloperPage
  >('pgrant_api.developer_client_show', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['client_id', 'text'],
    ['kind', 'text'],
  ], ['username', 'recent', 'page']),

  /** Submits a draft for review, with a message for whoever looks at it. Errors: login_required, not_found, csrf_mismatch, access_denied (no draft, in review, suspended), invalid_request (see faults), too_many_attempts, flood. */
  developer_client_submit: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
      message: string | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_client_submit', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
    ['message', 'text'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** Takes back what was submitted: a draft can be changed again, and what was proposed for an application that was approved is dropped. Errors: login_required, not_found, csrf_mismatch, access_denied (nothing is in review, suspended), too_many_attempts, flood. */
  developer_client_withdraw: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_client_withdraw', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** Gives an application one more secret, after a recent sign-in; the others expire after p_retire_others_after seconds (null = they stay, where fewer than five are live). With p_form_hash (null = none) once, as developer_client_add. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), invalid_request (a public client, too many), too_many_attempts, flood. */
  developer_secret_add: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
      next_secret_hash: Uint8Array | null;
      retire_others_after: number | null;
      form_hash: Uint8Array | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_secret_add', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
    ['next_secret_hash', 'bytea'],
    ['retire_others_after', 'integer'],
    ['form_hash', 'bytea'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** Removes a secret of an application at once, after a recent sign-in. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), too_many_attempts, flood. */
  developer_secret_remove: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      client_id: string | null;
      secret_id: string | null;
    },
    ApiDeveloperChange
  >('pgrant_api.developer_secret_remove', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['client_id', 'text'],
    ['secret_id', 'text'],
  ], ['client_id', 'secret', 'in_review', 'repeated']),

  /** How an application of the developer who is signed in was used in the last p_hours hours (168 at most): {client, token_rate (requests a minute, null = any number), since, hours: [{at, granted, refused}], refusals: [{action, error, reason, value, refused, last_at}], scopes that were asked for in vain: [{scope, reason, refused, last_at}]}. Errors: login_required, not_found (somebody else's, too), too_many_attempts, flood. */
  developer_usage: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      client_id: string | null;
      hours: number | null;
    },
    ApiDeveloperPage
  >('pgrant_api.developer_usage', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['client_id', 'text'],
    ['hours', 'integer'],
  ], ['username', 'recent', 'page']),

  /** Takes device authorization requests (RFC 8628 3.1), a set at once. p_next_user_code_start are the first two letters of the user code. p_scope and p_resource (RFC 8707) are space-delimited: '' = all that the client may have, and the tenant's own audience. Errors: invalid_client, unauthorized_client, invalid_scope, invalid_target, slow_down (the address has asked for too many codes of the client), too_many_attempts, flood. */
  device_authorize: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      next_device_hash: Uint8Array | null;
      next_user_code_hash: Uint8Array | null;
      next_user_code_start: string | null;
      scope: string | null;
      resource: string | null;
    },
    ApiDeviceAuthorization
  >('pgrant_api.device_authorize', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['next_device_hash', 'bytea'],
    ['next_user_code_hash', 'bytea'],
    ['next_user_code_start', 'text'],
    ['scope', 'text'],
    ['resource', 'text'],
  ], ['expires_at', 'interval']),

  /** Answers polls of devices (RFC 8628 3.4), a set of requests at once: tokens where the person has allowed it, once. p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, authorization_pending, slow_down, access_denied, expired_token, invalid_grant, invalid_target, too_many_attempts, flood. */
  device_redeem: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      device_hash: Uint8Array | null;
      device_expires_at: number | null;
      access_hash: Uint8Array | null;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
    },
    ApiTokens
  >('pgrant_api.device_redeem', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['device_hash', 'bytea'],
    ['device_expires_at', 'bigint'],
    ['access_hash', 'bytea'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** Makes an authorization request of this browser from a user code (RFC 8628 3.3), which goes on as any other does, and is answered at the page where user codes are typed. Errors: invalid_user_code (unknown, expired, answered), too_many_attempts, flood. */
  device_verify: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      user_code_hash: Uint8Array | null;
      request_hash: Uint8Array | null;
      browser_hash: Uint8Array | null;
    },
    ApiDeviceVerification
  >('pgrant_api.device_verify', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['user_code_hash', 'bytea'],
    ['request_hash', 'bytea'],
    ['browser_hash', 'bytea'],
  ], ['expires_at']),

  /** What a grant of the client says (Grant Management 6.4): what the person has allowed, of which tokens get what the client and the person may have. p_possession are the keys that were proven. Writes nothing where it is granted, but that a proof is used. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, not_found, too_many_attempts, flood. */
  grant_query: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      grant_id: string | null;
    },
    ApiManagedGrant
  >('pgrant_api.grant_query', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['grant_id', 'uuid'],
  ], ['scopes', 'resources', 'claims', 'authorization_details', 'created_at', 'last_updated_at']),

  /** Ends a grant of the client with every token that hangs on it (Grant Management 6.5). p_possession are the keys that were proven. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, not_found, too_many_attempts, flood. */
  grant_revoke: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      grant_id: string | null;
    },
    ApiEndedGrant
  >('pgrant_api.grant_revoke', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['grant_id', 'uuid'],
  ], []),

  /** What the readiness of the web process tells. Reads some rows and writes none. Errors: none. */
  health_read: bind<
    {
    },
    ApiHealth
  >('pgrant_api.health_read', [
  ], ['late', 'unfinished']),

  /** What a client gets for an ID token (p_id_token, see id_token_person) or a refresh token of a person at another authorization server (draft-ietf-oauth-identity-assertion-authz-grant 4.3). p_audience is the issuer identifier of that server; p_resource and p_scope are space-delimited, p_scope null = all that the policy allows; p_authorization_details has to be null; p_possession are the keys that were proven, to which it is bound. A refresh token that was superseded revokes its family. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_target, invalid_scope, invalid_authorization_details, too_many_attempts, flood. */
  identity_assertion_issue: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      id_token: unknown;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
      audience: string | null;
      resource: string | null;
      scope: string | null;
      authorization_details: unknown;
    },
    ApiIdentityAssertion
  >('pgrant_api.identity_assertion_issue', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['id_token', 'jsonb'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
    ['audience', 'text'],
    ['resource', 'text'],
    ['scope', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'audience', 'scopes', 'resources', 'issued_at', 'expires_at', 'amr', 'alg']),

  /** The public keys by which an issuer signs identity assertions. With p_claim the caller may be the one that fetches its jwks_uri (fetching = claimed), and has to call identity_assertion_keys_store then. Errors: invalid_grant, which is recorded where the assertion is refused. */
  identity_assertion_keys: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      issuer: string | null;
      claim: boolean | null;
    },
    ApiIssuerKeys
  >('pgrant_api.identity_assertion_keys', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['issuer', 'text'],
    ['claim', 'boolean'],
  ], []),

  /** Takes what a claimed fetch of jwks_uri has given: the usable public keys, good for p_lifetime seconds (at least 60, at most 86400); or p_jwks null and why, which leaves the old copy for another 60. Without a claim nothing is stored. Returns what holds now. Errors: invalid_grant. */
  identity_assertion_keys_store: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      issuer: string | null;
      jwks_uri: string | null;
      jwks: unknown;
      lifetime: number | null;
      failure: string | null;
    },
    ApiIssuerKeys
  >('pgrant_api.identity_assertion_keys_store', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['issuer', 'text'],
    ['jwks_uri', 'text'],
    ['jwks', 'jsonb'],
    ['lifetime', 'integer'],
    ['failure', 'text'],
  ], []),

  /** Issues an access token for the identity assertion of another issuer (draft-ietf-oauth-identity-assertion-authz-grant 4.4): to a confidential client that may present those of that issuer, for the person with whom its sub is linked. p_identity_assertion is what identity_assertion_fault reads; p_scope and p_resource are space-delimited, p_scope null, p_resource empty = what the assertion says; p_authorization_details has to be null; p_possession are the keys that were proven. It is good once. There is neither a refresh token nor an ID token. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_scope, invalid_target, invalid_authorization_details, too_many_attempts, flood. */
  identity_assertion_redeem: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      identity_assertion: unknown;
      scope: string | null;
      resource: string | null;
      access_hash: Uint8Array | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.identity_assertion_redeem', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['identity_assertion', 'jsonb'],
    ['scope', 'text'],
    ['resource', 'text'],
    ['access_hash', 'bytea'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** Issues an access token by an assertion that the registered key of a client has signed (RFC 7523 2.1): to that client for itself, or to another API credential of its owner. p_client_id is its issuer; p_assertion as for client_assertion_refusal, jti_hash null where it has no jti, with subject where that is another than the issuer. p_scope and p_resource are space-delimited; p_scope null = the scopes that the client is registered with, or none where p_authorization_details (as of details_refusal) is there; p_possession are the keys that were proven. Errors: invalid_grant, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood. */
  jwt_bearer_issue: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      assertion: unknown;
      possession: unknown;
      scope: string | null;
      access_hash: Uint8Array | null;
      resource: string | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.jwt_bearer_issue', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['scope', 'text'],
    ['access_hash', 'bytea'],
    ['resource', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** The keys to publish (RFC 7517), and to sign with: for each alg the youngest whose active_at has come. The private half is sealed. Writes nothing. Errors: not_found. */
  key_list: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
    },
    ApiSigningKeys
  >('pgrant_api.key_list', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
  ], ['keys']),

  /** The product's signed word for who has signed in; p_auth_time in epoch seconds, with or without fractions. Makes the person or brings them up to date. Errors: expired_request, invalid_request, access_denied, login_required, too_many_attempts, flood. */
  login_accept: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      challenge_hash: Uint8Array | null;
      jti_hash: Uint8Array | null;
      jti_expires_at: number | null;
      next_verifier_hash: Uint8Array | null;
      subject: string | null;
      username: string | null;
      claims: unknown;
      roles: string[] | null;
      acr: string | null;
      amr: string[] | null;
      auth_time: number | null;
    },
    ApiLoginAnswer
  >('pgrant_api.login_accept', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['challenge_hash', 'bytea'],
    ['jti_hash', 'bytea'],
    ['jti_expires_at', 'bigint'],
    ['next_verifier_hash', 'bytea'],
    ['subject', 'text'],
    ['username', 'text'],
    ['claims', 'jsonb'],
    ['roles', 'text[]'],
    ['acr', 'text'],
    ['amr', 'text[]'],
    ['auth_time', 'double precision'],
  ], ['redirect_to']),

  /** Salt and parameters to derive a password with, for an authorization request of this browser; a stable decoy for an unknown username. What is refused here costs no derivation. Errors: expired_request, access_denied (the tenant has a login_url), too_many_attempts, flood. */
  login_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      username: string | null;
    },
    ApiLoginChallenge
  >('pgrant_api.login_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['username', 'text'],
  ], ['salt', 'params']),

  /** Signs a person in for an authorization request of this browser: compares the hash of the derived password, starts a new session and ends the old one, unless a second factor is asked for first. Counts and records failures. Errors: expired_request, access_denied (the tenant has a login_url), wrong_password, too_many_attempts, flood. */
  login_finish: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      username: string | null;
      password_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      csrf_hash: Uint8Array | null;
      user_agent: string | null;
      old_session_hash: Uint8Array | null;
      old_session_expires_at: number | null;
    },
    ApiSession
  >('pgrant_api.login_finish', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['username', 'text'],
    ['password_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['csrf_hash', 'bytea'],
    ['user_agent', 'text'],
    ['old_session_hash', 'bytea'],
    ['old_session_expires_at', 'bigint'],
  ], []),

  /** The product's signed word that nobody signs in; p_reject_reason is for the audit. Errors: expired_request, too_many_attempts, flood. */
  login_reject: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      challenge_hash: Uint8Array | null;
      jti_hash: Uint8Array | null;
      jti_expires_at: number | null;
      next_verifier_hash: Uint8Array | null;
      reject_reason: string | null;
    },
    ApiLoginAnswer
  >('pgrant_api.login_reject', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['challenge_hash', 'bytea'],
    ['jti_hash', 'bytea'],
    ['jti_expires_at', 'bigint'],
    ['next_verifier_hash', 'bytea'],
    ['reject_reason', 'text'],
  ], ['redirect_to']),

  /** The browser, which holds the cookies p_browser_hashes, comes back from the product, once: starts the session that the product vouched for and gives the request the handle p_next_request_hash, or answers the client with access_denied. Errors: expired_request, too_many_attempts, flood. */
  login_resume: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      verifier_hash: Uint8Array | null;
      browser_hashes: Uint8Array[] | null;
      next_request_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      csrf_hash: Uint8Array | null;
      user_agent: string | null;
      old_session_hash: Uint8Array | null;
      old_session_expires_at: number | null;
    },
    ApiAuthorization
  >('pgrant_api.login_resume', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['verifier_hash', 'bytea'],
    ['browser_hashes', 'bytea[]'],
    ['next_request_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['csrf_hash', 'bytea'],
    ['user_agent', 'text'],
    ['old_session_hash', 'bytea'],
    ['old_session_expires_at', 'bigint'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** The iss and the public keys of the product's signed answers. Writes nothing. Errors: not_found. */
  login_settings: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
    },
    ApiLoginSettings
  >('pgrant_api.login_settings', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
  ], ['issuer', 'jwks']),

  /** Who asks for a sign-in, for the product that has signed the question; p_jti_* name the signature, which is good once. Errors: expired_request, too_many_attempts, flood. */
  login_show: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      challenge_hash: Uint8Array | null;
      jti_hash: Uint8Array | null;
      jti_expires_at: number | null;
    },
    ApiLoginRequest
  >('pgrant_api.login_show', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['challenge_hash', 'bytea'],
    ['jti_hash', 'bytea'],
    ['jti_expires_at', 'bigint'],
  ], ['client_id', 'client_name', 'scopes', 'prompt', 'acr_values', 'expires_at']),

  /** A logo of the tenant or of one of its clients by the SHA-256 of the image. Writes nothing. Errors: not_found. */
  logo_show: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      logo_digest: Uint8Array | null;
    },
    ApiLogo
  >('pgrant_api.logo_show', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['logo_digest', 'bytea'],
  ], ['media_type', 'image']),

  /** Whether a client of the tenant has a redirect URI at this origin, or the origin in allowed_origins, so that browsers may show its programs what the token endpoint and its neighbours answer. Writes nothing. Errors: not_found. */
  origin_find: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      origin: string | null;
    },
    ApiOrigin
  >('pgrant_api.origin_find', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['origin', 'text'],
  ], ['allowed']),

  /** Adds a passkey of the person who is signed in, after a recent sign-in; this browser goes on in a session that has seen both factors. p_failure: why the web process could not verify it, null = it could. p_recovery_hashes: SHA-256 of new recovery codes, for whoever has none. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), wrong_passkey, already_exists, too_many_attempts, flood. */
  passkey_add: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      passkey_challenge_hash: Uint8Array | null;
      passkey_challenge_expires_at: number | null;
      failure: string | null;
      passkey_name: string | null;
      next_credential_id: Uint8Array | null;
      public_key: Uint8Array | null;
      sign_count: number | null;
      transports: string[] | null;
      backup_eligible: boolean | null;
      backed_up: boolean | null;
      recovery_hashes: Uint8Array[] | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiAddedPasskey
  >('pgrant_api.passkey_add', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['passkey_challenge_hash', 'bytea'],
    ['passkey_challenge_expires_at', 'bigint'],
    ['failure', 'text'],
    ['passkey_name', 'text'],
    ['next_credential_id', 'bytea'],
    ['public_key', 'bytea'],
    ['sign_count', 'bigint'],
    ['transports', 'text[]'],
    ['backup_eligible', 'boolean'],
    ['backed_up', 'boolean'],
    ['recovery_hashes', 'bytea[]'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], ['recovery_codes', 'session_expires_at']),

  /** What an authenticator is asked to make a passkey for, by the person who is signed in, after a recent sign-in. Stores p_next_challenge_hash. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), invalid_request (20 are enough). */
  passkey_add_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      next_challenge_hash: Uint8Array | null;
    },
    ApiPasskeyOptions
  >('pgrant_api.passkey_add_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['next_challenge_hash', 'bytea'],
  ], ['expires_at', 'credentials']),

  /** The public key to verify an answer of a passkey by, for an authorization request of this browser; uses the challenge up. Errors: expired_request, wrong_passkey, too_many_attempts, flood. */
  passkey_find: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      passkey_challenge_hash: Uint8Array | null;
      passkey_challenge_expires_at: number | null;
      credential_id: Uint8Array | null;
    },
    ApiPresentedPasskey
  >('pgrant_api.passkey_find', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['passkey_challenge_hash', 'bytea'],
    ['passkey_challenge_expires_at', 'bigint'],
    ['credential_id', 'bytea'],
  ], ['public_key', 'transports']),

  /** Signs in the person of a passkey for an authorization request of this browser, or takes it as the second factor. p_failure: why the web process could not verify the answer, null = it could; the rest is what the authenticator has signed. Errors: expired_request, wrong_passkey, too_many_attempts, flood. */
  passkey_finish: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      old_session_hash: Uint8Array | null;
      old_session_expires_at: number | null;
      passkey_challenge_hash: Uint8Array | null;
      passkey_challenge_expires_at: number | null;
      credential_id: Uint8Array | null;
      failure: string | null;
      user_handle: string | null;
      user_verified: boolean | null;
      sign_count: number | null;
      backup_eligible: boolean | null;
      backed_up: boolean | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.passkey_finish', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['old_session_hash', 'bytea'],
    ['old_session_expires_at', 'bigint'],
    ['passkey_challenge_hash', 'bytea'],
    ['passkey_challenge_expires_at', 'bigint'],
    ['credential_id', 'bytea'],
    ['failure', 'text'],
    ['user_handle', 'uuid'],
    ['user_verified', 'boolean'],
    ['sign_count', 'bigint'],
    ['backup_eligible', 'boolean'],
    ['backed_up', 'boolean'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** Removes a passkey of the person who is signed in, after a recent sign-in, and the recovery codes with the last second factor. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found. */
  passkey_remove: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      credential_id: Uint8Array | null;
    },
    ApiDone
  >('pgrant_api.passkey_remove', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['credential_id', 'bytea'],
  ], []),

  /** What a passkey is asked to sign for an authorization request of this browser: by the person whose second factor is asked for, else by whoever has one. Stores p_next_challenge_hash. Errors: expired_request, access_denied (second_factor is off), too_many_attempts, flood. */
  passkey_request: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      old_session_hash: Uint8Array | null;
      old_session_expires_at: number | null;
      next_challenge_hash: Uint8Array | null;
    },
    ApiPasskeyOptions
  >('pgrant_api.passkey_request', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['old_session_hash', 'bytea'],
    ['old_session_expires_at', 'bigint'],
    ['next_challenge_hash', 'bytea'],
  ], ['expires_at', 'credentials']),

  /** Adds the passkey of a person who has to have a second factor and has none, for an authorization request of this browser, and signs them in. p_failure: why the web process could not verify it, null = it could; p_recovery_hashes: SHA-256 of new recovery codes, for whoever has none. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied (the person has one), wrong_passkey, already_exists, too_many_attempts, flood. */
  passkey_set_up: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      passkey_challenge_hash: Uint8Array | null;
      passkey_challenge_expires_at: number | null;
      failure: string | null;
      passkey_name: string | null;
      next_credential_id: Uint8Array | null;
      public_key: Uint8Array | null;
      sign_count: number | null;
      transports: string[] | null;
      backup_eligible: boolean | null;
      backed_up: boolean | null;
      recovery_hashes: Uint8Array[] | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.passkey_set_up', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['passkey_challenge_hash', 'bytea'],
    ['passkey_challenge_expires_at', 'bigint'],
    ['failure', 'text'],
    ['passkey_name', 'text'],
    ['next_credential_id', 'bytea'],
    ['public_key', 'bytea'],
    ['sign_count', 'bigint'],
    ['transports', 'text[]'],
    ['backup_eligible', 'boolean'],
    ['backed_up', 'boolean'],
    ['recovery_hashes', 'bytea[]'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** What an authenticator is asked to make a passkey for, by a person who has to have a second factor and has none, for an authorization request of this browser. Stores p_next_challenge_hash. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied (the person has one), too_many_attempts, flood. */
  passkey_set_up_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      next_challenge_hash: Uint8Array | null;
    },
    ApiPasskeyOptions
  >('pgrant_api.passkey_set_up_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['next_challenge_hash', 'bytea'],
  ], ['expires_at', 'credentials']),

  /** Takes up a pushed request for this browser, unless it has been answered, and says what comes next (RFC 9126 4); p_pushed_hash and p_pushed_expires_at are of its request_uri. Without p_browser_hash it is only stored for whoever continues it. Errors: invalid_request_uri, too_many_attempts, flood. */
  pushed_request_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      code_hash: Uint8Array | null;
      client_id: string | null;
      pushed_hash: Uint8Array | null;
      pushed_expires_at: number | null;
    },
    ApiAuthorization
  >('pgrant_api.pushed_request_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['code_hash', 'bytea'],
    ['client_id', 'text'],
    ['pushed_hash', 'bytea'],
    ['pushed_expires_at', 'bigint'],
  ], ['next', ['request_expires_at', 'next', ['continue', 'login', 'second_factor', 'account', 'consent']], ['redirect_uri', 'next', ['respond']], ['response_mode', 'next', ['respond']]]),

  /** Gives the person who is signed in new recovery codes (SHA-256 of each), after a recent sign-in; those of before are good no more. With p_form_hash (SHA-256 of the form's own key; null = it has none) once: sent again, it is repeated. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found (no second factor). */
  recovery_codes_set: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      recovery_hashes: Uint8Array[] | null;
      form_hash: Uint8Array | null;
    },
    ApiRenewedCodes
  >('pgrant_api.recovery_codes_set', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['recovery_hashes', 'bytea[]'],
    ['form_hash', 'bytea'],
  ], ['repeated']),

  /** Refreshes (RFC 6749 6), a set of requests at once: the current token is rotated to the proposed successor, its predecessor gets the same successor again inside the window, anything else with a valid handle revokes the family. p_scope and p_resource are space-delimited; p_scope null, p_resource empty, p_authorization_details (as of details_refusal) null = all of the family's; p_possession are the keys that were proven. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, invalid_request, unauthorized_client, invalid_grant, invalid_scope, invalid_target, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood. */
  refresh_rotate: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
      scope: string | null;
      access_hash: Uint8Array | null;
      successor_hash: Uint8Array | null;
      successor_salt: Uint8Array | null;
      resource: string | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.refresh_rotate', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
    ['scope', 'text'],
    ['access_hash', 'bytea'],
    ['successor_hash', 'bytea'],
    ['successor_salt', 'bytea'],
    ['resource', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** Records a refusal that the web process has decided on, such as a signature that is not good; p_refused_detail says which value was refused and why. Errors: too_many_attempts, flood, to be answered instead. */
  refusal_record: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      action: string | null;
      refused: ApiError | null;
      refused_reason: string | null;
      refused_detail?: string | null;
    },
    ApiDone
  >('pgrant_api.refusal_record', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['action', 'text'],
    ['refused', 'pgrant_api.error'],
    ['refused_reason', 'text'],
    ['refused_detail', 'text', 'optional'],
  ], []),

  /** Registers a client (RFC 7591 3) from metadata that are well-formed, keyed as registration_fields() says. p_next_secret_hash is stored for a client that authenticates by a secret. It lives for an hour until a person is sent here by it. Errors: access_denied (closed), invalid_token, too_many_attempts, temporarily_unavailable (quota), invalid_client_metadata, invalid_redirect_uri, flood. */
  registration_add: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      metadata: unknown;
      initial_hash: Uint8Array | null;
      next_secret_hash: Uint8Array | null;
      next_registration_hash: Uint8Array | null;
    },
    ApiRegistration
  >('pgrant_api.registration_add', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['metadata', 'jsonb'],
    ['initial_hash', 'bytea'],
    ['next_secret_hash', 'bytea'],
    ['next_registration_hash', 'bytea'],
  ], ['client_id', 'issued_at', 'secret', 'metadata']),

  /** The registration of a client (RFC 7592 2.1). Writes nothing where it is granted. Errors: invalid_token, too_many_attempts, flood. */
  registration_read: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      registered_id: string | null;
      registration_hash: Uint8Array | null;
    },
    ApiRegistration
  >('pgrant_api.registration_read', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['registered_id', 'text'],
    ['registration_hash', 'bytea'],
  ], ['client_id', 'issued_at', 'secret', 'metadata']),

  /** Removes a client with its secrets, grants and tokens (RFC 7592 2.3). Returns what it was. Errors: invalid_token, too_many_attempts, flood. */
  registration_remove: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      registered_id: string | null;
      registration_hash: Uint8Array | null;
    },
    ApiRegistration
  >('pgrant_api.registration_remove', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['registered_id', 'text'],
    ['registration_hash', 'bytea'],
  ], ['client_id', 'issued_at', 'secret', 'metadata']),

  /** Replaces all metadata of a client (RFC 7592 2.2). p_kept_secret_hash is of the secret that the client repeats, null where it repeats none; p_next_secret_hash is stored where it comes to authenticate by a secret. Errors: invalid_token, invalid_client_metadata, invalid_redirect_uri, too_many_attempts, flood. */
  registration_replace: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      registered_id: string | null;
      registration_hash: Uint8Array | null;
      kept_secret_hash: Uint8Array | null;
      metadata: unknown;
      next_secret_hash: Uint8Array | null;
    },
    ApiRegistration
  >('pgrant_api.registration_replace', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['registered_id', 'text'],
    ['registration_hash', 'bytea'],
    ['kept_secret_hash', 'bytea'],
    ['metadata', 'jsonb'],
    ['next_secret_hash', 'bytea'],
  ], ['client_id', 'issued_at', 'secret', 'metadata']),

  /** What is asked before something is fetched or verified for a registration, at no stranger's wish: whose software statements (RFC 7591 2.3) the tenant believes, for whoever may register (p_initial_hash null = without a token) or holds a registration (p_registered_id null = a new one). As often as registration_rate says. Errors: access_denied, invalid_token, too_many_attempts, flood. */
  registration_settings: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      initial_hash: Uint8Array | null;
      registered_id: string | null;
      registration_hash: Uint8Array | null;
    },
    ApiRegistrationSettings
  >('pgrant_api.registration_settings', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['initial_hash', 'bytea'],
    ['registered_id', 'text'],
    ['registration_hash', 'bytea'],
  ], ['issuers']),

  /** Whether a request object may be fetched from a request_uri: one that its client has registered, character by character (OpenID Connect Core 6.2). Writes nothing: a refusal is recorded with that of the request. Errors: request_uri_not_supported, invalid_request_uri. */
  request_uri_find: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      request_uri: string | null;
    },
    ApiDone
  >('pgrant_api.request_uri_find', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['request_uri', 'text'],
  ], []),

  /** Whose second factor an authorization request of this browser waits for. Errors: expired_request, login_required (none is asked for: go on with the request), too_many_attempts, flood. */
  second_factor_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
    },
    ApiSecondFactorChallenge
  >('pgrant_api.second_factor_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
  ], ['user_id', 'username']),

  /** Takes a second factor for an authorization request of this browser, and signs the person in, or raises their session. p_totp_step: the time step of which the code was found right, null = of none; p_recovery_hash: SHA-256 of what was typed, as a recovery code. Errors: expired_request, login_required (none is asked for: go on with the request), wrong_code, too_many_attempts, flood. */
  second_factor_finish: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      totp_step: number | null;
      recovery_hash: Uint8Array | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.second_factor_finish', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['totp_step', 'bigint'],
    ['recovery_hash', 'bytea'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** Lets the person sign in anew for an authorization request of this browser, as somebody else or in another way. Errors: expired_request, too_many_attempts, flood. */
  second_factor_leave: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
    },
    ApiDone
  >('pgrant_api.second_factor_leave', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
  ], []),

  /** Sets up the authenticator app of a person who has to have a second factor and has none, for an authorization request of this browser, and signs them in. p_totp_step: the time step of the code that they typed; p_recovery_hashes: SHA-256 of new recovery codes. Errors: expired_request, login_required (none is asked for: go on with the request), access_denied and already_exists (the person has one), too_many_attempts, flood. */
  second_factor_set_up: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      sealed_secret: Uint8Array | null;
      totp_step: number | null;
      recovery_hashes: Uint8Array[] | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.second_factor_set_up', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['sealed_secret', 'bytea'],
    ['totp_step', 'bigint'],
    ['recovery_hashes', 'bytea[]'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** Logs out: at once with an id_token_hint of the same person (p_hint_*, verified by the web process; expired is fine) or the session's CSRF token, else after a confirmation. Without a live session in the browser, the one that the hint names is ended. Redirects only to a URI that is registered for the audience of the hint, or for p_client_id where the person has confirmed; there at once only where that is trusted (see untrusted). Errors: invalid_request, invalid_redirect_uri. */
  session_logout: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      hint_sub: string | null;
      hint_client_id: string | null;
      hint_sid: string | null;
      client_id: string | null;
      post_logout_redirect_uri: string | null;
    },
    ApiLogout
  >('pgrant_api.session_logout', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['hint_sub', 'text'],
    ['hint_client_id', 'text'],
    ['hint_sid', 'text'],
    ['client_id', 'text'],
    ['post_logout_redirect_uri', 'text'],
  ], ['next', ['redirect_uri', 'next', ['redirect']], ['frames', 'next', ['redirect', 'done']], ['untrusted', 'next', ['redirect']]]),

  /** What every page of the tenant shows, and every challenge says. Writes nothing. Errors: not_found. */
  tenant_appearance: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
    },
    ApiAppearance
  >('pgrant_api.tenant_appearance', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
  ], ['title', 'language', 'remember_username', 'client_signing_algs']),

  /** What the metadata documents (RFC 8414) and the pages say of the tenant. Writes nothing. Errors: not_found. */
  tenant_describe: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
    },
    ApiTenantFacts
  >('pgrant_api.tenant_describe', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
  ], ['title', 'scopes', 'signing_algs', 'client_signing_algs', 'token_endpoint_auth_methods', 'registration', 'client_documents', 'refresh_lifetime', 'session_lifetime', 'acr_values', 'sign_up', 'request_uri_parameter', 'require_signed_request_object', 'require_pushed_authorization_requests', 'session_management', 'grant_management_action_required', 'authorization_details_types']),

  /** Finds the tenant with the longest issuer path that is a prefix of p_path, whole segments only. p_host is a key to look up and is never repeated. Writes nothing. Errors: not_found. */
  tenant_find: bind<
    {
      host: string | null;
      path: string | null;
    },
    ApiTenant
  >('pgrant_api.tenant_find', [
    ['host', 'text'],
    ['path', 'text'],
  ], ['tenant_id', 'issuer', 'title', 'path', 'disabled']),

  /** Exchanges the access token of a person for another one (RFC 8693 2.1), where a policy lets the client: p_access_hash or p_jwt is the subject's token, as of token_introspect, neither = not a token of ours; p_actor is {access_hash (hex), access_expires_at, jwt} of the actor's, null = the client acts; p_issued_hash is that of the new one. p_scope null = all of the subject's token; p_resource empty and p_audience (a resource, or one of its audiences) null = the tenant's own audience; p_authorization_details as of details_refusal. Errors: invalid_client, invalid_dpop_proof, use_dpop_nonce, unauthorized_client, invalid_request, invalid_target, invalid_scope, invalid_authorization_details, temporarily_unavailable, too_many_attempts, flood. */
  token_exchange: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      actor: unknown;
      scope: string | null;
      issued_hash: Uint8Array | null;
      resource: string | null;
      audience: string | null;
      authorization_details: unknown;
    },
    ApiTokens
  >('pgrant_api.token_exchange', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['actor', 'jsonb'],
    ['scope', 'text'],
    ['issued_hash', 'bytea'],
    ['resource', 'text'],
    ['audience', 'text'],
    ['authorization_details', 'jsonb'],
  ], ['client_id', 'subject', 'scopes', 'audience', 'access_token_format', 'access_token_alg', 'access_token_typ', 'access_claims', 'issued_at', 'access_expires_at', 'refresh_token']),

  /** Introspects tokens (RFC 7662), a set of requests at once, for confidential clients of the tenant; a refresh token only for its own client, an access token of another for an introspection_audience. Exactly one of p_access_hash, p_jwt, p_handle_hash, p_key_hash (an API credential as a bearer key) names each, none = not a token of ours. Writes nothing but that an assertion or a key is used. Errors: invalid_client, too_many_attempts, flood. */
  token_introspect: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
      key_hash: Uint8Array | null;
    },
    ApiIntrospection
  >('pgrant_api.token_introspect', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
    ['key_hash', 'bytea'],
  ], ['active', ['client_id', 'active', [true]], ['subject', 'active', [true]], ['scopes', 'active', [true]]]),

  /** Revokes tokens of the calling clients (RFC 7009), a set of requests at once: an access token alone, a refresh token with its whole family. A token that is not the caller's is like one that does not exist: no error. Errors: invalid_client, too_many_attempts, flood. */
  token_revoke: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      client_id: string | null;
      auth_method: string | null;
      secret_hash: Uint8Array | null;
      assertion: unknown;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
      handle_hash: Uint8Array | null;
      refresh_hash: Uint8Array | null;
    },
    ApiDone
  >('pgrant_api.token_revoke', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['client_id', 'text'],
    ['auth_method', 'text'],
    ['secret_hash', 'bytea'],
    ['assertion', 'jsonb'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
    ['handle_hash', 'bytea'],
    ['refresh_hash', 'bytea'],
  ], []),

  /** Sets up the authenticator app of the person who is signed in, after a recent sign-in; this browser goes on in a session that has seen both factors. p_totp_step: the time step of the code that they typed; p_recovery_hashes: SHA-256 of new recovery codes. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), already_exists. */
  totp_add: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      sealed_secret: Uint8Array | null;
      totp_step: number | null;
      recovery_hashes: Uint8Array[] | null;
      next_session_hash: Uint8Array | null;
      next_csrf_hash: Uint8Array | null;
      user_agent: string | null;
    },
    ApiSession
  >('pgrant_api.totp_add', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['sealed_secret', 'bytea'],
    ['totp_step', 'bigint'],
    ['recovery_hashes', 'bytea[]'],
    ['next_session_hash', 'bytea'],
    ['next_csrf_hash', 'bytea'],
    ['user_agent', 'text'],
  ], []),

  /** Removes the authenticator app of the person who is signed in, after a recent sign-in, and the recovery codes with the last second factor. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (second_factor is off), not_found. */
  totp_remove: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
    },
    ApiDone
  >('pgrant_api.totp_remove', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
  ], []),

  /** Sends a person to an upstream, to sign in for an authorization request of this browser. Errors: expired_request, access_denied (the tenant has a login_url), not_found, too_many_attempts, flood. */
  upstream_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      request_hash: Uint8Array | null;
      request_expires_at: number | null;
      browser_hash: Uint8Array | null;
      sealed_request: Uint8Array | null;
      upstream: string | null;
      state_hash: Uint8Array | null;
    },
    ApiUpstreamLogin
  >('pgrant_api.upstream_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['request_hash', 'bytea'],
    ['request_expires_at', 'bigint'],
    ['browser_hash', 'bytea'],
    ['sealed_request', 'bytea'],
    ['upstream', 'text'],
    ['state_hash', 'bytea'],
  ], ['state_expires_at', 'name', 'kind', 'title', 'client_id', 'token_endpoint_auth_method', 'scopes', 'settings', 'force_login']),

  /** Ends a sign-in at an upstream that came to nothing, and records why. Errors: expired_request. */
  upstream_fail: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      browser_hash: Uint8Array | null;
      state_hash: Uint8Array | null;
      state_expires_at: number | null;
      error: ApiError | null;
      error_reason: string | null;
    },
    ApiDone
  >('pgrant_api.upstream_fail', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['browser_hash', 'bytea'],
    ['state_hash', 'bytea'],
    ['state_expires_at', 'bigint'],
    ['error', 'pgrant_api.error'],
    ['error_reason', 'text'],
  ], []),

  /** Signs in the person whom an upstream has named, or links the account to the person who is signed in (session_expires_at is null then, and where a second factor is asked for first), and takes over what the upstream says of them. p_present false = the person is not, or no longer, a member there. Errors: expired_request, unknown_account, access_denied, login_required. */
  upstream_finish: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      browser_hash: Uint8Array | null;
      state_hash: Uint8Array | null;
      state_expires_at: number | null;
      subject: string | null;
      username: string | null;
      profile: unknown;
      claims: unknown;
      roles: string[] | null;
      amr: string[] | null;
      present: boolean | null;
      sealed_tokens: Uint8Array | null;
      checkable: boolean | null;
      session_hash: Uint8Array | null;
      csrf_hash: Uint8Array | null;
      user_agent: string | null;
      old_session_hash: Uint8Array | null;
      old_session_expires_at: number | null;
    },
    ApiSession
  >('pgrant_api.upstream_finish', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['browser_hash', 'bytea'],
    ['state_hash', 'bytea'],
    ['state_expires_at', 'bigint'],
    ['subject', 'text'],
    ['username', 'text'],
    ['profile', 'jsonb'],
    ['claims', 'jsonb'],
    ['roles', 'text[]'],
    ['amr', 'text[]'],
    ['present', 'boolean'],
    ['sealed_tokens', 'bytea'],
    ['checkable', 'boolean'],
    ['session_hash', 'bytea'],
    ['csrf_hash', 'bytea'],
    ['user_agent', 'text'],
    ['old_session_hash', 'bytea'],
    ['old_session_expires_at', 'bigint'],
  ], []),

  /** Sends the signed-in person to an upstream, to link the account there, after a recent sign-in; the form carries the token of the session. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), not_found. */
  upstream_link_begin: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      session_hash: Uint8Array | null;
      session_expires_at: number | null;
      csrf_hash: Uint8Array | null;
      browser_hash: Uint8Array | null;
      upstream: string | null;
      state_hash: Uint8Array | null;
    },
    ApiUpstreamLogin
  >('pgrant_api.upstream_link_begin', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['session_hash', 'bytea'],
    ['session_expires_at', 'bigint'],
    ['csrf_hash', 'bytea'],
    ['browser_hash', 'bytea'],
    ['upstream', 'text'],
    ['state_hash', 'bytea'],
  ], ['state_expires_at', 'name', 'kind', 'title', 'client_id', 'token_endpoint_auth_method', 'scopes', 'settings', 'force_login']),

  /** Takes state back from an upstream, once, in the browser that it was given to and at the redirect URI of that upstream (RFC 9700 4.4.2.2). Errors: expired_request, not_found, too_many_attempts, flood. */
  upstream_resume: bind<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      browser_hash: Uint8Array | null;
      state_hash: Uint8Array | null;
      state_expires_at: number | null;
      upstream: string | null;
    },
    ApiUpstreamLogin
  >('pgrant_api.upstream_resume', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['browser_hash', 'bytea'],
    ['state_hash', 'bytea'],
    ['state_expires_at', 'bigint'],
    ['upstream', 'text'],
  ], ['state_expires_at', 'name', 'kind', 'title', 'client_id', 'token_endpoint_auth_method', 'scopes', 'settings', 'force_login']),

  /** Claims about the people behind access tokens with openid (OpenID Connect Core 5.3), a set of requests at once: by their scopes, and those asked for one by one. p_possession are the keys that were proven, with a proof where the token came as DPoP. Writes nothing where it is granted, but that a proof is used. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, insufficient_scope, too_many_attempts, flood. */
  userinfo_read: bindSet<
    {
      tenant: string;
      request_id: string | null;
      address: string | null;
      possession: unknown;
      access_hash: Uint8Array | null;
      access_expires_at: number | null;
      jwt: unknown;
    },
    ApiUserinfo
  >('pgrant_api.userinfo_read', [
    ['tenant', 'uuid'],
    ['request_id', 'text'],
    ['address', 'inet'],
    ['possession', 'jsonb'],
    ['access_hash', 'bytea'],
    ['access_expires_at', 'bigint'],
    ['jwt', 'jsonb'],
  ], ['claims', 'client_id']),
} as const;

export const ops = {
  /** pgrant_report.who_could_access for one tenant; p_at null = now. Raises OA001, OA003. */
  access_list: bind<
    {
      tenant: string;
      what: string | null;
      at?: string | null;
      username?: string | null;
      client_id?: string | null;
      after?: string | null;
      after_client?: string | null;
      limit?: number | null;
    },
    {
      username: string | null;
      client_id: string | null;
      client_name: string | null;
      grant_id: string | null;
      scopes: string[] | null;
      through: string[] | null;
      since: string | null;
      until: string | null;
    }
  >('pgrant_ops.access_list', [
    ['tenant', 'uuid'],
    ['what', 'text'],
    ['at', 'timestamp with time zone', 'optional'],
    ['username', 'text', 'optional'],
    ['client_id', 'text', 'optional'],
    ['after', 'uuid', 'optional'],
    ['after_client', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Gives a tenant what its admins need, whatever is missing of it: the roles pgrant.admin and pgrant.admin.read, which nobody has yet; the admin API as a resource; and the client by which people sign in at the console. Returns the URI of the API, which is the aud of its tokens. Raises OA001, OA002. */
  admin_enable: bind<
    {
      tenant: string;
    },
    {
      admin_enable: string;
    }
  >('pgrant_ops.admin_enable', [
    ['tenant', 'uuid'],
  ], ['admin_enable']),

  /** Records that the events of a month are in a file with this SHA-256: the month may be dropped once it is past its retention. Raises OA001. */
  audit_archive_add: bind<
    {
      tenant: string;
      month: string | null;
      events: number | null;
      file: string | null;
      digest: Uint8Array | null;
    },
    {
      audit_archive_add: null;
    }
  >('pgrant_ops.audit_archive_add', [
    ['tenant', 'uuid'],
    ['month', 'date'],
    ['events', 'bigint'],
    ['file', 'text'],
    ['digest', 'bytea'],
  ], []),

  /** Months (UTC) of a tenant that ended before p_before (null = past their retention) and whose events were not archived, or became more since: events that are there, events that are sealed, first and last seal. Raises OA001. */
  audit_archive_due: bind<
    {
      tenant: string;
      before?: string | null;
    },
    {
      month: string | null;
      events: number | null;
      sealed: number | null;
      first: number | null;
      last: number | null;
    }
  >('pgrant_ops.audit_archive_due', [
    ['tenant', 'uuid'],
    ['before', 'timestamp with time zone', 'optional'],
  ], []),

  /** pgrant_report.audit_archive_lines() for operators. Raises OA001. */
  audit_archive_lines: bind<
    {
      tenant: string;
      month: string | null;
      first: number | null;
      last: number | null;
    },
    {
      line: string | null;
    }
  >('pgrant_ops.audit_archive_lines', [
    ['tenant', 'uuid'],
    ['month', 'date'],
    ['first', 'bigint'],
    ['last', 'bigint'],
  ], []),

  /** Keeps a signed checkpoint of a seal. Returns the one that is there afterwards: the first that was made of this seal; null where the chain has no such seal. Raises OA001. */
  audit_checkpoint_add: bind<
    {
      tenant: string;
      number: number | null;
      seal: Uint8Array | null;
      jwt: string | null;
    },
    {
      audit_checkpoint_add: string | null;
    }
  >('pgrant_ops.audit_checkpoint_add', [
    ['tenant', 'uuid'],
    ['number', 'bigint'],
    ['seal', 'bytea'],
    ['jwt', 'text'],
  ], []),

  /** What a checkpoint at seal p_number (null = the last) says, made_at in epoch seconds, and the key that signs it. No row where there is no such seal or no key yet. Raises OA001. */
  audit_checkpoint_draft: bind<
    {
      tenant: string;
      number?: number | null;
    },
    {
      number: number | null;
      seal: Buffer | null;
      total: number | null;
      made_at: number | null;
      issuer: string | null;
      kid: string | null;
      alg: string | null;
      public_jwk: Json;
      sealed_private: Buffer | null;
    }
  >('pgrant_ops.audit_checkpoint_draft', [
    ['tenant', 'uuid'],
    ['number', 'bigint', 'optional'],
  ], []),

  /** Tenants whose chain has grown since their last checkpoint, which is a day old. The worker asks this. */
  audit_checkpoint_due: bind<
    {
    },
    {
      tenant_id: string | null;
    }
  >('pgrant_ops.audit_checkpoint_due', [
  ], []),

  /** The checkpoints of a tenant, the oldest first; they are kept for 15 months. Raises OA001. */
  audit_checkpoint_list: bind<
    {
      tenant: string;
    },
    {
      number: number | null;
      seal: Buffer | null;
      made_at: string | null;
      jwt: string | null;
    }
  >('pgrant_ops.audit_checkpoint_list', [
    ['tenant', 'uuid'],
  ], []),

  /** The first seal of a tenant whose events are kept, where a copy begins. Raises OA001. */
  audit_copy_first: bind<
    {
      tenant: string;
    },
    {
      audit_copy_first: number;
    }
  >('pgrant_ops.audit_copy_first', [
    ['tenant', 'uuid'],
  ], ['audit_copy_first']),

  /** What the events of p_events (an array of lines of a copy of the audit) that the database does not know did, to whom, with which detail (of what was ended or changed), and how often; refusals did nothing. p_tenant need not be there: then it has none. */
  audit_lost: bind<
    {
      tenant: string;
      events: unknown;
    },
    {
      effect: string | null;
      action: string | null;
      client_id: string | null;
      user_id: string | null;
      grant_id: string | null;
      detail: Json;
      events: number | null;
      first_at: string | null;
      last_at: string | null;
    }
  >('pgrant_ops.audit_lost', [
    ['tenant', 'uuid'],
    ['events', 'jsonb'],
  ], []),

  /** For how many months after its own a month of audit events is kept, and one of the seals over them; of all tenants. The history is kept as long as the events. */
  audit_retention: bind<
    {
    },
    {
      months: number | null;
      seal_months: number | null;
    }
  >('pgrant_ops.audit_retention', [
  ], []),

  /** Sets for how many months (1 to 120) after its own a month of audit events is kept, of all tenants, and with it the history; seals are kept two months longer. What is older is dropped within the hour, or once it is archived. An audit event of each tenant says so. Raises OA003. */
  audit_retention_set: bind<
    {
      months: number | null;
    },
    {
      audit_retention_set: null;
    }
  >('pgrant_ops.audit_retention_set', [
    ['months', 'integer'],
  ], []),

  /** Seals the events of all tenants whose transactions can no longer change: those of the next p_width transaction ids. Returns how many seals it appended (those of audit_adopt() are not counted), and whether nothing is left (else call it again); by_tenant: it did nothing, for audit_seal_tenant() is to be called for each of audit_seal_due(). While one worker seals, others do nothing. A transaction that runs for long holds up what was recorded after it began. Nothing is null. */
  audit_seal: bind<
    {
      width?: number | null;
    },
    {
      seals: number;
      done: boolean;
      by_tenant: boolean;
    }
  >('pgrant_ops.audit_seal', [
    ['width', 'integer', 'optional'],
  ], ['seals', 'done', 'by_tenant']),

  /** The tenants for which audit_seal_tenant() may find something: those with events since their last seal, those that were sealed within two hours, behind which a transaction may have ended late, and those without a seal; and, with compare true, a few of those whose events were not compared with their seals for a day, so that each has its turn once a day. */
  audit_seal_due: bind<
    {
    },
    {
      tenant_id: string | null;
      compare: boolean | null;
    }
  >('pgrant_ops.audit_seal_due', [
  ], []),

  /** Seals the events of one tenant that no seal covers, the oldest p_width first, where transaction ids say nothing because each node has its own: those since an hour before nothing was left, and with p_compare also those of before, in months that have more events than seals cover. Returns how many seals it appended: where there were any, there may be more. */
  audit_seal_tenant: bind<
    {
      width: number | null;
      tenant: string;
      compare?: boolean | null;
    },
    {
      audit_seal_tenant: number;
    }
  >('pgrant_ops.audit_seal_tenant', [
    ['width', 'integer'],
    ['tenant', 'uuid'],
    ['compare', 'boolean', 'optional'],
  ], ['audit_seal_tenant']),

  /** The audit of a tenant, youngest first, p_limit events (1000 at most) after p_after, a cursor of the page before: actions that begin with p_action, of a client or a person, refused or granted, from p_since to p_until. actor is there where an operator or admin decided. May be null: error, reason, client_id, user_id, username, grant_id, address, request_id, detail, actor. Raises OA001. */
  audit_search: bind<
    {
      tenant: string;
      action?: string | null;
      client_id?: string | null;
      username?: string | null;
      refused?: boolean | null;
      since?: string | null;
      until?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      at: string;
      event_id: string;
      action: string;
      error: string | null;
      reason: string | null;
      client_id: string | null;
      user_id: string | null;
      username: string | null;
      grant_id: string | null;
      address: string | null;
      request_id: string | null;
      detail: Json;
      actor: Json;
      cursor: string;
    }
  >('pgrant_ops.audit_search', [
    ['tenant', 'uuid'],
    ['action', 'text', 'optional'],
    ['client_id', 'text', 'optional'],
    ['username', 'text', 'optional'],
    ['refused', 'boolean', 'optional'],
    ['since', 'timestamp with time zone', 'optional'],
    ['until', 'timestamp with time zone', 'optional'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['at', 'event_id', 'action', 'cursor']),

  /** pgrant_report.audit_verify_rest() for operators. Raises OA001. */
  audit_verify_rest: bind<
    {
      tenant: string;
      first?: number | null;
      number?: number | null;
      seal?: Uint8Array | null;
    },
    {
      fault: string | null;
      seal: number | null;
      event_id: string | null;
      first_kept: number | null;
      unsealed: number | null;
      unsealed_since: string | null;
    }
  >('pgrant_ops.audit_verify_rest', [
    ['tenant', 'uuid'],
    ['first', 'bigint', 'optional'],
    ['number', 'bigint', 'optional'],
    ['seal', 'bytea', 'optional'],
  ], []),

  /** pgrant_report.audit_verify_seals() for operators: call it again from the seal after number on until fewer than p_seals were walked. Raises OA001. */
  audit_verify_seals: bind<
    {
      tenant: string;
      first?: number | null;
      seals?: number | null;
    },
    {
      fault: string | null;
      seal: number | null;
      event_id: string | null;
      seals: number | null;
      events: number | null;
      present: number | null;
      number: number | null;
    }
  >('pgrant_ops.audit_verify_seals', [
    ['tenant', 'uuid'],
    ['first', 'bigint', 'optional'],
    ['seals', 'integer', 'optional'],
  ], []),

  /** Lets a role of the database read the reports of one tenant, or of all (p_tenant null); what it could read before is replaced. Returns whether the role is a member of pgrant_auditor, without which it reads nothing: no function of ours hands out memberships, a DBA does by "grant pgrant_auditor to <role>". An audit event of the tenant, or of each, says so. Raises OA001, OA003. */
  auditor_add: bind<
    {
      role: string | null;
      tenant?: string;
    },
    {
      auditor_add: boolean;
    }
  >('pgrant_ops.auditor_add', [
    ['role', 'text'],
    ['tenant', 'uuid', 'optional'],
  ], ['auditor_add']),

  /** Who may read the reports: of which tenant (null = of all), whether the role is a member of pgrant_auditor yet, and what a DBA has to run: {} = nothing. May be null: tenant. */
  auditor_list: bind<
    {
    },
    {
      role: string;
      tenant: string | null;
      member: boolean;
      missing: string[];
      created_at: string;
    }
  >('pgrant_ops.auditor_list', [
  ], ['role', 'member', 'missing', 'created_at']),

  /** The role reads no more rows from now on, whatever it is a member of. An audit event of the tenant that it read, or of each, says so. Raises OA001. */
  auditor_remove: bind<
    {
      role: string | null;
    },
    {
      auditor_remove: null;
    }
  >('pgrant_ops.auditor_remove', [
    ['role', 'text'],
  ], []),

  /** The types of authorization details of a tenant. Raises OA001. */
  authorization_details_type_list: bind<
    {
      tenant: string;
    },
    {
      type: string | null;
      title: string | null;
      template: string | null;
      consent_remembered: boolean | null;
      client_credentials: boolean | null;
      json_schema: Json;
      created_at: string | null;
    }
  >('pgrant_ops.authorization_details_type_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes a type, whichever clients may ask for it: tokens lose it at their next refresh or introspection. Raises OA001. */
  authorization_details_type_remove: bind<
    {
      tenant: string;
      type: string | null;
    },
    {
      authorization_details_type_remove: null;
    }
  >('pgrant_ops.authorization_details_type_remove', [
    ['tenant', 'uuid'],
    ['type', 'text'],
  ], []),

  /** Registers a type of authorization details (RFC 9396 2), or changes it: its name for people, its JSON Schema (2020-12, which the caller has compiled), the template of the consent page, whether consent is remembered, whether clients may have it for themselves. What was granted is kept, whatever the schema says now. Raises OA001, OA003. */
  authorization_details_type_set: bind<
    {
      tenant: string;
      type: string | null;
      title: string | null;
      json_schema: unknown;
      template: string | null;
      consent_remembered?: boolean | null;
      client_credentials?: boolean | null;
    },
    {
      authorization_details_type_set: null;
    }
  >('pgrant_ops.authorization_details_type_set', [
    ['tenant', 'uuid'],
    ['type', 'text'],
    ['title', 'text'],
    ['json_schema', 'jsonb'],
    ['template', 'text'],
    ['consent_remembered', 'boolean', 'optional'],
    ['client_credentials', 'boolean', 'optional'],
  ], []),

  /** A type of authorization details, with its JSON Schema and the clients that may ask for it. Raises OA001. */
  authorization_details_type_show: bind<
    {
      tenant: string;
      type: string | null;
    },
    {
      authorization_details_type_show: Json;
    }
  >('pgrant_ops.authorization_details_type_show', [
    ['tenant', 'uuid'],
    ['type', 'text'],
  ], ['authorization_details_type_show']),

  /** What waits for the worker: undelivered = events, expired = rows that the next cleanup deletes (partitions are dropped whole and not counted). Counts at most p_limit a table. oldest = for how many seconds the oldest has waited, 0 where none does. Nothing is null. */
  backlog_read: bind<
    {
      limit?: number | null;
    },
    {
      kind: string;
      waiting: number;
      oldest: number;
    }
  >('pgrant_ops.backlog_read', [
    ['limit', 'integer', 'optional'],
  ], ['kind', 'waiting', 'oldest']),

  /** A check in words: what the column must be, or, where it is about several (column_name null), a sentence. May be null: column_name. */
  check_words: bind<
    {
      table: string | null;
      constraint: string | null;
    },
    {
      column_name: string | null;
      words: string;
    }
  >('pgrant_ops.check_words', [
    ['table', 'text'],
    ['constraint', 'text'],
  ], ['words']),

  /** Registers a client; p_metadata by the names of RFC 7591 2 where it has them, and of the columns of pgrant.clients. p_secret_hash is the SHA-256 of a secret made outside. Returns the client. Raises OA001, OA002, OA003. */
  client_add: bind<
    {
      tenant: string;
      client_id: string | null;
      metadata: unknown;
      secret_hash?: Uint8Array | null;
    },
    {
      client_add: Json;
    }
  >('pgrant_ops.client_add', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['metadata', 'jsonb'],
    ['secret_hash', 'bytea', 'optional'],
  ], ['client_add']),

  /** Disables a client (its tokens are dead at once, while it is disabled) or enables it again. Raises OA001. */
  client_disable: bind<
    {
      tenant: string;
      client_id: string | null;
      disabled: boolean | null;
    },
    {
      client_disable: null;
    }
  >('pgrant_ops.client_disable', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['disabled', 'boolean'],
  ], []),

  /** The clients that came from documents, youngest first: from which address the first request came, when the document was fetched and until when it is fresh, when the client got a token last, when it dies. Raises OA001. */
  client_document_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string | null;
      host: string | null;
      name: string | null;
      redirect_uris: string[] | null;
      registered_from: string | null;
      registered_at: string | null;
      document_fetched_at: string | null;
      document_expires_at: string | null;
      identity_changed_at: string | null;
      last_used_at: string | null;
      expires_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.client_document_list', [
    ['tenant', 'uuid'],
  ], []),

  /** The applications of a tenant, by name; API credentials are in credential_list. Raises OA001. */
  client_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string | null;
      name: string | null;
      token_endpoint_auth_method: string | null;
      grant_types: string[] | null;
      redirect_uris: string[] | null;
      created_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.client_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes a client with its secrets, grants and tokens. There is no way back. Raises OA001. */
  client_remove: bind<
    {
      tenant: string;
      client_id: string | null;
    },
    {
      client_remove: null;
    }
  >('pgrant_ops.client_remove', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
  ], []),

  /** Revokes what people allowed a client, p_limit grants with all their tokens, and its own opaque access tokens; its own JWTs are dead where it is disabled. Returns {grants, access_tokens, more: whether there are more grants}. Raises OA001. */
  client_revoke: bind<
    {
      tenant: string;
      client_id: string | null;
      limit?: number | null;
    },
    {
      client_revoke: Json;
    }
  >('pgrant_ops.client_revoke', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['limit', 'integer', 'optional'],
  ], ['client_revoke']),

  /** The applications of a tenant by client_id, p_limit of them (1000 at most) after p_after, with p_search in their name or client_id. May be null: scopes, registered_at, last_used_at, disabled_at. Raises OA001. */
  client_search: bind<
    {
      tenant: string;
      search?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      client_id: string;
      name: string;
      token_endpoint_auth_method: string;
      grant_types: string[];
      scopes: string[] | null;
      registered_at: string | null;
      last_used_at: string | null;
      created_at: string;
      disabled_at: string | null;
    }
  >('pgrant_ops.client_search', [
    ['tenant', 'uuid'],
    ['search', 'text', 'optional'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['client_id', 'name', 'token_endpoint_auth_method', 'grant_types', 'created_at']),

  /** Adds a live secret to a client: p_lifetime in seconds (null = no expiry), the others expire after p_retire_others_after seconds (null = they stay). Returns its id. Raises OA001, OA003. */
  client_secret_add: bind<
    {
      tenant: string;
      client_id: string | null;
      secret_hash: Uint8Array | null;
      lifetime?: number | null;
      retire_others_after?: number | null;
    },
    {
      client_secret_add: string;
    }
  >('pgrant_ops.client_secret_add', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['secret_hash', 'bytea'],
    ['lifetime', 'integer', 'optional'],
    ['retire_others_after', 'integer', 'optional'],
  ], ['client_secret_add']),

  /** Removes a secret of a client at once. Raises OA001. */
  client_secret_remove: bind<
    {
      tenant: string;
      client_id: string | null;
      secret_id: string | null;
    },
    {
      client_secret_remove: null;
    }
  >('pgrant_ops.client_secret_remove', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['secret_id', 'uuid'],
  ], []),

  /** Changes settings of a client, given as {setting: value} (see setting_list); null takes one back, so that the tenant's is in force. Where its identity changes, people are asked again. Returns the client. Raises OA001, OA003. */
  client_set: bind<
    {
      tenant: string;
      client_id: string | null;
      settings: unknown;
    },
    {
      client_set: Json;
    }
  >('pgrant_ops.client_set', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['settings', 'jsonb'],
  ], []),

  /** All that is known of a client, its secrets by id and expiry only; with a jwks_uri also when that was fetched and what went wrong last. Raises OA001. */
  client_show: bind<
    {
      tenant: string;
      client_id: string | null;
    },
    {
      client_show: Json;
    }
  >('pgrant_ops.client_show', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
  ], ['client_show']),

  /** Makes an API credential for a person: never more than the roles that they hold, checked here and again at each use. p_lifetime in seconds, null = no expiry. p_default_resource is the aud of its key, null = the tenant's own. Returns its client_id. More secrets: client_secret_add. Raises OA001, OA003. */
  credential_add: bind<
    {
      tenant: string;
      username: string | null;
      name: string | null;
      permissions: string[] | null;
      secret_hash: Uint8Array | null;
      lifetime?: number | null;
      allowed_networks?: string[] | null;
      default_resource?: string | null;
    },
    {
      credential_add: string;
    }
  >('pgrant_ops.credential_add', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['name', 'text'],
    ['permissions', 'text[]'],
    ['secret_hash', 'bytea'],
    ['lifetime', 'integer', 'optional'],
    ['allowed_networks', 'cidr[]', 'optional'],
    ['default_resource', 'text', 'optional'],
  ], ['credential_add']),

  /** The API credentials of a tenant or a person, p_limit of them (null = all) after the client_id p_after: what each may do at most, what is effective now, when it was used last. Raises OA001. */
  credential_list: bind<
    {
      tenant: string;
      username?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      client_id: string | null;
      name: string | null;
      username: string | null;
      permissions: string[] | null;
      effective: string[] | null;
      allowed_networks: string[] | null;
      live_secrets: number | null;
      next_expiry: string | null;
      last_used_at: string | null;
      created_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.credential_list', [
    ['tenant', 'uuid'],
    ['username', 'text', 'optional'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Takes the pending event of a webhook that is due for longest, for a minute: what is to be sent where, and the secrets to sign with. No row where none is due. May be null: sealed_old_secret. Raises OA001. */
  delivery_begin: bind<
    {
      tenant: string;
      webhook: string | null;
    },
    {
      event_id: string;
      type: string;
      occurred_at: string;
      data: Json;
      attempt: number;
      issuer: string;
      url: string;
      sealed_secret: Buffer;
      sealed_old_secret: Buffer | null;
    }
  >('pgrant_ops.delivery_begin', [
    ['tenant', 'uuid'],
    ['webhook', 'text'],
  ], ['event_id', 'type', 'occurred_at', 'data', 'attempt', 'issuer', 'url', 'sealed_secret']),

  /** Records what became of an attempt: p_status is the HTTP status, null = no answer, and p_error why; p_retry_after in seconds. 2xx = delivered; 410 disables the webhook; anything else is tried again for a day, then dead. Returns the state; null where the attempt counts no more. Raises OA001. */
  delivery_end: bind<
    {
      tenant: string;
      webhook: string | null;
      event_id: string | null;
      attempt: number | null;
      status: number | null;
      error: string | null;
      duration_ms: number | null;
      retry_after?: number | null;
    },
    {
      delivery_end: string | null;
    }
  >('pgrant_ops.delivery_end', [
    ['tenant', 'uuid'],
    ['webhook', 'text'],
    ['event_id', 'uuid'],
    ['attempt', 'integer'],
    ['status', 'integer'],
    ['error', 'text'],
    ['duration_ms', 'integer'],
    ['retry_after', 'integer', 'optional'],
  ], []),

  /** Approves an application that is in review, or what is proposed for one: from now on it is in force, for everybody. p_submitted_at is what was looked at (submitted_at of developer_client_show; null = whatever is there): what was submitted since is not approved. Raises OA001, OA003. */
  developer_client_approve: bind<
    {
      tenant: string;
      client_id: string | null;
      message?: string | null;
      submitted_at?: string | null;
    },
    {
      developer_client_approve: null;
    }
  >('pgrant_ops.developer_client_approve', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['message', 'text', 'optional'],
    ['submitted_at', 'timestamp with time zone', 'optional'],
  ], []),

  /** Returns what is in review to its developer, who may change it and submit it again. Raises OA001, OA003. */
  developer_client_return: bind<
    {
      tenant: string;
      client_id: string | null;
      message: string | null;
    },
    {
      developer_client_return: null;
    }
  >('pgrant_ops.developer_client_return', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['message', 'text'],
  ], []),

  /** The applications that developers brought, by client_id, p_limit of them (1000 at most) after p_after; p_waiting = those that wait for a review. May be null: submitted_at. Raises OA001. */
  developer_client_search: bind<
    {
      tenant: string;
      waiting?: boolean | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      client_id: string;
      name: string;
      kind: string;
      state: string;
      username: string;
      submitted_at: string | null;
      created_at: string;
    }
  >('pgrant_ops.developer_client_search', [
    ['tenant', 'uuid'],
    ['waiting', 'boolean', 'optional'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['client_id', 'name', 'kind', 'state', 'username', 'created_at']),

  /** An application that a developer brought: what is in force, what is proposed instead, who (username) and what was said (messages, the youngest first). Raises OA001. */
  developer_client_show: bind<
    {
      tenant: string;
      client_id: string | null;
    },
    {
      developer_client_show: Json;
    }
  >('pgrant_ops.developer_client_show', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
  ], ['developer_client_show']),

  /** Suspends an application that a developer brought, as client_disable does (its tokens are dead at once), or lets it work again. Raises OA001, OA003. */
  developer_client_suspend: bind<
    {
      tenant: string;
      client_id: string | null;
      suspended: boolean | null;
      message?: string | null;
    },
    {
      developer_client_suspend: null;
    }
  >('pgrant_ops.developer_client_suspend', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['suspended', 'boolean'],
    ['message', 'text', 'optional'],
  ], []),

  /** What was refused at a tenant, and why (refused: which value), youngest first, repeats within a minute once: of one client where given, since p_since, p_limit of them before p_before and p_before_id (at and event_id of the last one of the page before). Raises OA001. */
  error_list: bind<
    {
      tenant: string;
      client_id?: string | null;
      since?: string | null;
      before?: string | null;
      before_id?: string | null;
      limit?: number | null;
    },
    {
      at: string | null;
      event_id: string | null;
      action: string | null;
      error: string | null;
      reason: string | null;
      client_id: string | null;
      client_name: string | null;
      username: string | null;
      address: string | null;
      request_id: string | null;
      refused: string | null;
    }
  >('pgrant_ops.error_list', [
    ['tenant', 'uuid'],
    ['client_id', 'text', 'optional'],
    ['since', 'timestamp with time zone', 'optional'],
    ['before', 'timestamp with time zone', 'optional'],
    ['before_id', 'uuid', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Lets a client exchange the tokens of people for one for p_resource (null = the tenant's own audience), with p_scopes of theirs at most (null = all); what was allowed for it before is replaced. Without p_impersonation the token says who acts. Returns the form in which the resource is compared. Raises OA001, OA003. */
  exchange_allow: bind<
    {
      tenant: string;
      client_id: string | null;
      resource?: string | null;
      scopes?: string[] | null;
      impersonation?: boolean | null;
    },
    {
      exchange_allow: string;
    }
  >('pgrant_ops.exchange_allow', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['resource', 'text', 'optional'],
    ['scopes', 'text[]', 'optional'],
    ['impersonation', 'boolean', 'optional'],
  ], ['exchange_allow']),

  /** Takes back what exchange_allow allowed; tokens that were issued by it live on until they expire, or what they hang on is revoked. Raises OA001. */
  exchange_deny: bind<
    {
      tenant: string;
      client_id: string | null;
      resource?: string | null;
    },
    {
      exchange_deny: null;
    }
  >('pgrant_ops.exchange_deny', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['resource', 'text', 'optional'],
  ], []),

  /** Which clients may exchange tokens for what. resource null = the tenant's own audience, scopes null = all. May be null: resource, scopes. Raises OA001. */
  exchange_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string;
      client_name: string;
      resource: string | null;
      scopes: string[] | null;
      impersonation: boolean;
      created_at: string;
    }
  >('pgrant_ops.exchange_list', [
    ['tenant', 'uuid'],
  ], ['client_id', 'client_name', 'impersonation', 'created_at']),

  /** Deletes clients that have expired, and has it remembered when they did. */
  expired_clients_delete: bind<
    {
      limit: number | null;
    },
    {
      expired_clients_delete: number;
    }
  >('pgrant_ops.expired_clients_delete', [
    ['limit', 'integer'],
  ], ['expired_clients_delete']),

  /** Deletes expired rows of a table of expired_tables(), of any tenant, at most p_limit: one batch, a transaction of its own. Rows that somebody has locked are passed over. Returns how many; where that is p_limit, there may be more. */
  expired_delete: bind<
    {
      table: string | null;
      limit?: number | null;
    },
    {
      expired_delete: number;
    }
  >('pgrant_ops.expired_delete', [
    ['table', 'text'],
    ['limit', 'integer', 'optional'],
  ], ['expired_delete']),

  /** Deletes grants that have expired, and has it remembered when they did. */
  expired_grants_delete: bind<
    {
      limit: number | null;
    },
    {
      expired_grants_delete: number;
    }
  >('pgrant_ops.expired_grants_delete', [
    ['limit', 'integer'],
  ], ['expired_grants_delete']),

  /** The tables whose expired rows are the janitor's to delete: each that pgrant.expire() or pgrant.remembered() was called for, so none is forgotten. Those of a turn wait until those of the one before are done: what hangs on a grant or a client goes first, or a batch of them would delete any number of rows by cascade. Nothing is null. */
  expired_tables: bind<
    {
    },
    {
      table_name: string;
      turn: number;
    }
  >('pgrant_ops.expired_tables', [
  ], ['table_name', 'turn']),

  /** The live grants of a tenant, of one person or client where given, p_limit of them after grant_id p_after; with live refresh tokens and replays. Raises OA001. */
  grant_list: bind<
    {
      tenant: string;
      username?: string | null;
      client_id?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      grant_id: string | null;
      username: string | null;
      client_id: string | null;
      scopes: string[] | null;
      created_at: string | null;
      consented_at: string | null;
      consent_expires_at: string | null;
      last_used_at: string | null;
      refresh_tokens: number | null;
      replays: number | null;
    }
  >('pgrant_ops.grant_list', [
    ['tenant', 'uuid'],
    ['username', 'text', 'optional'],
    ['client_id', 'text', 'optional'],
    ['after', 'uuid', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** pgrant_report.grants_as_of for one tenant. Raises OA001, OA003. */
  grant_list_as_of: bind<
    {
      tenant: string;
      at: string | null;
      username?: string | null;
      client_id?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      grant_id: string | null;
      username: string | null;
      client_id: string | null;
      client_name: string | null;
      scopes: string[] | null;
      effective: string[] | null;
      resources: string[] | null;
      consent_expires_at: string | null;
      since: string | null;
      cause: string | null;
      request_id: string | null;
    }
  >('pgrant_ops.grant_list_as_of', [
    ['tenant', 'uuid'],
    ['at', 'timestamp with time zone'],
    ['username', 'text', 'optional'],
    ['client_id', 'text', 'optional'],
    ['after', 'uuid', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Revokes a grant with every token that hangs on it. Raises OA001. */
  grant_revoke: bind<
    {
      tenant: string;
      grant_id: string | null;
    },
    {
      grant_revoke: null;
    }
  >('pgrant_ops.grant_revoke', [
    ['tenant', 'uuid'],
    ['grant_id', 'uuid'],
  ], []),

  /** The groups of a tenant, the roles they bring and how many people are in each (1,000 at most, and whether there are more: more_members). Nothing is null. Raises OA001. */
  group_list: bind<
    {
      tenant: string;
    },
    {
      group_name: string;
      title: string;
      roles: string[];
      members: number;
      more_members: boolean;
    }
  >('pgrant_ops.group_list', [
    ['tenant', 'uuid'],
  ], ['group_name', 'title', 'roles', 'members', 'more_members']),

  /** Puts a person into a group or takes them out; what an upstream says of them is not touched. Raises OA001. */
  group_member: bind<
    {
      tenant: string;
      group: string | null;
      username: string | null;
      member: boolean | null;
    },
    {
      group_member: null;
    }
  >('pgrant_ops.group_member', [
    ['tenant', 'uuid'],
    ['group', 'text'],
    ['username', 'text'],
    ['member', 'boolean'],
  ], []),

  /** Makes a group or changes its title and roles. Raises OA001, OA003. */
  group_set: bind<
    {
      tenant: string;
      group: string | null;
      title: string | null;
      roles: string[] | null;
    },
    {
      group_set: null;
    }
  >('pgrant_ops.group_set', [
    ['tenant', 'uuid'],
    ['group', 'text'],
    ['title', 'text'],
    ['roles', 'text[]'],
  ], []),

  /** A group as group_list has it. Raises OA001. */
  group_show: bind<
    {
      tenant: string;
      group: string | null;
    },
    {
      group_show: Json;
    }
  >('pgrant_ops.group_show', [
    ['tenant', 'uuid'],
    ['group', 'text'],
  ], ['group_show']),

  /** The oldest of pgrant_report.held_back, for the worker; no row where there is none. May be null: name, pid, role, application, since. */
  held_back_read: bind<
    {
    },
    {
      kind: string;
      name: string | null;
      pid: number | null;
      role: string | null;
      application: string | null;
      since: string | null;
      transactions: number;
    }
  >('pgrant_ops.held_back_read', [
  ], ['kind', 'transactions']),

  /** Lets a client present the identity assertions of an issuer, for tokens with p_scopes at most; what was allowed before is replaced. Raises OA001, OA003. */
  identity_assertion_client_allow: bind<
    {
      tenant: string;
      issuer: string | null;
      client_id: string | null;
      scopes: string[] | null;
    },
    {
      identity_assertion_client_allow: null;
    }
  >('pgrant_ops.identity_assertion_client_allow', [
    ['tenant', 'uuid'],
    ['issuer', 'text'],
    ['client_id', 'text'],
    ['scopes', 'text[]'],
  ], []),

  /** Takes that back; what was granted lives on until it expires or is revoked. Raises OA001. */
  identity_assertion_client_deny: bind<
    {
      tenant: string;
      issuer: string | null;
      client_id: string | null;
    },
    {
      identity_assertion_client_deny: null;
    }
  >('pgrant_ops.identity_assertion_client_deny', [
    ['tenant', 'uuid'],
    ['issuer', 'text'],
    ['client_id', 'text'],
  ], []),

  /** Whose identity assertions are taken; clients is {client_id: [scope]}, jwks_uri null = its keys are registered, upstream null = people are found by the name that the product has for them. May be null: jwks_uri, upstream, fetched_at, last_error. Raises OA001. */
  identity_assertion_issuer_list: bind<
    {
      tenant: string;
    },
    {
      issuer: string;
      jwks_uri: string | null;
      upstream: string | null;
      clients: Json;
      fetched_at: string | null;
      last_error: string | null;
      created_at: string;
    }
  >('pgrant_ops.identity_assertion_issuer_list', [
    ['tenant', 'uuid'],
  ], ['issuer', 'clients', 'created_at']),

  /** Takes none of them any more, whichever client presents it; grants that were made by them live on until they expire or are revoked. Raises OA001. */
  identity_assertion_issuer_remove: bind<
    {
      tenant: string;
      issuer: string | null;
    },
    {
      identity_assertion_issuer_remove: null;
    }
  >('pgrant_ops.identity_assertion_issuer_remove', [
    ['tenant', 'uuid'],
    ['issuer', 'text'],
  ], []),

  /** Takes identity assertions (ID-JAG) that p_issuer signs by a key at p_jwks_uri, or of p_jwks (public keys, which the caller has read). The person is whoever has linked that account of the identity provider p_upstream, which has to have the same issuer; null = whom the product calls so (user_subject). Which clients may present them says identity_assertion_client_allow. Raises OA001, OA003. */
  identity_assertion_issuer_set: bind<
    {
      tenant: string;
      issuer: string | null;
      jwks_uri?: string | null;
      jwks?: unknown;
      upstream?: string | null;
    },
    {
      identity_assertion_issuer_set: null;
    }
  >('pgrant_ops.identity_assertion_issuer_set', [
    ['tenant', 'uuid'],
    ['issuer', 'text'],
    ['jwks_uri', 'text', 'optional'],
    ['jwks', 'jsonb', 'optional'],
    ['upstream', 'text', 'optional'],
  ], []),

  /** Which clients may have identity assertions for which servers. subject_client_id null = the client itself. May be null: subject_client_id. Raises OA001. */
  identity_assertion_policy_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string;
      audience: string;
      audience_client_id: string;
      scopes: string[];
      resources: string[];
      subject_client_id: string | null;
      created_at: string;
    }
  >('pgrant_ops.identity_assertion_policy_list', [
    ['tenant', 'uuid'],
  ], ['client_id', 'audience', 'audience_client_id', 'scopes', 'resources', 'created_at']),

  /** Takes that back; assertions that were issued live on until they expire. Raises OA001. */
  identity_assertion_policy_remove: bind<
    {
      tenant: string;
      client_id: string | null;
      audience: string | null;
    },
    {
      identity_assertion_policy_remove: null;
    }
  >('pgrant_ops.identity_assertion_policy_remove', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['audience', 'text'],
  ], []),

  /** Lets a client have identity assertions (ID-JAG) of people for the authorization server whose issuer identifier is p_audience and that calls it p_audience_client_id, with p_scopes and p_resources at most; what was allowed for it before is replaced. p_subject_client_id is the client by which that server signs people in here; null = the client itself. Raises OA001, OA003. */
  identity_assertion_policy_set: bind<
    {
      tenant: string;
      client_id: string | null;
      audience: string | null;
      audience_client_id: string | null;
      scopes: string[] | null;
      resources?: string[] | null;
      subject_client_id?: string | null;
    },
    {
      identity_assertion_policy_set: null;
    }
  >('pgrant_ops.identity_assertion_policy_set', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['audience', 'text'],
    ['audience_client_id', 'text'],
    ['scopes', 'text[]'],
    ['resources', 'text[]', 'optional'],
    ['subject_client_id', 'text', 'optional'],
  ], []),

  /** How much that is live was issued or used since p_since (-infinity = ever), by kind: what incident_revoke would end. Raises OA001. */
  incident_count: bind<
    {
      tenant: string;
      since: string | null;
    },
    {
      what: string | null;
      live: number | null;
    }
  >('pgrant_ops.incident_count', [
    ['tenant', 'uuid'],
    ['since', 'timestamp with time zone'],
  ], []),

  /** Revokes p_limit families of refresh and access tokens that were issued or used since p_since, after family_id p_after. Returns how many, and the last, to be p_after of the next call; null = there are no more. May be null: last_family_id. Raises OA001. */
  incident_families_revoke: bind<
    {
      tenant: string;
      since: string | null;
      after: string | null;
      limit?: number | null;
    },
    {
      revoked: number;
      last_family_id: string | null;
    }
  >('pgrant_ops.incident_families_revoke', [
    ['tenant', 'uuid'],
    ['since', 'timestamp with time zone'],
    ['after', 'uuid'],
    ['limit', 'integer', 'optional'],
  ], ['revoked']),

  /** Ends every open code, and the sessions and clients' own opaque access tokens that were issued or used since p_since; with p_grants what people allowed since with its families, with p_client_secrets the secrets made since. Returns how many of each. Other families: incident_families_revoke; JWTs: key_withdraw. Raises OA001. */
  incident_revoke: bind<
    {
      tenant: string;
      since: string | null;
      grants: boolean | null;
      client_secrets: boolean | null;
    },
    {
      what: string | null;
      ended: number | null;
    }
  >('pgrant_ops.incident_revoke', [
    ['tenant', 'uuid'],
    ['since', 'timestamp with time zone'],
    ['grants', 'boolean'],
    ['client_secrets', 'boolean'],
  ], []),

  /** Publishes a signing key, to become active after key_publish_lead (at once where there is none). Returns when, or null where one is waiting already or, with p_if_due, none is due: two workers add one. Raises OA001, OA003 for an algorithm that is none of the tenant's signing_algs. */
  key_add: bind<
    {
      tenant: string;
      kid: string | null;
      alg: string | null;
      public_jwk: unknown;
      sealed_private: Uint8Array | null;
      if_due?: boolean | null;
    },
    {
      key_add: string | null;
    }
  >('pgrant_ops.key_add', [
    ['tenant', 'uuid'],
    ['kid', 'text'],
    ['alg', 'text'],
    ['public_jwk', 'jsonb'],
    ['sealed_private', 'bytea'],
    ['if_due', 'boolean', 'optional'],
  ], []),

  /** The algorithms of the keys of a tenant: those that it signs by, and those that it has signed by and publishes still. Raises OA001. */
  key_algs: bind<
    {
      tenant: string;
    },
    {
      key_algs: string[];
    }
  >('pgrant_ops.key_algs', [
    ['tenant', 'uuid'],
  ], ['key_algs']),

  /** Where a new signing key is due, of all tenants: there is none, or the next has to be published so as to sign after key_rotation_interval. The worker asks this. Nothing is null. */
  key_due: bind<
    {
    },
    {
      tenant_id: string;
      alg: string;
    }
  >('pgrant_ops.key_due', [
  ], ['tenant_id', 'alg']),

  /** The signing keys of a tenant: published (not signing yet), active, or retired (still published for what it signed); each with what the JWK set says of it. May be null: expires_at. Raises OA001. */
  key_list: bind<
    {
      tenant: string;
    },
    {
      kid: string;
      alg: string;
      state: string;
      created_at: string;
      active_at: string;
      expires_at: string | null;
      public_jwk: Json;
    }
  >('pgrant_ops.key_list', [
    ['tenant', 'uuid'],
  ], ['kid', 'alg', 'state', 'created_at', 'active_at', 'public_jwk']),

  /** Puts a new signing key in the place of all others of p_alg at once (or none, where the tenant signs so no more): what they signed is no longer believed, by pgrant at once (within a minute where its web processes cannot listen, as behind a pooler), by others as soon as they fetch the JWK set anew. Returns the kids that were withdrawn. Raises OA001. */
  key_withdraw: bind<
    {
      tenant: string;
      kid: string | null;
      alg: string | null;
      public_jwk: unknown;
      sealed_private: Uint8Array | null;
    },
    {
      key_withdraw: string[];
    }
  >('pgrant_ops.key_withdraw', [
    ['tenant', 'uuid'],
    ['kid', 'text'],
    ['alg', 'text'],
    ['public_jwk', 'jsonb'],
    ['sealed_private', 'bytea'],
  ], ['key_withdraw']),

  /** Has statements on a table be planned as for a tenant that has all of its rows, so that the row that a whole key names is found by that key. Does nothing to a table that has no tenants. */
  largest_tenant_plan: bind<
    {
      table: string | null;
    },
    {
      largest_tenant_plan: null;
    }
  >('pgrant_ops.largest_tenant_plan', [
    ['table', 'regclass'],
  ], []),

  /** Says who has signed in at the product. The person is found by p_subject, and made where nobody has it. p_claims replace the claims, p_roles the roles of the last login; null leaves them. Then send the browser to redirect_to with the parameter login_verifier, whose SHA-256 is p_verifier_hash. Errors are returned: expired_request, invalid_request, access_denied, login_required. Raises OA001, OA003. */
  login_accept: bind<
    {
      tenant: string;
      challenge_hash: Uint8Array | null;
      verifier_hash: Uint8Array | null;
      subject: string | null;
      auth_time: string | null;
      username?: string | null;
      claims?: unknown;
      roles?: string[] | null;
      acr?: string | null;
      amr?: string[] | null;
    },
    ApiLoginAnswer
  >('pgrant_ops.login_accept', [
    ['tenant', 'uuid'],
    ['challenge_hash', 'bytea'],
    ['verifier_hash', 'bytea'],
    ['subject', 'text'],
    ['auth_time', 'timestamp with time zone'],
    ['username', 'text', 'optional'],
    ['claims', 'jsonb', 'optional'],
    ['roles', 'text[]', 'optional'],
    ['acr', 'text', 'optional'],
    ['amr', 'text[]', 'optional'],
  ], ['redirect_to']),

  /** Says that nobody signs in: sent to redirect_to with login_verifier, the browser brings access_denied to the client. p_reason is for the audit. Errors are returned: expired_request. Raises OA001, OA003. */
  login_reject: bind<
    {
      tenant: string;
      challenge_hash: Uint8Array | null;
      verifier_hash: Uint8Array | null;
      reason?: string | null;
    },
    ApiLoginAnswer
  >('pgrant_ops.login_reject', [
    ['tenant', 'uuid'],
    ['challenge_hash', 'bytea'],
    ['verifier_hash', 'bytea'],
    ['reason', 'text', 'optional'],
  ], ['redirect_to']),

  /** Who asks for the sign-in that a login challenge stands for; p_challenge_hash is SHA-256 of the text of login_challenge. Errors are returned: expired_request. Raises OA001. */
  login_show: bind<
    {
      tenant: string;
      challenge_hash: Uint8Array | null;
    },
    ApiLoginRequest
  >('pgrant_ops.login_show', [
    ['tenant', 'uuid'],
    ['challenge_hash', 'bytea'],
  ], ['client_id', 'client_name', 'scopes', 'prompt', 'acr_values', 'expires_at']),

  /** Logos, of all tenants, that are new, are to be fetched again, or may be wanted no more. Where one has replaced another the older is told first, and the new one once it is gone. The worker asks until there is none. Nothing is null. */
  logo_due: bind<
    {
      limit?: number | null;
    },
    {
      tenant_id: string;
      logo_uri: string;
    }
  >('pgrant_ops.logo_due', [
    ['limit', 'integer', 'optional'],
  ], ['tenant_id', 'logo_uri']),

  /** Whether the caller is to fetch a logo that is due, and to call logo_store then. Whoever names it is no longer new; one that is wanted no more is forgotten. Raises OA001. */
  logo_fetch_begin: bind<
    {
      tenant: string;
      logo_uri: string | null;
    },
    {
      logo_fetch_begin: boolean;
    }
  >('pgrant_ops.logo_fetch_begin', [
    ['tenant', 'uuid'],
    ['logo_uri', 'text'],
  ], ['logo_fetch_begin']),

  /** The logos that the tenant and its clients name, with p_own that of the tenant alone: when the copy was fetched, what it is (size in bytes), and why the last fetch gave none. May be null: fetched_at, check_after, media_type, size, last_error. Raises OA001. */
  logo_list: bind<
    {
      tenant: string;
      own?: boolean | null;
    },
    {
      logo_uri: string;
      fetched_at: string | null;
      check_after: string | null;
      media_type: string | null;
      size: number | null;
      last_error: string | null;
    }
  >('pgrant_ops.logo_list', [
    ['tenant', 'uuid'],
    ['own', 'boolean', 'optional'],
  ], ['logo_uri']),

  /** Takes what the fetch of a logo gave: the image, which is good for a week; or p_image null and why, and it is tried again in an hour. Raises OA001. */
  logo_store: bind<
    {
      tenant: string;
      logo_uri: string | null;
      media_type: string | null;
      image: Uint8Array | null;
      reason: string | null;
    },
    {
      logo_store: null;
    }
  >('pgrant_ops.logo_store', [
    ['tenant', 'uuid'],
    ['logo_uri', 'text'],
    ['media_type', 'text'],
    ['image', 'bytea'],
    ['reason', 'text'],
  ], []),

  /** Takes the logout of which a client is to be told that is due for longest, for a minute: what the logout token says, where it goes, and the sealed key that signs it. No row where none is due, or none can be told. Nothing is null. Raises OA001. */
  logout_delivery_begin: bind<
    {
      tenant: string;
      client_id: string | null;
    },
    {
      delivery_id: string;
      attempt: number;
      issuer: string;
      url: string;
      subject: string;
      sid: string;
      alg: string;
      kid: string;
      sealed_private: Buffer;
    }
  >('pgrant_ops.logout_delivery_begin', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
  ], ['delivery_id', 'attempt', 'issuer', 'url', 'subject', 'sid', 'alg', 'kid', 'sealed_private']),

  /** Records what became of an attempt: p_status is the HTTP status, null = no answer, and p_error why; p_retry_after in seconds. 200 and 204 = delivered; anything else is tried again for a day, then dead. Returns the state; null where the attempt counts no more. Raises OA001. */
  logout_delivery_end: bind<
    {
      tenant: string;
      client_id: string | null;
      delivery_id: string | null;
      attempt: number | null;
      status: number | null;
      error: string | null;
      retry_after?: number | null;
    },
    {
      logout_delivery_end: string | null;
    }
  >('pgrant_ops.logout_delivery_end', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
    ['delivery_id', 'uuid'],
    ['attempt', 'integer'],
    ['status', 'integer'],
    ['error', 'text'],
    ['retry_after', 'integer', 'optional'],
  ], []),

  /** The newest p_limit logouts that clients are told of, of one client or state (pending, delivered, dead) where given. Raises OA001. */
  logout_delivery_list: bind<
    {
      tenant: string;
      client_id?: string | null;
      state?: string | null;
      limit?: number | null;
    },
    {
      delivery_id: string | null;
      client_id: string | null;
      sid: string | null;
      ended_at: string | null;
      state: string | null;
      attempts: number | null;
      next_attempt_at: string | null;
      last_status: number | null;
      last_error: string | null;
      finished_at: string | null;
    }
  >('pgrant_ops.logout_delivery_list', [
    ['tenant', 'uuid'],
    ['client_id', 'text', 'optional'],
    ['state', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Tells a client anew of each logout that was given up. Returns how many. Raises OA001. */
  logout_delivery_resend: bind<
    {
      tenant: string;
      client_id: string | null;
    },
    {
      logout_delivery_resend: number;
    }
  >('pgrant_ops.logout_delivery_resend', [
    ['tenant', 'uuid'],
    ['client_id', 'text'],
  ], ['logout_delivery_resend']),

  /** The clients of all tenants that are to be told of a logout, and in how many seconds (0 or less = now), the longest due first. The worker asks this. Nothing is null. */
  logout_due: bind<
    {
    },
    {
      tenant_id: string;
      client_id: string;
      wait: number;
    }
  >('pgrant_ops.logout_due', [
  ], ['tenant_id', 'client_id', 'wait']),

  /** Asked before a list of a person or client is shown to somebody who may have mistyped; null = nobody is named. Raises OA001 where there has been no such person or client. */
  names_known: bind<
    {
      tenant: string;
      username?: string | null;
      client_id?: string | null;
    },
    {
      names_known: null;
    }
  >('pgrant_ops.names_known', [
    ['tenant', 'uuid'],
    ['username', 'text', 'optional'],
    ['client_id', 'text', 'optional'],
  ], []),

  /** Makes one partition, closed to direct access; without bounds the default one. */
  partition_add: bind<
    {
      table: string | null;
      partition: string | null;
      from: string | null;
      to: string | null;
    },
    {
      partition_add: null;
    }
  >('pgrant_ops.partition_add', [
    ['table', 'text'],
    ['partition', 'text'],
    ['from', 'timestamp with time zone'],
    ['to', 'timestamp with time zone'],
  ], []),

  /** Changes the plan of a table, as partition_plan_set() has found it good; null = leaves it. Owned by the owner of the tables. Raises OA001. */
  partition_plan_change: bind<
    {
      table: string | null;
      ahead: string | null;
      retention: string | null;
    },
    {
      partition_plan_change: null;
    }
  >('pgrant_ops.partition_plan_change', [
    ['table', 'text'],
    ['ahead', 'interval'],
    ['retention', 'interval'],
  ], []),

  /** For each table that is cut by time the width of a partition, how far ahead they are made, and how long after its end one is kept: as they were set, such as 24mon, 7d or 1h, which partition_plan_set() takes. pgrant_report.partition_coverage says what is there. Nothing is null. */
  partition_plan_list: bind<
    {
    },
    {
      table_name: string;
      step: string;
      ahead: string;
      retention: string;
    }
  >('pgrant_ops.partition_plan_list', [
  ], ['table_name', 'step', 'ahead', 'retention']),

  /** Sets for a table how far ahead partitions are made (one of them to 2 years) and how long after its end one is kept (1 day to 10 years, or what it is; that of the audit by audit_retention_set); null = leaves it. The next hourly run of the worker makes and drops what that says. An audit event of each tenant says so. Raises OA001, OA003. */
  partition_plan_set: bind<
    {
      table: string | null;
      ahead?: string | null;
      retention?: string | null;
    },
    {
      partition_plan_set: null;
    }
  >('pgrant_ops.partition_plan_set', [
    ['table', 'text'],
    ['ahead', 'interval', 'optional'],
    ['retention', 'interval', 'optional'],
  ], []),

  /** Has audit events kept for so many months, and their seals for two more. Raises OA004 where that changes nothing. */
  partition_retention: bind<
    {
      months: number | null;
    },
    {
      partition_retention: null;
    }
  >('pgrant_ops.partition_retention', [
    ['months', 'integer'],
  ], []),

  /** Drops the partitions of one table whose upper bound is more than p_retention ago; with p_archived those of audit_events only where all is archived. */
  partitions_drop: bind<
    {
      table: string | null;
      retention: string | null;
      archived: boolean | null;
    },
    {
      partition: string | null;
    }
  >('pgrant_ops.partitions_drop', [
    ['table', 'text'],
    ['retention', 'interval'],
    ['archived', 'boolean'],
  ], []),

  /** Makes the partitions that are wanted ahead and drops those past their retention, by pgrant.partition_plans; with p_archived no month of audit events before it is archived. Returns what it did; repeating it does nothing. */
  partitions_maintain: bind<
    {
      archived?: boolean | null;
    },
    {
      action: string | null;
      partition: string | null;
    }
  >('pgrant_ops.partitions_maintain', [
    ['archived', 'boolean', 'optional'],
  ], []),

  /** Makes the missing partitions of one table up to p_ahead from now. */
  partitions_make: bind<
    {
      table: string | null;
      step: string | null;
      ahead: string | null;
    },
    {
      partition: string | null;
    }
  >('pgrant_ops.partitions_make', [
    ['table', 'text'],
    ['step', 'interval'],
    ['ahead', 'interval'],
  ], []),

  /** The partitions of one table whose upper bound is more than p_retention ago, with their bounds. */
  partitions_past: bind<
    {
      table: string | null;
      retention: string | null;
    },
    {
      partition: string | null;
      lower: string | null;
      upper: string | null;
    }
  >('pgrant_ops.partitions_past', [
    ['table', 'text'],
    ['retention', 'interval'],
  ], []),

  /** The tenants that have counted refusals of minutes that are over and not recorded: refusals_record() is due. */
  refusals_due: bind<
    {
    },
    {
      tenant_id: string | null;
    }
  >('pgrant_ops.refusals_due', [
  ], []),

  /** Records what was counted in minutes that are over: an event for the repeats of each kind that names a known client or person, and one a minute (refusals.count) with number and digest of all others. Returns how many events. Raises OA001. */
  refusals_record: bind<
    {
      tenant: string;
    },
    {
      refusals_record: number;
    }
  >('pgrant_ops.refusals_record', [
    ['tenant', 'uuid'],
  ], ['refusals_record']),

  /** How near the tenant is to its registration_quota: live clients, those never used, those waiting for the janitor, from how many address prefixes. Raises OA001. */
  registration_counts: bind<
    {
      tenant: string;
    },
    {
      live: number | null;
      quota: number | null;
      unused: number | null;
      expired: number | null;
      addresses: number | null;
      last_hour: number | null;
    }
  >('pgrant_ops.registration_counts', [
    ['tenant', 'uuid'],
  ], []),

  /** The clients that registered themselves, youngest first: from where, whether a person was ever sent here by them, when they got a token last, when they die. Raises OA001. */
  registration_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string | null;
      name: string | null;
      software_id: string | null;
      software_version: string | null;
      redirect_uris: string[] | null;
      registered_from: string | null;
      registered_at: string | null;
      requested_at: string | null;
      last_used_at: string | null;
      expires_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.registration_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Stores an initial access token (RFC 7591 1.2) made outside: p_token_hash is its SHA-256, p_lifetime in seconds (null = no expiry), p_uses how many clients it may register (null = any number), p_machine_scopes what they may have by client_credentials (null = not that grant). Returns its id. Raises OA001, OA003. */
  registration_token_add: bind<
    {
      tenant: string;
      name: string | null;
      token_hash: Uint8Array | null;
      lifetime?: number | null;
      uses?: number | null;
      machine_scopes?: string[] | null;
    },
    {
      registration_token_add: string;
    }
  >('pgrant_ops.registration_token_add', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['token_hash', 'bytea'],
    ['lifetime', 'integer', 'optional'],
    ['uses', 'integer', 'optional'],
    ['machine_scopes', 'text[]', 'optional'],
  ], ['registration_token_add']),

  /** The initial access tokens of a tenant; null = no expiry, any number of uses. Raises OA001. */
  registration_token_list: bind<
    {
      tenant: string;
    },
    {
      token_id: string | null;
      name: string | null;
      uses_left: number | null;
      used: number | null;
      machine_scopes: string[] | null;
      created_at: string | null;
      last_used_at: string | null;
      expires_at: string | null;
    }
  >('pgrant_ops.registration_token_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes an initial access token; the clients that it registered stay. Raises OA001. */
  registration_token_remove: bind<
    {
      tenant: string;
      token_id: string | null;
    },
    {
      registration_token_remove: null;
    }
  >('pgrant_ops.registration_token_remove', [
    ['tenant', 'uuid'],
    ['token_id', 'uuid'],
  ], []),

  /** The resources of a tenant. Raises OA001. */
  resource_list: bind<
    {
      tenant: string;
    },
    {
      resource: string | null;
      title: string | null;
      scopes: string[] | null;
      access_token_format: string | null;
      access_token_alg: string | null;
      access_token_typ: string | null;
      access_token_lifetime: number | null;
      audiences: string[] | null;
      access_token_scope: string | null;
      access_token_claims: Json;
      created_at: string | null;
    }
  >('pgrant_ops.resource_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes a resource: no more tokens for it, and none at refresh. Raises OA001, OA003. */
  resource_remove: bind<
    {
      tenant: string;
      resource: string | null;
    },
    {
      resource_remove: null;
    }
  >('pgrant_ops.resource_remove', [
    ['tenant', 'uuid'],
    ['resource', 'text'],
  ], []),

  /** Registers a resource (RFC 8707) or changes it; from the first one on, clients may name registered resources only. p_scopes null = all; what is null of access tokens is the client's, or else the tenant's; p_access_token_claims is {name: text with one {claim} in it}. p_replace false = only where there is none. Returns it, its URI in the form in which it is compared and becomes aud. Raises OA001, OA002, OA003. */
  resource_set: bind<
    {
      tenant: string;
      resource: string | null;
      title: string | null;
      scopes?: string[] | null;
      access_token_format?: string | null;
      access_token_lifetime?: number | null;
      access_token_alg?: string | null;
      access_token_typ?: string | null;
      audiences?: string[] | null;
      access_token_scope?: string | null;
      access_token_claims?: unknown;
      replace?: boolean | null;
    },
    {
      resource_set: Json;
    }
  >('pgrant_ops.resource_set', [
    ['tenant', 'uuid'],
    ['resource', 'text'],
    ['title', 'text'],
    ['scopes', 'text[]', 'optional'],
    ['access_token_format', 'text', 'optional'],
    ['access_token_lifetime', 'integer', 'optional'],
    ['access_token_alg', 'text', 'optional'],
    ['access_token_typ', 'text', 'optional'],
    ['audiences', 'text[]', 'optional'],
    ['access_token_scope', 'text', 'optional'],
    ['access_token_claims', 'jsonb', 'optional'],
    ['replace', 'boolean', 'optional'],
  ], ['resource_set']),

  /** A resource as resource_list has it. Raises OA001. */
  resource_show: bind<
    {
      tenant: string;
      resource: string | null;
    },
    {
      resource_show: Json;
    }
  >('pgrant_ops.resource_show', [
    ['tenant', 'uuid'],
    ['resource', 'text'],
  ], ['resource_show']),

  /** Records that a client (p_id = client_id), a secret (secret_id) or a grant (grant_id) was reviewed, for so many seconds (1 day to 2 years; 180 days). Returns until when that holds. For operators; auditors have pgrant_report.review_add. Raises OA001, OA003. */
  review_add: bind<
    {
      tenant: string;
      kind: string | null;
      id: string | null;
      lifetime?: number | null;
      note?: string | null;
    },
    {
      review_add: string;
    }
  >('pgrant_ops.review_add', [
    ['tenant', 'uuid'],
    ['kind', 'text'],
    ['id', 'text'],
    ['lifetime', 'integer', 'optional'],
    ['note', 'text', 'optional'],
  ], ['review_add']),

  /** What is sensitive and was never reviewed, or is overdue, at most p_limit of it. May be null: username, reviewed_at, due_at, reviewer. Raises OA001. */
  review_list: bind<
    {
      tenant: string;
      limit?: number | null;
    },
    {
      kind: string;
      id: string;
      client_id: string;
      username: string | null;
      state: string;
      reviewed_at: string | null;
      due_at: string | null;
      reviewer: string | null;
    }
  >('pgrant_ops.review_list', [
    ['tenant', 'uuid'],
    ['limit', 'integer', 'optional'],
  ], ['kind', 'id', 'client_id', 'state']),

  /** Defines a role and with it a scope, in words for people. Clients with a list of scopes need it on theirs. Raises OA001, OA002, OA003. */
  role_add: bind<
    {
      tenant: string;
      role: string | null;
      title: string | null;
      description?: string | null;
      icon?: string | null;
      sensitive?: boolean | null;
    },
    {
      role_add: null;
    }
  >('pgrant_ops.role_add', [
    ['tenant', 'uuid'],
    ['role', 'text'],
    ['title', 'text'],
    ['description', 'text', 'optional'],
    ['icon', 'text', 'optional'],
    ['sensitive', 'boolean', 'optional'],
  ], []),

  /** Gives a person a role; repeating it changes nothing. Raises OA001. */
  role_assign: bind<
    {
      tenant: string;
      username: string | null;
      role: string | null;
    },
    {
      role_assign: null;
    }
  >('pgrant_ops.role_assign', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['role', 'text'],
  ], []),

  /** Disables a role for everybody, or enables it again. Raises OA001. */
  role_disable: bind<
    {
      tenant: string;
      role: string | null;
      disabled: boolean | null;
    },
    {
      role_disable: null;
    }
  >('pgrant_ops.role_disable', [
    ['tenant', 'uuid'],
    ['role', 'text'],
    ['disabled', 'boolean'],
  ], []),

  /** The roles of a tenant: how many people have each directly (1,000 at most, and whether there are more: more_people), and through which groups. Raises OA001. */
  role_list: bind<
    {
      tenant: string;
    },
    {
      role: string | null;
      title: string | null;
      description: string | null;
      icon: string | null;
      sensitive: boolean | null;
      people: number | null;
      more_people: boolean | null;
      groups: string[] | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.role_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Who has a role, directly or through which groups, by user_id, p_limit of them (1000 at most) after p_after. May be null: name, disabled_at. Raises OA001. */
  role_people: bind<
    {
      tenant: string;
      role: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      user_id: string;
      username: string;
      name: string | null;
      direct: boolean;
      groups: string[];
      disabled_at: string | null;
    }
  >('pgrant_ops.role_people', [
    ['tenant', 'uuid'],
    ['role', 'text'],
    ['after', 'uuid', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['user_id', 'username', 'direct', 'groups']),

  /** Takes a role that a person has directly, whoever gave it, until the product's next login says it again; tokens lose the scope at their next refresh, introspection or userinfo. Raises OA001. */
  role_withdraw: bind<
    {
      tenant: string;
      username: string | null;
      role: string | null;
    },
    {
      role_withdraw: null;
    }
  >('pgrant_ops.role_withdraw', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['role', 'text'],
  ], []),

  /** Erases the salts of successors whose replay window has closed, in part p_part (from 0) of p_parts of the table: a rolling sweep, because an index on them would cost every rotation its HOT update. Returns how many. */
  salts_erase: bind<
    {
      part: number | null;
      parts: number | null;
    },
    {
      salts_erase: number;
    }
  >('pgrant_ops.salts_erase', [
    ['part', 'integer'],
    ['parts', 'integer'],
  ], ['salts_erase']),

  /** pgrant_report.schedules for the worker: when each task ran last, what came of it, whether it is late. every and duration in seconds. May be null: last_run_at, last_success_at, duration, counts, error. */
  schedule_list: bind<
    {
    },
    {
      task: string;
      does: string;
      every: number;
      last_run_at: string | null;
      last_success_at: string | null;
      duration: number | null;
      counts: Json;
      error: string | null;
      late: boolean;
    }
  >('pgrant_ops.schedule_list', [
  ], ['task', 'does', 'every', 'late']),

  /** Defines a scope in words for people. Raises OA001, OA002, OA003. */
  scope_add: bind<
    {
      tenant: string;
      scope: string | null;
      title: string | null;
      description?: string | null;
      sensitive?: boolean | null;
    },
    {
      scope_add: null;
    }
  >('pgrant_ops.scope_add', [
    ['tenant', 'uuid'],
    ['scope', 'text'],
    ['title', 'text'],
    ['description', 'text', 'optional'],
    ['sensitive', 'boolean', 'optional'],
  ], []),

  /** The scopes of a tenant, and whether developers may ask for each; texts: {language: {title, description}}, those of other languages. Nothing is null. Raises OA001. */
  scope_list: bind<
    {
      tenant: string;
    },
    {
      scope: string;
      title: string;
      description: string;
      sensitive: boolean;
      for_developers: boolean;
      texts: Json;
    }
  >('pgrant_ops.scope_list', [
    ['tenant', 'uuid'],
  ], ['scope', 'title', 'description', 'sensitive', 'for_developers', 'texts']),

  /** What the clients of a tenant asked for in vain: how often, since when, and why. Raises OA001. */
  scope_refusal_list: bind<
    {
      tenant: string;
    },
    {
      client_id: string | null;
      client_name: string | null;
      scope: string | null;
      reason: string | null;
      refused: number | null;
      first_at: string | null;
      last_at: string | null;
      last_username: string | null;
    }
  >('pgrant_ops.scope_refusal_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Changes the words of a scope or role, given as {title, description, sensitive, for_developers (null = where it is neither sensitive nor a role)} and, for people who read another language, {"title#es", "description#es"}; the others stay. An empty title takes the text of a language back. Returns {scope, title, description, sensitive, for_developers, texts}. Raises OA001, OA003. */
  scope_set: bind<
    {
      tenant: string;
      scope: string | null;
      settings: unknown;
    },
    {
      scope_set: Json;
    }
  >('pgrant_ops.scope_set', [
    ['tenant', 'uuid'],
    ['scope', 'text'],
    ['settings', 'jsonb'],
  ], ['scope_set']),

  /** A scope as scope_list has it. Raises OA001. */
  scope_show: bind<
    {
      tenant: string;
      scope: string | null;
    },
    {
      scope_show: Json;
    }
  >('pgrant_ops.scope_show', [
    ['tenant', 'uuid'],
    ['scope', 'text'],
  ], ['scope_show']),

  /** What a tenant has that is sealed under another key than p_key_id, the first 4 bytes of what is sealed now; p_limit of them. name and part say whose it is. May be null: part. Raises OA001. */
  sealed_list: bind<
    {
      tenant: string;
      key_id: Uint8Array | null;
      limit?: number | null;
    },
    {
      kind: string;
      name: string;
      part: string | null;
      sealed: Buffer;
    }
  >('pgrant_ops.sealed_list', [
    ['tenant', 'uuid'],
    ['key_id', 'bytea'],
    ['limit', 'integer', 'optional'],
  ], ['kind', 'name', 'sealed']),

  /** Puts p_new in the place of p_old, which sealed_list gave; false where something else is there by now. Raises OA001, OA003. */
  sealed_replace: bind<
    {
      tenant: string;
      kind: string | null;
      name: string | null;
      part: string | null;
      old: Uint8Array | null;
      new: Uint8Array | null;
    },
    {
      sealed_replace: boolean;
    }
  >('pgrant_ops.sealed_replace', [
    ['tenant', 'uuid'],
    ['kind', 'text'],
    ['name', 'text'],
    ['part', 'text'],
    ['old', 'bytea'],
    ['new', 'bytea'],
  ], ['sealed_replace']),

  /** The 4 bytes that name what the signing keys of a tenant are sealed under, a row for each tenant that has any, and more while they are sealed anew; of p_tenants of them, null = of all. Nothing is null. */
  sealing_read: bind<
    {
      tenants?: number | null;
    },
    {
      tenant_id: string;
      key_id: Buffer;
    }
  >('pgrant_ops.sealing_read', [
    ['tenants', 'integer', 'optional'],
  ], ['tenant_id', 'key_id']),

  /** The second factors of a person: kind totp, passkey or recovery codes. May be null: name, last_used_at, note. Raises OA001. */
  second_factor_list: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      kind: string;
      name: string | null;
      created_at: string;
      last_used_at: string | null;
      note: string | null;
    }
  >('pgrant_ops.second_factor_list', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], ['kind', 'created_at']),

  /** Removes all second factors of a person who has lost theirs, and ends their sessions: the password is enough, or sets up a new factor where one is required. Raises OA001. */
  second_factor_remove: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      second_factor_remove: null;
    }
  >('pgrant_ops.second_factor_remove', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], []),

  /** The settings of tenants, clients, upstreams or webhooks (the name of the table), in the order of its columns: type, unit (seconds, or null), default (null = none), choices (null = no list), what it means and what it may be, in words. May be null: unit, default_value, choices. */
  setting_list: bind<
    {
      table: string | null;
    },
    {
      name: string;
      type: string;
      unit: string | null;
      nullable: boolean;
      default_value: string | null;
      choices: string[] | null;
      meaning: string;
      good: string;
    }
  >('pgrant_ops.setting_list', [
    ['table', 'text'],
  ], ['name', 'type', 'nullable', 'meaning', 'good']),

  /** Records that a run of a task of the worker begins. Returns its key. */
  task_begin: bind<
    {
      task: string | null;
    },
    {
      run_id: string | null;
      expires_at: string | null;
    }
  >('pgrant_ops.task_begin', [
    ['task', 'text'],
  ], []),

  /** Records how a run of task_begin() ended: what it did by kind, or p_error = why it failed. */
  task_end: bind<
    {
      run_id: string | null;
      expires_at: string | null;
      counts: unknown;
      error: string | null;
    },
    {
      task_end: null;
    }
  >('pgrant_ops.task_end', [
    ['run_id', 'uuid'],
    ['expires_at', 'timestamp with time zone'],
    ['counts', 'jsonb'],
    ['error', 'text'],
  ], []),

  /** Makes a tenant with the standard scopes of OpenID Connect. Its signing keys are made by the worker within a minute, or at once by the command line. Returns its id. Raises OA002, OA003. */
  tenant_add: bind<
    {
      name: string | null;
      issuer: string | null;
      host: string | null;
      path: string | null;
      title?: string | null;
    },
    {
      tenant_add: string;
    }
  >('pgrant_ops.tenant_add', [
    ['name', 'text'],
    ['issuer', 'text'],
    ['host', 'text'],
    ['path', 'text'],
    ['title', 'text', 'optional'],
  ], ['tenant_add']),

  /** What of a tenant and of its clients that are enabled is not as a profile wants it (fapi2: FAPI 2.0 Security Profile), before it is switched to the preset of that name or after, and which access tokens are live that are bound to nothing (setting = access tokens, value = {opaque, jwt at most, until}); no row = all is. client_id is null for the tenant's own settings and those of its resources, which subject names; value may be null: none is set. Raises OA001, OA003. */
  tenant_check: bind<
    {
      tenant: string;
      profile: string | null;
    },
    {
      subject: string | null;
      client_id: string | null;
      setting: string | null;
      value: Json;
      wanted: string | null;
    }
  >('pgrant_ops.tenant_check', [
    ['tenant', 'uuid'],
    ['profile', 'text'],
  ], []),

  /** Disables a tenant (every endpoint refuses at once) or enables it again; repeating it changes nothing. Raises OA001. */
  tenant_disable: bind<
    {
      tenant: string;
      disabled: boolean | null;
    },
    {
      tenant_disable: null;
    }
  >('pgrant_ops.tenant_disable', [
    ['tenant', 'uuid'],
    ['disabled', 'boolean'],
  ], []),

  /** A tenant as lines of JSON: what it is ({pgrant_export: version}), each row ({table, row}), and how many there were ({end, rows}); all as of one moment. Holds hashes, and no secret that could be used: nothing that is sealed, no signing key, nothing that lives for minutes. Raises OA001. */
  tenant_export: bind<
    {
      tenant: string;
    },
    {
      tenant_export: Json;
    }
  >('pgrant_ops.tenant_export', [
    ['tenant', 'uuid'],
  ], ['tenant_export']),

  /** The id of the tenant with this name. Raises OA001. */
  tenant_id: bind<
    {
      name: string | null;
    },
    {
      tenant_id: string;
    }
  >('pgrant_ops.tenant_id', [
    ['name', 'text'],
  ], ['tenant_id']),

  /** Makes a tenant, disabled, from the first line and the row of tenants of an export, with the id that it had (p_tenant). Raises OA002, OA003. */
  tenant_import_begin: bind<
    {
      header: unknown;
      row: unknown;
      tenant: string;
    },
    {
      tenant_import_begin: null;
    }
  >('pgrant_ops.tenant_import_begin', [
    ['header', 'jsonb'],
    ['row', 'jsonb'],
    ['tenant', 'uuid'],
  ], []),

  /** Ends an import: what was exported must be there (p_rows: the counts of the last line). p_enable says whether the tenant was enabled. Raises OA001, OA003. */
  tenant_import_end: bind<
    {
      tenant: string;
      rows: unknown;
      enable: boolean | null;
    },
    {
      tenant_import_end: null;
    }
  >('pgrant_ops.tenant_import_end', [
    ['tenant', 'uuid'],
    ['rows', 'jsonb'],
    ['enable', 'boolean'],
  ], []),

  /** Inserts an array of rows of one table of an export, all with the same columns. Upstreams and webhooks are disabled until they are given secrets; of an authenticator app it is known that there was one. Raises OA001, OA003. */
  tenant_import_rows: bind<
    {
      tenant: string;
      table: string | null;
      rows: unknown;
    },
    {
      tenant_import_rows: null;
    }
  >('pgrant_ops.tenant_import_rows', [
    ['tenant', 'uuid'],
    ['table', 'text'],
    ['rows', 'jsonb'],
  ], []),

  /** All tenants, by name. May be null: disabled_at. */
  tenant_list: bind<
    {
    },
    {
      tenant_id: string;
      name: string;
      issuer: string;
      disabled_at: string | null;
    }
  >('pgrant_ops.tenant_list', [
  ], ['tenant_id', 'name', 'issuer']),

  /** What tenant_set sets for {"preset": name}: one row per setting, and why. The rows of default are the defaults of all settings that a preset has. */
  tenant_presets: bind<
    {
    },
    {
      preset: string | null;
      setting: string | null;
      value: Json;
      why: string | null;
    }
  >('pgrant_ops.tenant_presets', [
  ], []),

  /** Removes a tenant with all that it has, its audit events and seals too: there is no way back. Where requests may still come, disable it first, in a transaction of its own, as the command line does: then none enters it, and this waits for those that are under way. tenant_rows() proves that nothing is left. Raises OA001, OA003 (transactions are still running). */
  tenant_remove: bind<
    {
      tenant: string;
    },
    {
      tenant_remove: null;
    }
  >('pgrant_ops.tenant_remove', [
    ['tenant', 'uuid'],
  ], []),

  /** How many rows a tenant has in each table, all of one moment. After tenant_remove each must be 0: the proof that nothing is left. Nothing is null. */
  tenant_rows: bind<
    {
      tenant: string;
    },
    {
      table_name: string;
      row_count: number;
    }
  >('pgrant_ops.tenant_rows', [
    ['tenant', 'uuid'],
  ], ['table_name', 'row_count']),

  /** Changes settings of a tenant, given as {setting: value} (see setting_list); preset stands for several (tenant_presets). The others stay, null takes one back. Returns all settings. Raises OA001, OA003. */
  tenant_set: bind<
    {
      tenant: string;
      settings: unknown;
    },
    {
      tenant_set: Json;
    }
  >('pgrant_ops.tenant_set', [
    ['tenant', 'uuid'],
    ['settings', 'jsonb'],
  ], ['tenant_set']),

  /** The settings of a tenant; lifetimes in seconds. Raises OA001. */
  tenant_show: bind<
    {
      tenant: string;
    },
    {
      tenant_show: Json;
    }
  >('pgrant_ops.tenant_show', [
    ['tenant', 'uuid'],
  ], ['tenant_show']),

  /** For each requested scope: registered for the client, consented to by the person, role held (null = none is needed), final, and why. Works before any token exists. Raises OA001. */
  token_explain: bind<
    {
      tenant: string;
      username: string | null;
      client_id: string | null;
      scopes: string[] | null;
    },
    {
      scope: string | null;
      registered: boolean | null;
      consented: boolean | null;
      held: boolean | null;
      final: boolean | null;
      reason: string | null;
    }
  >('pgrant_ops.token_explain', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['client_id', 'text'],
    ['scopes', 'text[]'],
  ], []),

  /** The accounts of an upstream: whose, with which groups, when it last answered, why it last did not; p_limit of them after p_after. Raises OA001. */
  upstream_account_list: bind<
    {
      tenant: string;
      name: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      subject: string | null;
      username: string | null;
      made_user: boolean | null;
      claims: Json;
      groups: string[] | null;
      created_at: string | null;
      checked_at: string | null;
      check_after: string | null;
      lost_at: string | null;
      last_error: string | null;
    }
  >('pgrant_ops.upstream_account_list', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Adds an upstream of kind oidc, oauth2 or discord; p_settings by the columns of pgrant.upstreams; p_sealed_secrets as sealed outside. Returns it. Raises OA001, OA002, OA003. */
  upstream_add: bind<
    {
      tenant: string;
      name: string | null;
      kind: string | null;
      settings: unknown;
      sealed_secrets?: Uint8Array | null;
    },
    {
      upstream_add: Json;
    }
  >('pgrant_ops.upstream_add', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['kind', 'text'],
    ['settings', 'jsonb'],
    ['sealed_secrets', 'bytea', 'optional'],
  ], ['upstream_add']),

  /** Takes an account that is due for a recheck: what its upstream is asked with. No row where another worker took it. May be null: issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, sealed_secrets, sealed_tokens. Raises OA001. */
  upstream_check_begin: bind<
    {
      tenant: string;
      name: string | null;
      subject: string | null;
    },
    {
      kind: string;
      title: string;
      issuer: string | null;
      authorization_endpoint: string | null;
      token_endpoint: string | null;
      userinfo_endpoint: string | null;
      client_id: string;
      token_endpoint_auth_method: string;
      sealed_secrets: Buffer | null;
      scopes: string[];
      settings: Json;
      sealed_tokens: Buffer | null;
    }
  >('pgrant_ops.upstream_check_begin', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['subject', 'text'],
  ], ['kind', 'title', 'client_id', 'token_endpoint_auth_method', 'scopes', 'settings']),

  /** Takes over the outcome of a recheck. p_present false = the upstream no longer vouches for the person, who loses every group from it. Raises OA001. */
  upstream_check_end: bind<
    {
      tenant: string;
      name: string | null;
      subject: string | null;
      present: boolean | null;
      profile: unknown;
      claims: unknown;
      roles: string[] | null;
      sealed_tokens: Uint8Array | null;
      checkable: boolean | null;
      reason: string | null;
    },
    {
      upstream_check_end: null;
    }
  >('pgrant_ops.upstream_check_end', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['subject', 'text'],
    ['present', 'boolean'],
    ['profile', 'jsonb'],
    ['claims', 'jsonb'],
    ['roles', 'text[]'],
    ['sealed_tokens', 'bytea'],
    ['checkable', 'boolean'],
    ['reason', 'text'],
  ], []),

  /** A recheck got no answer: what was known before stays, and the upstream is asked again after p_retry_after seconds. Raises OA001. */
  upstream_check_fail: bind<
    {
      tenant: string;
      name: string | null;
      subject: string | null;
      reason: string | null;
      retry_after: number | null;
    },
    {
      upstream_check_fail: null;
    }
  >('pgrant_ops.upstream_check_fail', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['subject', 'text'],
    ['reason', 'text'],
    ['retry_after', 'integer'],
  ], []),

  /** Disables an upstream, with every group membership that it gave, or enables it again. Raises OA001. */
  upstream_disable: bind<
    {
      tenant: string;
      name: string | null;
      disabled: boolean | null;
    },
    {
      upstream_disable: null;
    }
  >('pgrant_ops.upstream_disable', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['disabled', 'boolean'],
  ], []),

  /** Accounts, of all tenants, about which the upstream is to be asked again. The worker asks this. Nothing is null. */
  upstream_due: bind<
    {
      limit?: number | null;
    },
    {
      tenant_id: string;
      upstream: string;
      subject: string;
    }
  >('pgrant_ops.upstream_due', [
    ['limit', 'integer', 'optional'],
  ], ['tenant_id', 'upstream', 'subject']),

  /** Says that an account of an upstream, by its lasting identifier there, is this user. Raises OA001, OA002. */
  upstream_link: bind<
    {
      tenant: string;
      name: string | null;
      subject: string | null;
      username: string | null;
    },
    {
      upstream_link: null;
    }
  >('pgrant_ops.upstream_link', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['subject', 'text'],
    ['username', 'text'],
  ], []),

  /** The upstreams of a tenant, with how many accounts each has, and of how many the last recheck got no answer. Raises OA001. */
  upstream_list: bind<
    {
      tenant: string;
    },
    {
      name: string | null;
      kind: string | null;
      title: string | null;
      just_in_time: boolean | null;
      accounts: number | null;
      unanswered: number | null;
      created_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.upstream_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes an upstream with its accounts and the memberships that it gave; the users stay. Raises OA001. */
  upstream_remove: bind<
    {
      tenant: string;
      name: string | null;
    },
    {
      upstream_remove: null;
    }
  >('pgrant_ops.upstream_remove', [
    ['tenant', 'uuid'],
    ['name', 'text'],
  ], []),

  /** Changes settings of an upstream, given as {column: value}; its people are checked again at once. Another server (issuer, token_endpoint, userinfo_endpoint) needs its secrets given anew, and takes no accounts over (see upstream_move_check). Returns it. Raises OA001, OA003. */
  upstream_set: bind<
    {
      tenant: string;
      name: string | null;
      settings: unknown;
      sealed_secrets?: Uint8Array | null;
    },
    {
      upstream_set: Json;
    }
  >('pgrant_ops.upstream_set', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['settings', 'jsonb'],
    ['sealed_secrets', 'bytea', 'optional'],
  ], ['upstream_set']),

  /** All that is known of an upstream but its secrets. Raises OA001. */
  upstream_show: bind<
    {
      tenant: string;
      name: string | null;
    },
    {
      upstream_show: Json;
    }
  >('pgrant_ops.upstream_show', [
    ['tenant', 'uuid'],
    ['name', 'text'],
  ], ['upstream_show']),

  /** Takes an account of an upstream away from its user, with the groups that it gave. Raises OA001. */
  upstream_unlink: bind<
    {
      tenant: string;
      name: string | null;
      subject: string | null;
    },
    {
      upstream_unlink: null;
    }
  >('pgrant_ops.upstream_unlink', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['subject', 'text'],
  ], []),

  /** Adds a person; p_claims as in OpenID Connect Core 5.1; the password as derived outside (Argon2id, then SHA-256), or none. Returns the user_id, which is the sub. Raises OA001, OA002, OA003. */
  user_add: bind<
    {
      tenant: string;
      username: string | null;
      claims?: unknown;
      password_salt?: Uint8Array | null;
      password_params?: unknown;
      password_hash?: Uint8Array | null;
    },
    {
      user_add: string;
    }
  >('pgrant_ops.user_add', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['claims', 'jsonb', 'optional'],
    ['password_salt', 'bytea', 'optional'],
    ['password_params', 'jsonb', 'optional'],
    ['password_hash', 'bytea', 'optional'],
  ], ['user_add']),

  /** Disables a person, ending sessions and revoking tokens in the same transaction, or enables them again. Raises OA001. */
  user_disable: bind<
    {
      tenant: string;
      username: string | null;
      disabled: boolean | null;
    },
    {
      user_disable: null;
    }
  >('pgrant_ops.user_disable', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['disabled', 'boolean'],
  ], []),

  /** The people of a tenant by username, p_limit of them after p_after: the last username of the page before. Raises OA001. */
  user_list: bind<
    {
      tenant: string;
      after?: string | null;
      limit?: number | null;
    },
    {
      user_id: string | null;
      username: string | null;
      claims: Json;
      created_at: string | null;
      disabled_at: string | null;
    }
  >('pgrant_ops.user_list', [
    ['tenant', 'uuid'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], []),

  /** Sets the password of a person, as derived outside, and ends their sessions and, with password_change_revokes, all their tokens. Raises OA001. */
  user_password: bind<
    {
      tenant: string;
      username: string | null;
      password_salt: Uint8Array | null;
      password_params: unknown;
      password_hash: Uint8Array | null;
    },
    {
      user_password: null;
    }
  >('pgrant_ops.user_password', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['password_salt', 'bytea'],
    ['password_params', 'jsonb'],
    ['password_hash', 'bytea'],
  ], []),

  /** Removes a person with sessions, grants, tokens, roles, accounts elsewhere and the API credentials that they made. There is no way back. The record keeps the user_id, and where the history had the username it has the user_id. Returns that, of which user_rows() proves the rest. Raises OA001. */
  user_remove: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      user_remove: string;
    }
  >('pgrant_ops.user_remove', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], ['user_remove']),

  /** The roles that a person has: directly, and through which groups. Raises OA001. */
  user_role_list: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      role: string | null;
      title: string | null;
      direct: boolean | null;
      groups: string[] | null;
    }
  >('pgrant_ops.user_role_list', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], []),

  /** How many rows of each table name a person, and how many names of them the history has. After user_remove each is 0 but those of the record (audit events and histories), which keep the user_id. Raises OA001. */
  user_rows: bind<
    {
      tenant: string;
      user_id: string | null;
    },
    {
      table_name: string | null;
      row_count: number | null;
      is_record: boolean | null;
    }
  >('pgrant_ops.user_rows', [
    ['tenant', 'uuid'],
    ['user_id', 'uuid'],
  ], []),

  /** The people of a tenant by username, p_limit of them (1000 at most) after p_after, whose username begins with p_search. May be null: name, email, disabled_at. Raises OA001. */
  user_search: bind<
    {
      tenant: string;
      search?: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      user_id: string;
      username: string;
      name: string | null;
      email: string | null;
      created_at: string;
      disabled_at: string | null;
    }
  >('pgrant_ops.user_search', [
    ['tenant', 'uuid'],
    ['search', 'text', 'optional'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['user_id', 'username', 'created_at']),

  /** Where a person is signed in, the youngest sign-in first, p_limit of them (1000 at most) after p_after, a cursor of the page before: when, how (RFC 8176), from which address, and what the browser called itself. May be null: address, user_agent. Raises OA001. */
  user_session_list: bind<
    {
      tenant: string;
      username: string | null;
      after?: string | null;
      limit?: number | null;
    },
    {
      session_id: string;
      auth_time: string;
      last_seen_at: string;
      expires_at: string;
      amr: string[];
      address: string | null;
      user_agent: string | null;
      cursor: string;
    }
  >('pgrant_ops.user_session_list', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['after', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
  ], ['session_id', 'auth_time', 'last_seen_at', 'expires_at', 'amr', 'cursor']),

  /** Changes a person, given as {setting: value}: username, subject (what the product calls them), claims as a whole, or standard claims (OpenID Connect Core 5.1) one by one, of which null or an empty text takes one away. A new e-mail address or telephone number is not verified unless the same call says so. Sessions and tokens live on. Returns the person. Raises OA001, OA002, OA003. */
  user_set: bind<
    {
      tenant: string;
      username: string | null;
      settings: unknown;
    },
    {
      user_set: Json;
    }
  >('pgrant_ops.user_set', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['settings', 'jsonb'],
  ], ['user_set']),

  /** A person: user_id (the sub), username, subject (what the product calls them), claims, and whether there is a password. Raises OA001. */
  user_show: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      user_show: Json;
    }
  >('pgrant_ops.user_show', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], ['user_show']),

  /** Ends the sessions of a person as a logout does: with the tokens that hang on them, and telling the clients. Raises OA001. */
  user_sign_out: bind<
    {
      tenant: string;
      username: string | null;
    },
    {
      user_sign_out: null;
    }
  >('pgrant_ops.user_sign_out', [
    ['tenant', 'uuid'],
    ['username', 'text'],
  ], []),

  /** Says what the product calls a person who is there already, or with null that it does not know them. Raises OA001, OA002, OA003. */
  user_subject: bind<
    {
      tenant: string;
      username: string | null;
      subject: string | null;
    },
    {
      user_subject: null;
    }
  >('pgrant_ops.user_subject', [
    ['tenant', 'uuid'],
    ['username', 'text'],
    ['subject', 'text'],
  ], []),

  /** Has the events of a tenant (p_event_types, null = all) sent to a URL from now on, signed with a secret that was made and sealed outside. A tenant has 100 at most. Returns the webhook. Raises OA001, OA002, OA003. */
  webhook_add: bind<
    {
      tenant: string;
      name: string | null;
      url: string | null;
      sealed_secret: Uint8Array | null;
      event_types?: string[] | null;
    },
    {
      webhook_add: Json;
    }
  >('pgrant_ops.webhook_add', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['url', 'text'],
    ['sealed_secret', 'bytea'],
    ['event_types', 'text[]', 'optional'],
  ], ['webhook_add']),

  /** The newest p_limit events of the outbox after p_after, a cursor of the page before, of one webhook or state (pending, delivered, dead) where given, with each attempt: {at, status, error, ms}. Raises OA001. */
  webhook_deliveries: bind<
    {
      tenant: string;
      webhook?: string | null;
      state?: string | null;
      limit?: number | null;
      after?: string | null;
    },
    {
      event_id: string | null;
      webhook: string | null;
      type: string | null;
      occurred_at: string | null;
      state: string | null;
      attempts: number | null;
      next_attempt_at: string | null;
      last_status: number | null;
      last_error: string | null;
      finished_at: string | null;
      data: Json;
      attempt_log: Json;
      cursor: string | null;
    }
  >('pgrant_ops.webhook_deliveries', [
    ['tenant', 'uuid'],
    ['webhook', 'text', 'optional'],
    ['state', 'text', 'optional'],
    ['limit', 'integer', 'optional'],
    ['after', 'text', 'optional'],
  ], []),

  /** Disables a webhook (no event is kept for it any more; what was pending is given up) or enables it again. Raises OA001. */
  webhook_disable: bind<
    {
      tenant: string;
      name: string | null;
      disabled: boolean | null;
    },
    {
      webhook_disable: null;
    }
  >('pgrant_ops.webhook_disable', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['disabled', 'boolean'],
  ], []),

  /** The webhooks of all tenants for which something is pending, and in how many seconds it is due (0 or less = now), the longest due first. The worker asks this. Nothing is null. */
  webhook_due: bind<
    {
    },
    {
      tenant_id: string;
      webhook: string;
      wait: number;
    }
  >('pgrant_ops.webhook_due', [
  ], ['tenant_id', 'webhook', 'wait']),

  /** The webhooks of a tenant: what is pending, since when (the oldest event), what has been given up, when one of the 100 youngest that were delivered was last. Raises OA001. */
  webhook_list: bind<
    {
      tenant: string;
    },
    {
      name: string | null;
      url: string | null;
      event_types: string[] | null;
      pending: number | null;
      dead: number | null;
      oldest_at: string | null;
      last_delivered_at: string | null;
      paused_until: string | null;
      created_at: string | null;
      disabled_at: string | null;
      disabled_reason: string | null;
    }
  >('pgrant_ops.webhook_list', [
    ['tenant', 'uuid'],
  ], []),

  /** Removes a webhook with all that is pending, dead or logged for it. There is no way back. Raises OA001. */
  webhook_remove: bind<
    {
      tenant: string;
      name: string | null;
    },
    {
      webhook_remove: null;
    }
  >('pgrant_ops.webhook_remove', [
    ['tenant', 'uuid'],
    ['name', 'text'],
  ], []),

  /** Sends again, under the same webhook-id: one event of a webhook, delivered or not, or with p_event_id null all that was given up. Returns how many. Raises OA001, OA003 (disabled). */
  webhook_resend: bind<
    {
      tenant: string;
      webhook: string | null;
      event_id?: string | null;
    },
    {
      webhook_resend: number;
    }
  >('pgrant_ops.webhook_resend', [
    ['tenant', 'uuid'],
    ['webhook', 'text'],
    ['event_id', 'uuid', 'optional'],
  ], ['webhook_resend']),

  /** Replaces the secret of a webhook by one that was made and sealed outside; for p_overlap seconds requests are signed with both. Returns until when. Raises OA001. */
  webhook_secret: bind<
    {
      tenant: string;
      name: string | null;
      sealed_secret: Uint8Array | null;
      overlap?: number | null;
    },
    {
      webhook_secret: string;
    }
  >('pgrant_ops.webhook_secret', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['sealed_secret', 'bytea'],
    ['overlap', 'integer', 'optional'],
  ], ['webhook_secret']),

  /** Changes settings of a webhook, given as {setting: value}: url (what is pending goes there, too), event_types (null = all), dead_letter_lifetime in seconds. Returns the webhook. Raises OA001, OA003. */
  webhook_set: bind<
    {
      tenant: string;
      name: string | null;
      settings: unknown;
    },
    {
      webhook_set: Json;
    }
  >('pgrant_ops.webhook_set', [
    ['tenant', 'uuid'],
    ['name', 'text'],
    ['settings', 'jsonb'],
  ], ['webhook_set']),

  /** All that is known of a webhook but its secrets. Raises OA001. */
  webhook_show: bind<
    {
      tenant: string;
      name: string | null;
    },
    {
      webhook_show: Json;
    }
  >('pgrant_ops.webhook_show', [
    ['tenant', 'uuid'],
    ['name', 'text'],
  ], ['webhook_show']),

  /** Queues an event of type webhook.test for one webhook, whatever types it asks for. Returns its event_id. Raises OA001, OA003 (disabled). */
  webhook_test: bind<
    {
      tenant: string;
      webhook: string | null;
    },
    {
      webhook_test: string;
    }
  >('pgrant_ops.webhook_test', [
    ['tenant', 'uuid'],
    ['webhook', 'text'],
  ], ['webhook_test']),
} as const;
