// What the arguments of pgrant_api mean, by their names.
import { bind, bindSet } from '../../src/db/binding.ts';
import { secret } from '../support/fixtures.ts';
import { plainParameters } from '../support/flows.ts';

export type Values = Record<string, unknown>;

/** Arguments that name nothing. */
export const neutral = {
  request_id: 'isolation',
  address: '192.0.2.7',
  parameters: { ...plainParameters, scopes: ['email'] },
  scopes: ['email'],
  scope: 'email',
  error: null,
  error_reason: null,
  request_object: null,
  origin: 'https://app.example.com',
  allow: true,
  metadata: {
    name: 'Self-made',
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
    redirect_uris: ['https://self.example/callback'],
    grant_types: ['authorization_code'],
  },
  initial_hash: null,
  assertion: null,
  possession: null,
  authorization_details: null,
  actor: null,
  audience: null,
  claim: true,
  jwks: { keys: [] },
  lifetime: 600,
  failure: null,
  kept_secret_hash: null,
  next_secret_hash: null,
  next_registration_hash: null,
  next_challenge_hash: secret(),
  next_verifier_hash: secret(),
  next_device_hash: secret(),
  next_user_code_hash: secret(),
  next_user_code_start: 'BC',
  devices: [],
  next_request_hash: secret(),
  jti_hash: secret(),
  jti_expires_at: Math.floor(Date.now() / 1000) + 3600,
  subject: 'user-1',
  claims: {},
  roles: [],
  acr: null,
  amr: [],
  auth_time: 1_700_000_000,
  resources: [],
  resource: '',
  upstream: 'company',
  sealed_request: secret(),
  profile: {},
  present: true,
  sealed_tokens: null,
  checkable: false,
  reject_reason: null,
  another: false,
  prompt: [],
  next_credential_id: secret(),
  public_key: secret(),
  passkey_name: 'Laptop',
  sign_count: 1,
  transports: [],
  user_verified: true,
  backup_eligible: false,
  backed_up: false,
  totp_step: 1,
  recovery_hash: secret(),
  recovery_hashes: [],
  sealed_secret: secret(),
  state: '/oauth/account',
  next_password_salt: secret(),
  next_password_params: { m: 19_456, t: 2, p: 1 },
  next_password_hash: secret(),
  next_session_hash: secret(),
  next_csrf_hash: secret(),
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  ended_session_id: null,
  after: null,
  kind: 'web',
  message: '',
  confirmed_name: '',
  secret_id: '',
  retire_others_after: null,
  form_hash: null,
  versions: null,
  hours: 24,
  client_url: 'https://app.example.com/client.json',
  fresh_for: 300,
  document_fault: 'status 404',
  action: 'login.accept',
  operation: 'client_list',
  operations: ['client_list'],
  arguments: {},
  if_match: null,
  idempotency_hash: null,
  content_hash: null,
  secret_salt: null,
  refused: 'invalid_client',
  refused_reason: 'signature wrong',
  refused_detail: 'kid: unknown',
};

/** Arguments that stand or fall together. Whatever is in no group is the same for every tenant. */
export const groups: Record<string, string[]> = {
  client: [
    'client_id',
    'auth_method',
    'secret_hash',
    'hint_client_id',
    'redirect_uri',
    'post_logout_redirect_uri',
    'code_challenge',
  ],
  user: ['username', 'password_hash'],
  session: [
    'session_hash',
    'session_expires_at',
    'csrf_hash',
    'hint_sub',
    'hint_sid',
    'old_session_hash',
    'old_session_expires_at',
  ],
  request: ['request_hash', 'request_expires_at', 'browser_hash'],
  code: ['code_hash', 'code_expires_at'],
  token: [
    'access_hash',
    'access_expires_at',
    'jwt',
    'handle_hash',
    'refresh_hash',
    'key_hash',
    'successor_hash',
    'issued_hash',
    'successor_salt',
    'id_token',
  ],
  assertion: ['identity_assertion', 'issuer'],
  grant: ['grant_id'],
  registration: ['registered_id', 'registration_hash'],
  challenge: ['challenge_hash'],
  verifier: ['verifier_hash', 'browser_hashes'],
  state: ['state_hash', 'state_expires_at'],
  keys: ['jwks_uri'],
  object: ['request_uri'],
  pushed: ['pushed_hash', 'pushed_expires_at'],
  device: ['device_hash', 'device_expires_at'],
  passkey_challenge: ['passkey_challenge_hash', 'passkey_challenge_expires_at'],
  credential: ['credential_id', 'user_handle'],
  user_code: ['user_code_hash'],
  logo: ['logo_digest'],
};
export const grouped = new Set(Object.values(groups).flat());
export const known = new Set([...grouped, ...Object.keys(neutral)]);

/** An argument whose presence says that the group names something that must exist, and is no proposal. */
const lookups: Record<string, string[]> = {
  client: ['secret_hash', 'redirect_uri', 'hint_client_id'],
  user: ['password_hash'],
  session: ['session_expires_at'],
  request: ['request_expires_at', 'state_expires_at'],
  code: ['code_expires_at'],
  token: ['successor_hash', 'jwt', 'id_token'],
  assertion: ['identity_assertion'],
  grant: ['grant_id'],
  registration: ['registration_hash'],
  challenge: ['challenge_hash'],
  verifier: ['verifier_hash'],
  state: ['state_expires_at'],
  keys: ['jwks_uri'],
  object: ['request_uri'],
  device: ['device_expires_at'],
  passkey_challenge: ['passkey_challenge_expires_at'],
  credential: ['credential_id'],
  user_code: ['user_code_hash'],
  logo: ['logo_digest'],
  pushed: ['pushed_expires_at'],
};

/** The groups of a function's arguments that must be good for it to succeed. */
export function referencesOf(names: string[]): string[] {
  return Object.keys(lookups).filter((group) =>
    lookups[group]?.some((name) => names.includes(name)),
  );
}

/** A function that takes a token in one of several forms gets each by itself. */
export function variants(names: string[]): Partial<Values>[] {
  if (!names.includes('jwt')) return [{}];
  const forms = [
    { access_hash: null, access_expires_at: null },
    { jwt: null },
    { handle_hash: null, refresh_hash: null },
    { key_hash: null },
  ].filter((form) => Object.keys(form).every((name) => names.includes(name)));
  return forms.map((own) => Object.assign({}, ...forms.filter((form) => form !== own)));
}

/** Fresh hashes for what a function stores; it finds a row by a hash only together with its expiry. */
export function proposals(names: string[]): Values {
  const stored = ['session', 'request', 'code', 'access', 'state', 'pushed'].filter(
    (kind) => names.includes(`${kind}_hash`) && !names.includes(`${kind}_expires_at`),
  );
  const fresh = names.filter((name) => /^(next_\w+|jti)_hash$/.test(name));
  const values = Object.fromEntries(
    [...stored.map((kind) => `${kind}_hash`), ...fresh].map((name) => [name, secret()]),
  );
  return names.some((name) => name === 'code_expires_at' || name === 'device_expires_at')
    ? { ...values, handle_hash: secret() }
    : values;
}

/** Every way to take each group from one tenant or the other, but all from the first. */
export function mixtures(references: string[]): Set<string>[] {
  return Array.from(
    { length: 2 ** references.length - 1 },
    (_, bits) => new Set(references.filter((_, index) => (bits + 1) & (1 << index))),
  );
}

/** The values of one tenant, but for some groups. */
export function mix(own: Values, foreign: Values, fromB: Set<string>): Values {
  const values = { ...own };
  for (const group of fromB) {
    for (const name of groups[group] ?? []) values[name] = foreign[name];
  }
  return values;
}

/** Binds a function as the catalog has it; one of sets is called with a set of one. */
export function bindAny(name: string, parameters: readonly (readonly [string, string])[]) {
  const isSet = parameters.some(
    ([argument, type]) => argument === 'request_id' && type === 'text[]',
  );
  if (!isSet) return bind<Values, Record<string, unknown>>(name, parameters);
  return bindSet<Values, Record<string, unknown>>(
    name,
    parameters.map(([argument, type]) => [argument, type.replace(/\[\]$/, '')]),
  );
}
