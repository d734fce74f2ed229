// RFC 7517, RFC 7638: the public keys by which a client signs.
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { privateMembers } from '../resource/private-members.ts';
import { jsonFault } from './json.ts';
import { clientAlgs } from './lists.ts';

/** The keys for each algorithm by which clients may sign (RFC 7518 3.1, RFC 8037, RFC 9864). */
const keyTypes: Record<ClientAlg, string> = {
  ES256: 'EC',
  RS256: 'RSA',
  PS256: 'RSA',
  EdDSA: 'OKP',
  Ed25519: 'OKP',
};

export type ClientAlg = (typeof clientAlgs)[number];

/** A key that verifies what a client signed. */
export type ClientKey = {
  key: KeyObject;
  /** RFC 7638, SHA-256, base64url. */
  thumbprint: string;
  /** Its public members and what is said of its use, as it is stored. */
  jwk: { kty: string; kid?: string; alg?: string } & Record<string, string>;
};

const keyLimit = 20;
/** Of keys that are fetched and may be none of ours. */
const fetchedLimit = 100;
const sizeLimit = 16_384;
const longestExponent = 0xffff_ffffn;

/** The members that make a key, in the order of its thumbprint (RFC 7638 3.2). */
const members = new Map<unknown, [curve: string | undefined, names: string[]]>([
  ['EC', ['P-256', ['crv', 'kty', 'x', 'y']]],
  ['OKP', ['Ed25519', ['crv', 'kty', 'x']]],
  ['RSA', [undefined, ['e', 'kty', 'n']]],
]);

/** Whether a value is a JWK set of public keys, in bounds: 20 keys, 16 KiB, nothing that jsonb cannot hold. */
export function isPublicJwkSet(value: unknown): boolean {
  const keys = keysOf(value);
  if (!keys || keys.length > keyLimit || jsonFault(value) !== undefined) return false;
  return (
    JSON.stringify(value).length <= sizeLimit &&
    keys.every((jwk) => isRecord(jwk) && typeof jwk.kty === 'string' && isPublic(jwk))
  );
}

/** The keys of a set that verify signatures; any other is left out (RFC 7517 5). */
export function clientKeys(jwks: unknown): ClientKey[] {
  return (keysOf(jwks) ?? []).flatMap((jwk) => (isRecord(jwk) ? (clientKey(jwk) ?? []) : []));
}

/** What is stored of a set that was fetched: its usable keys, without certificates and the like. Undefined beyond the bounds. */
export function storableJwks(jwks: unknown): { keys: ClientKey['jwk'][] } | undefined {
  if ((keysOf(jwks)?.length ?? Number.POSITIVE_INFINITY) > fetchedLimit) return undefined;
  const stored = { keys: clientKeys(jwks).map(({ jwk }) => jwk) };
  return isPublicJwkSet(stored) ? stored : undefined;
}

/** The keys that may have made a signature: of the kid where both have one, and for the algorithm. */
export function candidates(
  keys: readonly ClientKey[],
  { alg, kid }: { alg: ClientAlg; kid: string | undefined },
): ClientKey[] {
  return keys.filter(
    ({ jwk }) =>
      jwk.kty === keyTypes[alg] &&
      (jwk.alg === undefined || sameAlg(jwk.alg, alg)) &&
      (kid === undefined || jwk.kid === undefined || jwk.kid === kid),
  );
}

/** EdDSA is what Ed25519 was called before RFC 9864. */
function sameAlg(one: string, other: string): boolean {
  return (
    one === other ||
    (keyTypes[one as ClientAlg] === 'OKP' && keyTypes[other as ClientAlg] === 'OKP')
  );
}

function clientKey(jwk: Record<string, unknown>): ClientKey | undefined {
  const { kty, crv, kid, alg, use, key_ops: operations } = jwk;
  const [curve, names] = members.get(kty) ?? [undefined, []];
  const fit =
    names.length > 0 &&
    crv === curve &&
    isPublic(jwk) &&
    (use === undefined || use === 'sig') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify'))) &&
    (alg === undefined || clientAlgs.includes(alg as ClientAlg)) &&
    (kid === undefined || (typeof kid === 'string' && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(kid)));
  const parts = names.map((name) => [name, jwk[name]] as const);
  if (!fit || !parts.every(([, value]) => typeof value === 'string' && /^[\w-]+$/.test(value)))
    return undefined;
  try {
    const canonical = Object.fromEntries(parts) as Record<string, string>;
    const key = createPublicKey({ key: canonical, format: 'jwk' });
    const { modulusLength = 2048, publicExponent = 3n } = key.asymmetricKeyDetails ?? {};
    // RFC 7518 3.3: 2048 bits or more. With an exponent as long as that a signature costs a hundred times as much.
    if (modulusLength < 2048 || publicExponent > longestExponent) return undefined;
    return {
      key,
      thumbprint: hash('sha256', JSON.stringify(canonical), 'base64url'),
      jwk: {
        ...canonical,
        ...(kid !== undefined && { kid }),
        ...(alg !== undefined && { alg }),
      } as ClientKey['jwk'],
    };
  } catch {
    // Not a point of its curve, or the like.
    return undefined;
  }
}

function keysOf(jwks: unknown): unknown[] | undefined {
  const { keys } = (isRecord(jwks) ? jwks : {}) as { keys?: unknown };
  return Array.isArray(keys) ? keys : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A client that publishes a private key has lost it. */
function isPublic(jwk: object): boolean {
  return !privateMembers.some((name) => name in jwk);
}
