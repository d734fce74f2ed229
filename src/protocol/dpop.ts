// RFC 9449 4: a DPoP proof says which key the sender of this one request has.
import { hash, type KeyObject } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import { normalUrl } from '../resource/proof-url.ts';
import { inFuture } from './client-assertion.ts';
import { isSignedEs256 } from './es256.ts';
import { type ClientAlg, type ClientKey, candidates, clientKeys } from './jwk-set.ts';
import { clientAlgs } from './lists.ts';
import { secretHash } from './secrets.ts';

/** What SQL decides on. */
export type ProofFacts =
  | { fault: string }
  | {
      /** RFC 7638 thumbprint of the key, SHA-256, base64url. */
      jkt: string;
      alg: ClientAlg;
      /** SHA-256 of thumbprint and jti, hex. */
      jti_hash: string;
      /** Epoch seconds: later it would be refused, used before or not. */
      exp: number;
      nonce?: 'good' | 'unknown';
    };

/** The request that a proof came with. */
export type ProvenRequest = {
  method: string;
  /** The URLs that it may have been sent to, without query. */
  urls: readonly string[];
  /** The access token that came with it, where one did. */
  token?: string;
  /** Until when a nonce of this server is good, in epoch seconds; undefined for any other. */
  nonceExpiry: (nonce: string) => number | undefined;
  /** The keys that have made proofs, by their headers: reading one costs as much as a signature. */
  known: { get(header: string): ProofKey | undefined; set(header: string, key: ProofKey): void };
  /** Does work that costs what its sender likes. */
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/** For how long a proof is good, and what clocks may differ by, in seconds. */
const lifetime = 60;
const leeway = 30;

const sizeLimit = 8192;

class Fault extends Error {}

/** Reads and verifies the value of a DPoP header. */
export async function readProof(proof: string, request: ProvenRequest): Promise<ProofFacts> {
  try {
    // Node joins the values of a header that was sent twice (RFC 9449 4.3: there must be one).
    if (proof.includes(',')) throw new Fault('there is more than one');
    if (proof.length > sizeLimit) throw new Fault('it is too long');
    const header = proof.slice(0, proof.indexOf('.'));
    const key = request.known.get(header) ?? keyOf(proof);
    if (!(await isSigned(proof, key, request))) {
      throw new Fault('its key has not made its signature');
    }
    request.known.set(header, key);
    return factsOf(decodeJwt(proof), key, request);
  } catch (failure) {
    if (failure instanceof Fault) return { fault: failure.message };
    if (failure instanceof errors.JOSEError || failure instanceof TypeError) {
      return { fault: 'it is no JWT' };
    }
    throw failure;
  }
}

export type ProofKey = ClientKey & { usedAlg: ClientAlg };

/** The public key in the header, if it is one by which clients may sign. */
function keyOf(proof: string): ProofKey {
  const { typ, alg, jwk, crit } = decodeProtectedHeader(proof);
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  if (type !== 'dpop+jwt') throw new Fault('typ is not dpop+jwt');
  if (crit !== undefined) throw new Fault('crit is not supported');
  const usedAlg = alg as ClientAlg;
  if (!clientAlgs.includes(usedAlg)) throw new Fault(`alg is none of ${clientAlgs.join(', ')}`);
  const [key] = candidates(clientKeys({ keys: [jwk] }), { alg: usedAlg, kid: undefined });
  if (!key) throw new Fault('jwk is not a public key for its alg');
  return { ...key, usedAlg };
}

/** Almost always at once, so that requests which came together go on together; in turn where it may cost what its sender likes. */
function isSigned(
  proof: string,
  { key, usedAlg }: ProofKey,
  { inTurn }: ProvenRequest,
): boolean | Promise<boolean> {
  if (usedAlg === 'ES256') return isSignedEs256(proof, key);
  return inTurn(() => isVerified(proof, key, usedAlg));
}

async function isVerified(proof: string, key: KeyObject, alg: ClientAlg): Promise<boolean> {
  try {
    await compactVerify(proof, key, { algorithms: [alg] });
    return true;
  } catch (failure) {
    if (failure instanceof errors.JOSEError) return false;
    throw failure;
  }
}

function factsOf(
  { htm, htu, iat, exp, nbf, jti, ath, nonce }: Record<string, unknown>,
  { thumbprint: jkt, usedAlg: alg }: ProofKey,
  { method, urls, token, nonceExpiry }: ProvenRequest,
): ProofFacts {
  if (htm !== method) throw new Fault(`htm is not ${method}`);
  if (!isOneOf(urls, htu)) throw new Fault('htu is not the URL of the request');
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) {
    throw new Fault('jti is missing or too long');
  }
  if (nonce !== undefined && typeof nonce !== 'string') throw new Fault('nonce is no text');
  if (token !== undefined && ath !== hash('sha256', token, 'base64url')) {
    throw new Fault('ath is not of this access token');
  }
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw new Fault('iat is missing');
  const until = nonce === undefined ? undefined : nonceExpiry(nonce);
  // RFC 9449 4.3: a nonce of ours tells when the proof was made, whatever the clock of its maker says.
  if (until === undefined) refuseUnlessRecent(iat, exp, nbf);
  return {
    jkt,
    alg,
    jti_hash: secretHash(`${jkt} ${jti}`).toString('hex'),
    exp: until ?? Math.floor(iat) + lifetime + leeway + 1,
    ...(nonce !== undefined && { nonce: until === undefined ? 'unknown' : 'good' }),
  };
}

function isOneOf(urls: readonly string[], htu: unknown): boolean {
  if (typeof htu !== 'string') return false;
  // Almost always: two that are the same text need not be read.
  if (urls.includes(htu)) return true;
  const sent = normalUrl(htu);
  return sent !== undefined && urls.some((url) => normalUrl(url) === sent);
}

function refuseUnlessRecent(iat: number, exp: unknown, nbf: unknown): void {
  const now = Date.now() / 1000;
  if (iat > now + leeway) throw new Fault('iat is in the future');
  if (iat < now - lifetime - leeway) throw new Fault('iat is too long ago');
  // RFC 7519 4.1.4, 4.1.5: no proof needs them, but one that has them is held to them.
  const ended = exp !== undefined && !(typeof exp === 'number' && exp > now - leeway);
  if (ended) throw new Fault('exp is in the past, or no moment');
  if (inFuture(nbf, now)) throw new Fault('nbf is in the future, or no moment');
}
