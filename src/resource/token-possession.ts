// RFC 9449 4.3, 7 and 9, RFC 8705 3: whether whoever sends a token has the key that it is bound to.
import { createHash, createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { privateMembers } from './private-members.ts';
import { normalUrl } from './proof-url.ts';

/** A request, as its sender has to have proven it. */
export type ResourceRequest = {
  method: string;
  /** Its URL, or the path of it: the origin is the resource's, whatever proxy is in front. */
  url: string;
  /** The value of the header DPoP. */
  dpop?: string | undefined;
  /** The client certificate of the connection (DER), for tokens that are bound to one. */
  certificate?: Uint8Array | undefined;
};

export type DpopOptions = {
  /** Whether every token has to be bound to a key; false by default. */
  required?: boolean;
  /** By what proofs may be signed; FAPI 2.0 wants it without RS256, which is among the default. */
  algorithms?: readonly string[];
  /** Makes proofs need a nonce of this API (RFC 9449 9): at least 32 bytes, the same in all its processes. */
  nonceSecret?: Uint8Array;
  /** Says whether a proof with this id is new, and remembers it for so many seconds; by default each process for itself. */
  isNew?: (id: string, seconds: number) => boolean | Promise<boolean>;
};

/** A proof or a key that is not good: `error` as RFC 9449 7.1 has it. */
export class NotPossessed extends Error {
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token';

  constructor(error: NotPossessed['error'], reason: string) {
    super(reason);
    this.error = error;
  }
}

const allAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

/** For how long a proof is good, what clocks may differ by, and for how long a nonce is handed out, in seconds. */
const [lifetime, leeway, period] = [60, 30, 60];
const rememberedProofs = 100_000;

type Claims = { cnf?: unknown };

/** Makes the check; it throws NotPossessed. */
export function makePossession(resource: string, options: DpopOptions = {}) {
  const { required = false, algorithms = allAlgorithms, nonceSecret } = options;
  const { isNew = newInThisProcess() } = options;
  const key =
    nonceSecret &&
    createSecretKey(Buffer.from(hkdfSync('sha256', nonceSecret, '', 'pgrant resource nonce', 32)));
  const nonceOf = (number: number) =>
    key && createHmac('sha256', key).update(`${resource} ${number}`).digest('base64url');
  const now = () => Date.now() / 1000;
  const current = () => Math.floor(now() / period);
  const isNonce = (nonce: unknown) =>
    [0, -1, 1].some((offset) => nonceOf(current() + offset) === nonce);

  async function requireProof(token: string, cnf: string, request: ResourceRequest) {
    const { dpop = '', method } = request;
    if (dpop === '') throw invalid('there is no DPoP proof');
    // A nonce tells when the proof was made, whatever the clock of its maker says.
    const { payload, jkt } = await verified(
      dpop,
      algorithms,
      key ? Number.MAX_SAFE_INTEGER : leeway,
    );
    if (payload.htm !== method) throw invalid(`htm is not ${method}`);
    const sent = sentTo(payload.htu);
    if (sent === undefined || sent !== askedFor(request.url, resource)) {
      throw invalid('htu is another URL');
    }
    if (payload.ath !== digest(token)) throw invalid('ath is of another token');
    if (!(typeof payload.jti === 'string' && payload.jti !== '' && payload.jti.length <= 255)) {
      throw invalid('no good jti');
    }
    if (typeof payload.iat !== 'number') throw invalid('iat is missing');
    if (key && !isNonce(payload.nonce)) throw new NotPossessed('use_dpop_nonce', 'no good nonce');
    if (!key && !(Math.abs(now() - lifetime / 2 - payload.iat) <= lifetime / 2 + leeway)) {
      throw invalid('iat is too long ago, or in the future');
    }
    if (jkt !== cnf) throw new NotPossessed('invalid_token', 'the token is bound to another key');
    const seconds = key ? 3 * period : lifetime + 2 * leeway;
    if (!(await isNew(digest(`${jkt} ${payload.jti}`), seconds))) throw invalid('used before');
  }

  return {
    required,
    algorithms,
    /** To be sent as DPoP-Nonce; undefined without a nonceSecret. */
    nonce: () => nonceOf(current()),
    async require(
      scheme: 'bearer' | 'dpop',
      token: string,
      claims: Claims,
      request?: ResourceRequest,
    ) {
      const { jkt, 'x5t#S256': x5t } = (claims.cnf ?? {}) as Record<string, unknown>;
      const bound = typeof jkt === 'string';
      if (required && !bound)
        throw new NotPossessed('invalid_token', 'the token is bound to no key');
      if (bound !== (scheme === 'dpop')) {
        const reason = bound ? 'a DPoP-bound token sent as Bearer' : 'a bearer token sent as DPoP';
        throw new NotPossessed('invalid_token', reason);
      }
      if (bound) {
        if (!request) throw new TypeError('authorize was not told the request that a proof is for');
        await requireProof(token, jkt, request);
      }
      if (x5t !== undefined && x5t !== digest(request?.certificate ?? '')) {
        throw new NotPossessed('invalid_token', 'the token is bound to another client certificate');
      }
    },
  };
}

async function verified(
  proof: string,
  algorithms: readonly string[],
  clockTolerance: number,
): Promise<{ payload: JWTPayload; jkt: string }> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...algorithms],
      clockTolerance,
    });
    const { jwk = {} } = protectedHeader;
    // RFC 9449 4.3: one without d is no private key to those who read it, and tells it all the same.
    if (privateMembers.some((name) => name in jwk)) throw invalid('its key is a private one');
    return { payload, jkt: await calculateJwkThumbprint(jwk) };
  } catch (failure) {
    // A key that cannot be one is a TypeError, or a DOMException of WebCrypto.
    if (failure instanceof errors.JOSEError || failure instanceof TypeError) {
      throw invalid(failure.message);
    }
    if (failure instanceof DOMException) throw invalid('its key is none');
    throw failure;
  }
}

function invalid(reason: string): NotPossessed {
  return new NotPossessed('invalid_dpop_proof', reason);
}

/** SHA-256 in base64url. */
function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64url');
}

/** Normalised. */
function sentTo(text: unknown): string | undefined {
  return typeof text === 'string' ? normalUrl(text) : undefined;
}

/** The URL of a request, at the origin of `place`. Of a path, two slashes name no host (RFC 9112 3.2.1). */
function askedFor(text: string, place: string): string | undefined {
  const target = text.startsWith('/') ? `http://any${text}` : text;
  if (!URL.canParse(target, place)) return undefined;
  return normalUrl(new URL(place).origin + new URL(target, place).pathname);
}

function newInThisProcess(): NonNullable<DpopOptions['isNew']> {
  const used = new LRUCache<string, true>({ max: rememberedProofs });
  return (id, seconds) => {
    if (used.has(id)) return false;
    used.set(id, true, { ttl: seconds * 1000 });
    return true;
  };
}
