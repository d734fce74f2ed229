// The policy of a tenant as its page has it: in groups, with what is laxer than the default.
import { isDeepStrictEqual } from 'node:util';
import { type Setting, tenantSettings } from './console-form.ts';

/** What belongs together, in the order in which it is shown. */
const groups: Readonly<Record<string, string>> = {
  sign_in: `second_factor acr_values_supported session_lifetime session_idle_lifetime remember_username password_change_revokes
    session_management account_deletion login_url login_issuer login_jwks`,
  consent: `consent_lifetime consent_choice registered_consent grant_management_action_required request_lifetime
    device_code_lifetime`,
  registration: `registration registered_idle_lifetime client_documents client_document_hosts client_document_refused_hosts
    software_statement_issuers`,
  developers: 'developer_portal developer_role developer_quota developer_token_rate',
  tokens: `access_token_lifetime refresh_lifetime refresh_idle_lifetime replay_window id_token_lifetime code_lifetime
    identity_assertion_lifetime access_token_format access_token_typ audience subject_type tenant_claim roles_claim
    permissions_claim`,
  requests: `security_profile token_endpoint_auth_methods require_pkce require_pushed_authorization_requests par_lifetime
    require_signed_request_object request_object_lifetime request_uri_parameter dpop_bound_access_tokens require_dpop_nonce
    client_signing_algs assertion_audience assertion_lifetime bearer_assertion_lifetime redirect_schemes`,
  keys: 'signing_algs access_token_alg key_rotation_interval key_publish_lead',
  look: 'title default_language accent_color logo_uri support_uri policy_uri tos_uri unverified_logos',
};

/** Of what has values of different strictness, those from the strictest on. */
const fromStrictest: Readonly<Record<string, readonly unknown[]>> = {
  second_factor: ['required', 'sensitive', 'optional', 'off'],
  registered_consent: ['always', 'assured', 'remember'],
  registration: ['closed', 'token', 'open'],
  client_documents: ['closed', 'listed', 'open'],
  assertion_audience: ['issuer', 'token_endpoint'],
  subject_type: ['pairwise', 'public'],
  ...Object.fromEntries(
    ['password_change_revokes', 'require_pkce', 'require_pushed_authorization_requests'].map(
      (name) => [name, [true, false]],
    ),
  ),
  ...Object.fromEntries(
    ['session_management', 'remember_username', 'request_uri_parameter', 'unverified_logos'].map(
      (name) => [name, [false, true]],
    ),
  ),
};

/** Where 0 is without an end. */
const endlessAtZero = ['consent_lifetime'];

/** Where more is no laxer. */
const neutral = ['key_publish_lead'];

/** Whether a value lets more happen than the default of its setting does. */
function isLaxer({ name, type, default: usual }: Setting, value: unknown): boolean {
  const order = fromStrictest[name];
  if (order) return order.indexOf(value) > order.indexOf(usual);
  if (name === 'redirect_schemes')
    return (value as string[]).some((one) => !(usual as string[]).includes(one));
  if (type !== 'integer' || neutral.includes(name)) return false;
  return amount(name, value) > amount(name, usual);
}

const amount = (name: string, value: unknown) =>
  value === null || (value === 0 && endlessAtZero.includes(name))
    ? Number.POSITIVE_INFINITY
    : Number(value);

/** The settings of a tenant in their groups. */
export const policyGroups: readonly { name: string; settings: readonly Setting[] }[] =
  Object.entries(groups).map(([name, names]) => ({
    name,
    settings: names
      .split(/\s+/)
      .flatMap((one) => tenantSettings.filter(({ name }) => name === one)),
  }));

/** How a value stands to the default of its setting; undefined where it is that, or every tenant has its own. */
export function differs(setting: Setting, value: unknown): 'laxer' | 'changed' | undefined {
  if (setting.default === undefined && !setting.nullable) return undefined;
  if (isDeepStrictEqual(value ?? null, setting.default ?? null)) return undefined;
  return isLaxer(setting, value) ? 'laxer' : 'changed';
}
