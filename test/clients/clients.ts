// The clients: where they come from, what is registered for them at pgrant, and what has to be set on both sides.

export type Ecosystem = 'npm' | 'pypi' | 'maven' | 'go';

export type RealClient = {
  name: string;
  from: Ecosystem;
  /** What is installed; an npm alias where two versions are tried. */
  packages: string[];
  /** The file of the driver, without its extension. */
  driver: string;
  /** What is registered, besides redirect_uris; null where the client registers itself. */
  metadata: Record<string, unknown> | null;
  flow: string;
  /** The path of its redirect URI, where it has its own idea of that. */
  callback?: string;
  /** What has to be set, beyond issuer, client_id, secret and redirect URI. */
  set: string;
};

const confidential = {};
const basic = 'code, PKCE, client_secret_basic';
const post = 'code, PKCE, client_secret_post';
const nothing = 'nothing';

const npm = (
  name: string,
  driver: string,
  flow: string,
  set: string,
  metadata: RealClient['metadata'] = confidential,
  packages = [name],
): RealClient => ({ name, from: 'npm', packages, driver, metadata, flow, set });

const pypi = (
  name: string,
  driver: string,
  flow: string,
  set: string,
  metadata: RealClient['metadata'] = confidential,
  packages = [name],
): RealClient => ({ name, from: 'pypi', packages, driver, metadata, flow, set });

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const usual = ['authorization_code', 'refresh_token'];
/** A program on somebody's machine: a port of its own at each start (RFC 8252 7.3). */
const native = {
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback'],
};

/** One program for all of them; `driver` names the client alone. */
const go = (
  name: string,
  driver: string,
  flow: string,
  set: string,
  metadata: RealClient['metadata'],
): RealClient => ({
  ...{ name, from: 'go', packages: ['golang.org/x/oauth2'], driver, metadata, flow, set },
});

/** A program that acts for itself. */
const machine = { grant_types: ['client_credentials'] };

const express = ['express', 'express-session', 'passport'];

export const clients: RealClient[] = [
  npm('openid-client', 'openid-client-6', post, nothing),
  npm('openid-client 5', 'openid-client-5', basic, nothing, confidential, [
    'openid-client-5@npm:openid-client@5',
  ]),
  npm('oauth4webapi', 'oauth4webapi', post, nothing),
  npm(
    '@modelcontextprotocol/sdk',
    'mcp-sdk',
    'registration, code, PKCE, public',
    'pgrant: tenant set … preset=mcp',
    null,
    ['@modelcontextprotocol/sdk'],
  ),
  npm(
    'simple-oauth2',
    'simple-oauth2',
    basic,
    'client: code_challenge, code_challenge_method, code_verifier as parameters',
  ),
  npm('passport-oauth2', 'passport-oauth2', post, 'client: pkce: true, state: true', confidential, [
    'passport-oauth2',
    ...express,
  ]),
  npm(
    'passport-openidconnect',
    'passport-openidconnect',
    'code, client_secret_post',
    'pgrant: client set … require_pkce=false',
    { require_pkce: false },
    ['passport-openidconnect', ...express],
  ),
  npm(
    'express-openid-connect',
    'express-openid-connect',
    basic,
    'client: response_type: code',
    confidential,
    ['express-openid-connect', 'express'],
  ),
  {
    ...npm('@auth/core', 'auth-core', basic, 'client: checks: pkce, state'),
    callback: '/auth/callback/pgrant',
  },
  npm('grant', 'grant', post, 'client: pkce: true, scope_delimiter: " "', confidential, [
    'grant',
    ...express,
  ]),
  npm('oidc-client-ts', 'oidc-client-ts', 'code, PKCE, public', 'pgrant: client add --public', {
    token_endpoint_auth_method: 'none',
  }),
  npm('@badgateway/oauth2-client', 'badgateway', basic, nothing),
  npm(
    'client-oauth2',
    'client-oauth2',
    'code, client_secret_basic',
    'pgrant: client set … require_pkce=false',
    { require_pkce: false },
  ),
  npm('arctic', 'arctic', basic, nothing),
  npm('@fastify/oauth2', 'fastify-oauth2', basic, 'client: pkce: S256', confidential, [
    '@fastify/oauth2',
    'fastify',
  ]),
  {
    ...npm('better-auth', 'better-auth', post, 'client: pkce: true; people need an email claim'),
    callback: '/api/auth/callback/pgrant',
  },
  npm('@openid/appauth', 'appauth', 'code, PKCE, public', 'pgrant: client add --public', native, [
    '@openid/appauth',
    'esbuild',
  ]),
  {
    ...npm(
      'next-auth',
      'next-auth',
      basic,
      'pgrant: client set … id_token_claims=true; client: checks: pkce, state, nonce',
      { id_token_claims: true },
      ['next-auth@4', 'cookie-parser', 'express'],
    ),
    callback: '/api/auth/callback/pgrant',
  },
  npm(
    '@ai-sdk/mcp',
    'ai-sdk-mcp',
    'registration, code, PKCE, resource, client_secret_post',
    'pgrant: tenant set … preset=mcp, resource set',
    null,
    ['@ai-sdk/mcp', 'zod'],
  ),
  npm(
    'passport-jwt with jwks-rsa',
    'passport-jwt',
    'client_credentials, then the API checks the token',
    "client: algorithms: ['ES256']",
    machine,
    ['passport-jwt', 'jwks-rsa'],
  ),
  pypi('Authlib', 'authlib_requests', basic, 'client: code_challenge_method=S256'),
  pypi(
    'Authlib (private_key_jwt)',
    'authlib_httpx',
    'code, PKCE, private_key_jwt',
    'pgrant: client set … assertion_audience=token_endpoint; an assertion for ten minutes at most',
    { token_endpoint_auth_method: 'private_key_jwt', assertion_audience: 'token_endpoint' },
    ['Authlib', 'httpx'],
  ),
  pypi('requests-oauthlib', 'requests_oauthlib_driver', post, 'client: pkce="S256"'),
  pypi(
    'httpx-oauth',
    'httpx_oauth_driver',
    basic,
    'client: code_challenge as parameters of the request',
  ),
  pypi(
    'oauthlib',
    'oauthlib_driver',
    basic,
    'client: code_challenge, code_verifier',
    confidential,
    ['oauthlib', 'requests'],
  ),
  pypi(
    'social-auth-core',
    'social_auth',
    post,
    'client: USE_PKCE = True, PKCE_CODE_CHALLENGE_METHOD = "S256"',
  ),
  pypi(
    'mcp',
    'mcp_sdk',
    'registration, code, PKCE, resource, public',
    'pgrant: tenant set … preset=mcp',
    null,
  ),
  pypi(
    'fastmcp JWTVerifier',
    'fastmcp_verifier',
    'code, PKCE, then the API checks the token',
    'client: algorithm="ES256"',
    confidential,
    ['fastmcp', 'Authlib', 'requests'],
  ),
  pypi('oic', 'pyoidc', basic, 'client: code_challenge, code_verifier as arguments', confidential, [
    'oic',
  ]),
  {
    ...pypi('django-allauth', 'django_allauth', basic, 'client: oauth_pkce_enabled', confidential, [
      'django-allauth[socialaccount]',
    ]),
    callback: '/accounts/oidc/pgrant/login/callback/',
  },
  {
    ...pypi(
      'mozilla-django-oidc',
      'mozilla_django_oidc_driver',
      post,
      'client: OIDC_USE_PKCE = True, OIDC_RP_SIGN_ALGO = "RS256"',
    ),
    callback: '/oidc/callback/',
  },
  pypi(
    'django-oauth-toolkit',
    'django_oauth_toolkit',
    'client_credentials, resource, then the API introspects the token',
    'pgrant: resource set for the URL of the API',
    machine,
    ['django-oauth-toolkit', 'requests'],
  ),
  {
    name: 'oauth2-oidc-sdk (Nimbus)',
    from: 'maven',
    packages: ['com.nimbusds:oauth2-oidc-sdk:11.20.1'],
    driver: 'Driver',
    metadata: confidential,
    flow: basic,
    set: nothing,
  },
  go(
    'golang.org/x/oauth2',
    'golang',
    'code, PKCE, client_secret_basic; client_credentials',
    'client: S256ChallengeOption, VerifierOption',
    { grant_types: [...usual, 'client_credentials'] },
  ),
  go(
    'golang.org/x/oauth2 (public)',
    'golang-public',
    'code, PKCE, public; device',
    'pgrant: client add --public; client: S256ChallengeOption, VerifierOption',
    { ...native, grant_types: [...usual, deviceGrant] },
  ),
];
