// RFC 7662, RFC 9701: opaque access tokens and API keys, asked for once in a while.
import { createHash } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { authentication, type ConfidentialClient } from './client-authentication.ts';
import { IssuerUnavailable } from './resource-error.ts';

type Settings = {
  issuer: string;
  resource: string;
  introspection: ConfidentialClient;
  cacheSeconds?: number;
  /** Those of the issuer, and by what it may have signed. */
  keys: JWTVerifyGetKey;
  algorithms: string[];
};

type Introspected = Record<string, unknown> & {
  active: boolean;
  exp?: number;
  aud?: string | string[];
  allowed_networks?: string[];
};

const cacheSize = 10_000;
const timeout = 5_000;

/** Makes a function that gives what is known of an opaque token; it throws JWTInvalid for a bad one. */
export function makeIntrospection(settings: Settings) {
  const { cacheSeconds = 10 } = settings;
  const cache = new LRUCache<string, Introspected>({ max: cacheSize, ttl: cacheSeconds * 1000 });

  return async (token: string, address?: string): Promise<Introspected> => {
    // Under its digest, so that a dump of this process holds no usable token for longer than it must.
    const key = createHash('sha256').update(token).digest('base64');
    const known = cache.get(key) ?? (await ask(settings, token));
    if (known.active && cacheSeconds > 0) cache.set(key, known);
    refuseUnlessGood(known, settings.resource, address);
    return known;
  };
}

const signedType = 'application/token-introspection+jwt';

/** How old a signed answer may be, and what clocks may differ by, in seconds. */
const [answerAge, leeway] = [60, 30];

async function ask(settings: Settings, token: string): Promise<Introspected> {
  const { issuer, introspection } = settings;
  const { headers, parameters } = await authentication(introspection, issuer);
  try {
    const response = await fetch(`${issuer}/oauth/introspect`, {
      method: 'POST',
      headers: {
        ...headers,
        accept: introspection.signedAnswers ? signedType : 'application/json',
      },
      body: new URLSearchParams({ ...parameters, token }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    if (response.ok) return await stateOf(settings, response);
    if (!isOutage(response.status)) throw new IntrospectionRefused(issuer, response.status);
    throw new Error(`answered ${response.status}`);
  } catch (cause) {
    if (cause instanceof IntrospectionRefused) throw cause;
    throw new IssuerUnavailable(`no introspection at ${issuer}`, { cause });
  }
}

/** What is said of a token; a client that is registered for signed answers gets them without asking. */
async function stateOf(
  { issuer, introspection, keys, algorithms }: Settings,
  response: Response,
): Promise<Introspected> {
  const isSigned = response.headers.get('content-type')?.startsWith(signedType) === true;
  if (!isSigned && introspection.signedAnswers) throw new Error('the answer is not signed');
  if (!isSigned) return (await response.json()) as Introspected;
  const { payload } = await jwtVerify(await response.text(), keys, {
    issuer,
    audience: introspection.client_id,
    typ: 'token-introspection+jwt',
    algorithms,
    maxTokenAge: answerAge,
    clockTolerance: leeway,
  });
  return payload.token_introspection as Introspected;
}

/** Refused is this resource server itself: its client is wrong, which its operator must hear of. */
class IntrospectionRefused extends Error {
  constructor(issuer: string, status: number) {
    super(
      `introspection at ${issuer} answered ${status}: are client_id and its secret or key right?`,
    );
  }
}

/** RFC 9110 15.5.9, 15.6 and RFC 6585 4: answers that may be another one later. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function refuseUnlessGood(known: Introspected, resource: string, address?: string): void {
  if (!known.active) throw new errors.JWTInvalid('the token is not active');
  if (known.exp !== undefined && known.exp * 1000 <= Date.now()) {
    throw new errors.JWTInvalid('the token has expired');
  }
  if (![known.aud].flat().includes(resource)) {
    throw new errors.JWTInvalid('the token is for another resource');
  }
  if (known.allowed_networks && !isAllowed(known.allowed_networks, address)) {
    throw new errors.JWTInvalid('the key may not be used from this address');
  }
}

function isAllowed(networks: readonly string[], address?: string): boolean {
  if (address === undefined) return false;
  const allowed = new BlockList();
  for (const network of networks) {
    const [net = '', bits = ''] = network.split('/');
    allowed.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4');
  }
  return allowed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
