// What of pgrant's part of a recipe is there otherwise than its commands make it.
import { hasSecret } from '../protocol/client-metadata.ts';
import type { Step, There } from './recipe-steps.ts';
import { readClaims } from './resource-commands.ts';
import { parseDuration } from './text.ts';

/** What a recipe knows of its server beside its commands. */
export type Server = {
  /** Where it is opened, if nobody has said where: any other place is as good. */
  placeholder?: string | undefined;
  /** Whether it takes no aud that is a list. */
  oneAud: boolean;
};

/** What the options of a step are called where the thing is shown. */
const shownAs: Record<string, string> = {
  'access-token-format': 'access_token_format',
  'access-token-alg': 'access_token_alg',
  'access-token-typ': 'access_token_typ',
  'access-token-scope': 'access_token_scope',
  'application-type': 'application_type',
  audience: 'audiences',
  scope: 'scopes',
  'grant-type': 'grant_types',
  'redirect-uri': 'redirect_uris',
  'post-logout-redirect-uri': 'post_logout_redirect_uris',
};

/** What a thing is called by, and its words for people, which are the operator's to choose. */
const names = ['tenant', 'client-id', 'title', 'name'];

/** What is not as the step makes it; undefined where nothing is. */
export function lacking(step: Step, there: There | undefined, server: Server): string | undefined {
  if (there === undefined) return 'missing';
  if (there.other_kind) return `a ${there.other_kind} has this name, and no ${step.kind}`;
  const faults = Object.entries(step.options).flatMap(([option, values]) =>
    faultsOf(option, values, there, server),
  );
  if (step.kind === 'client') faults.push(...clientFaults(step, there));
  if (step.kind === 'resource' && server.oneAud && texts(there.audiences).length > 0) {
    faults.push(`audiences are ${texts(there.audiences).join(' ')}, and aud may be no list`);
  }
  if (there.disabled_at) faults.unshift('disabled');
  return faults.length === 0 ? undefined : faults.join(', ');
}

function faultsOf(option: string, values: string[], there: There, server: Server): string[] {
  const without = (has: (value: string) => boolean, say: (value: string) => string) =>
    values.filter((value) => !has(value)).map(say);
  if (names.includes(option) || option === 'public') return [];
  if (option === 'sensitive') return there.sensitive === true ? [] : ['sensitive is false'];
  if (option === 'set') {
    return without(
      (value) => isSet(there, value),
      (value) => `${value} is not set`,
    );
  }
  if (option === 'access-token-claim') {
    return without(
      (value) => hasClaim(there, value),
      (value) => `its tokens have no ${value}`,
    );
  }
  if (option === 'access-token-lifetime') {
    const same = there.access_token_lifetime === parseDuration(values[0] ?? '');
    return same ? [] : [`access_token_lifetime is not ${values[0]}`];
  }
  const field = shownAs[option];
  if (field === undefined) throw new TypeError(`nobody checks --${option} of a recipe`);
  // No list of scopes is every scope.
  if (field === 'scopes' && there[field] === null) return [];
  return isThere(there[field], values, server) ? [] : [`${field} is not ${values.join(' ')}`];
}

function isThere(found: unknown, wanted: string[], { placeholder }: Server): boolean {
  if (!Array.isArray(found)) return found === wanted[0];
  return wanted.every((value) => {
    if (placeholder === undefined || !value.startsWith(placeholder)) return found.includes(value);
    return texts(found).some((one) => new URL(one).pathname === new URL(value).pathname);
  });
}

function isSet(there: There, setting: string): boolean {
  const [name = '', ...value] = setting.split('=');
  return String(there[name]) === value.join('=');
}

function hasClaim({ access_token_claims }: There, value: string): boolean {
  const claims = (access_token_claims ?? {}) as Record<string, string>;
  return Object.entries(readClaims([value])).every(([name, text]) => claims[name] === text);
}

/** What the commands leave to the defaults, and the server does not work without. */
function clientFaults({ options }: Step, there: There): string[] {
  const method = there.token_endpoint_auth_method;
  if (options.public) return method === 'none' ? [] : ['it is not public'];
  const faults = [];
  if (!hasSecret(method)) {
    faults.push(method === 'none' ? 'it is public' : `it has no secret, but ${method}`);
  } else if (!(there.secrets as { expires_at: string | null }[]).some(isLive)) {
    faults.push('it has no secret that is good');
  }
  const introspects = options.set?.some((value) => value.startsWith('introspection_audience='));
  if (introspects && there.third_party) {
    faults.push('third_party is true, and such a client is told of its own tokens alone');
  }
  return faults;
}

const isLive = ({ expires_at }: { expires_at: string | null }) =>
  expires_at === null || Date.parse(expires_at) > Date.now();

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
