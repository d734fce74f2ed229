// RFC 7662: opaque access tokens and API keys, asked for once in a while.
import { createHash } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { errors } from 'jose';
import { LRUCache } from 'lru-cache';

type Settings = {
  issuer: string;
  resource: string;
  client_id: string;
  client_secret: string;
  cacheSeconds?: number;
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

async function ask(settings: Settings, token: string): Promise<Introspected> {
  const { issuer, client_id, client_secret } = settings;
  const pair = [client_id, client_secret].map(encodeURIComponent).join(':');
  const response = await fetch(`${issuer}/oauth/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`introspection at ${issuer} answered ${response.status}`);
  return (await response.json()) as Introspected;
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
