// RFC 6749 4.1.1, OAuth 2.1 4.1.1, RFC 7636 4.3, RFC 8707 2, OpenID Connect Core 3.1.2.1.
import {
  type GrantManagement,
  readGrantManagement,
  readLocales,
  readMaxAge,
  readThumbprint,
  refused,
} from './authorization-values.ts';
import { parseClaims, type RequestedClaims } from './claims-parameter.ts';
import { type ErrorCode, OAuthError } from './errors.ts';
import { type RawParameters, readParameters, refuseFaults } from './params.ts';
import { isChallenge } from './pkce.ts';
import { parseResources, parseScope, words } from './scope.ts';

const names = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'max_age',
  'id_token_hint',
  'login_hint',
  'acr_values',
  'ui_locales',
  'display',
  'claims',
  'dpop_jkt',
  'authorization_details',
  'grant_management_action',
  'grant_id',
  'registration',
] as const;

type Values = Partial<Record<(typeof names)[number], string>>;

export type ResponseMode = (typeof responseModes)[number];
export type Prompt = (typeof prompts)[number];
export type Display = (typeof displays)[number];

/**
 * An authorization request. With `error` set it holds what an answer needs (client_id,
 * redirect_uri, response_mode, state) and nothing else of what was sent: the error may go to the
 * client only after client_id and redirect_uri are proven (RFC 6749 4.1.2.1).
 */
export interface AuthorizationRequest extends GrantManagement {
  client_id: string;
  redirect_uri: string | undefined;
  response_type: 'code';
  response_mode: ResponseMode;
  state: string | undefined;
  error: ErrorCode | undefined;
  reason: string | undefined;
  /** The reason, in words for the client's developers. */
  detail: string | undefined;
  scopes: string[];
  nonce: string | undefined;
  /** S256; whether one is required is for the tenant's policy to say. */
  code_challenge: string | undefined;
  prompts: Prompt[];
  /** Seconds. */
  max_age: number | undefined;
  id_token_hint: string | undefined;
  login_hint: string | undefined;
  acr_values: string[];
  ui_locales: string[];
  display: Display | undefined;
  claims: RequestedClaims;
  resources: string[];
  /** RFC 9396 3, as it was sent. */
  authorization_details: string | undefined;
  /** The key with which the code may be redeemed (RFC 9449 10). */
  dpop_jkt: string | undefined;
}

/** Multiple Response Types 2.1, Form Post Response Mode, JARM 2.3: those that a code may come by. */
export const responseModes = [
  'query',
  'fragment',
  'form_post',
  'query.jwt',
  'fragment.jwt',
  'form_post.jwt',
] as const;
export const prompts = ['none', 'login', 'consent', 'select_account', 'create'] as const;
const displays = ['page', 'popup', 'touch', 'wap'] as const;

const noRefusal = { error: undefined, reason: undefined, detail: undefined };
const noClaims: RequestedClaims = {
  userinfo: [],
  id_token: [],
  sub: undefined,
  essential_acr: undefined,
  acr_values: [],
};

/** Reads an authorization request; throws invalid_request and invalid_redirect_uri when there is no client to answer to. */
export function readAuthorizationRequest(raw: RawParameters): AuthorizationRequest {
  const { values, resources, faults } = readParameters(raw, names);
  refuseFaults({ client_id: faults.client_id, redirect_uri: faults.redirect_uri });
  if (values.client_id === undefined) throw refused('client_id is missing');
  if (values.redirect_uri !== undefined && !URL.canParse(values.redirect_uri)) {
    // Such as a port past 65535 on loopback, where SQL takes any.
    throw new OAuthError('invalid_redirect_uri', 'redirect_uri is no URI', {
      detail: 'it is no URI',
    });
  }
  const answerable = {
    client_id: values.client_id,
    redirect_uri: values.redirect_uri,
    response_type: 'code',
    response_mode: responseModeOf(values.response_mode) ?? 'query',
    state: values.state,
  } as const;
  try {
    refuseRegistration({ ...values, ...faults });
    refuseFaults(faults);
    requireCode(values);
    const requested = readRequested(values, resources);
    return { ...answerable, ...requested, ...noRefusal };
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    const { error, reason, detail } = failure;
    // In which language the person is told.
    const { ui_locales } = values;
    return { ...answerable, ...readRequested({ ui_locales }, []), error, reason, detail };
  }
}

function refuseRegistration({ registration }: Values): void {
  if (registration === undefined) return;
  throw new OAuthError('registration_not_supported', 'the request carries registration');
}

/** The mode that is asked for, `jwt` as the one that it means for a code (JARM 2.3.4); undefined where it is none. */
function responseModeOf(mode = 'query'): ResponseMode | undefined {
  return responseModes.find((known) => known === (mode === 'jwt' ? 'query.jwt' : mode));
}

function requireCode({ response_type, response_mode }: Values): void {
  if (response_type === undefined) throw refused('response_type is missing');
  if (response_type !== 'code') {
    throw refused('response_type is not code', 'unsupported_response_type');
  }
  if (responseModeOf(response_mode) === undefined) {
    throw refused(`response_mode is none of ${responseModes.join(', ')}, jwt`);
  }
}

function readRequested(values: Values, resources: readonly string[]) {
  return {
    scopes: parseScope(values.scope),
    nonce: values.nonce,
    code_challenge: readChallenge(values.code_challenge, values.code_challenge_method),
    prompts: readPrompts(values.prompt),
    max_age: readMaxAge(values.max_age),
    id_token_hint: values.id_token_hint,
    login_hint: values.login_hint,
    acr_values: words(values.acr_values),
    ui_locales: readLocales(values.ui_locales),
    display: displays.find((display) => display === values.display),
    claims: values.claims === undefined ? noClaims : parseClaims(values.claims),
    resources: parseResources(resources),
    authorization_details: values.authorization_details,
    dpop_jkt: readThumbprint(values.dpop_jkt),
    ...readGrantManagement(values),
  };
}

/** RFC 7636 4.3 reads an absent method as `plain`, which OAuth 2.1 and this server do not have. */
function readChallenge(challenge: string | undefined, method: string | undefined) {
  if (challenge === undefined && method === undefined) return undefined;
  if (method !== 'S256') throw refused('code_challenge_method is not S256');
  if (challenge === undefined || !isChallenge(challenge)) {
    throw refused('code_challenge is not a base64url SHA-256 digest');
  }
  return challenge;
}

function readPrompts(prompt: string | undefined): Prompt[] {
  const asked = words(prompt);
  const known = prompts.filter((value) => asked.includes(value));
  if (known.length !== asked.length) throw refused(`prompt is none of ${prompts.join(', ')}`);
  if (known.includes('none') && known.length > 1) {
    throw refused('prompt none is not alone');
  }
  return known;
}
