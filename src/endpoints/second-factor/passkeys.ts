// Web Authentication Level 3: what browsers are asked, and whether what comes back is authentic.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { ApiPasskeyOptions, ApiPresentedPasskey } from '../../db/bindings.ts';
import type { Ctx } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { isSoundName, normalName } from '../../protocol/name.ts';
import { assembleToken, parseToken } from '../../protocol/secrets.ts';

/** By the first passkey: many a process sees none, and would hold megabytes for it. */
const loadWebAuthn = () => import('@simplewebauthn/server');
const loadHelpers = () => import('@simplewebauthn/server/helpers');

/** The host of the issuer: tenants that share it keep their people's passkeys apart by credential. */
const rpIdOf = (ctx: Ctx) => new URL(ctx.state.tenant.issuer).hostname;

const expected = (ctx: Ctx, challenge: string) => ({
  expectedChallenge: Buffer.from(challenge).toString('base64url'),
  expectedOrigin: new URL(ctx.state.tenant.issuer).origin,
  expectedRPID: rpIdOf(ctx),
  requireUserVerification: false,
});

type Credentials = { id: string; transports: string[] }[];

/** As long as a challenge is good, in milliseconds. */
const timeout = 300_000;

/** COSE algorithms (RFC 9053): EdDSA, ES256, RS256. */
const supportedAlgorithmIDs = [-8, -7, -257];

/** The challenge carries its expiry, as every handle of ours does; SQL keeps a hash of it. */
const challengeOf = (secret: string, { expires_at }: { expires_at: number }) =>
  Buffer.from(assembleToken('passkey', expires_at, secret));

/** What navigator.credentials.get() takes. Whoever signs in by a passkey alone is verified by it. */
export async function requestOptions(ctx: Ctx, secret: string, row: ApiPasskeyOptions) {
  const { generateAuthenticationOptions } = await loadWebAuthn();
  return generateAuthenticationOptions({
    rpID: rpIdOf(ctx),
    challenge: challengeOf(secret, row),
    allowCredentials: row.credentials as Credentials,
    userVerification: row.user_id === null ? 'required' : 'preferred',
    timeout,
  });
}

/** What navigator.credentials.create() takes: a passkey that is found without a username. */
export async function creationOptions(ctx: Ctx, secret: string, row: ApiPasskeyOptions) {
  const { generateRegistrationOptions } = await loadWebAuthn();
  return generateRegistrationOptions({
    rpName: ctx.state.tenant.title,
    rpID: rpIdOf(ctx),
    userID: new Uint8Array(Buffer.from(String(row.user_id).replaceAll('-', ''), 'hex')),
    userName: row.username ?? '',
    challenge: challengeOf(secret, row),
    excludeCredentials: row.credentials as Credentials,
    attestationType: 'none',
    supportedAlgorithmIDs,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    timeout,
  });
}

/** A PublicKeyCredential as its toJSON() has written it. */
export type Presented = {
  challenge: string;
  named: { passkey_challenge_hash: Buffer; passkey_challenge_expires_at: number };
  credential_id: Buffer;
  response: unknown;
};

/** Reads what a form brings; throws invalid_request for anything else. */
export function readPresented(text: string): Presented {
  try {
    const response = JSON.parse(text);
    const client = JSON.parse(
      Buffer.from(response.response.clientDataJSON, 'base64url').toString(),
    );
    const challenge = Buffer.from(client.challenge, 'base64url').toString();
    const parsed = parseToken('passkey', challenge);
    const credential_id = Buffer.from(response.id, 'base64url');
    if (parsed && credential_id.length > 0 && credential_id.length <= 1023) {
      const { hash, expires_at } = parsed;
      const named = { passkey_challenge_hash: hash, passkey_challenge_expires_at: expires_at };
      return { challenge, named, credential_id, response };
    }
  } catch {
    // What is no JSON is as good as what is another's.
  }
  throw new OAuthError('invalid_request', 'no credential of a challenge of ours');
}

const nothing = { user_verified: false, sign_count: 0, backup_eligible: false, backed_up: false };

/** What an authenticator has signed; `failure` says why it cannot be believed. The counter is for SQL to judge. */
export async function verifySignature(
  ctx: Ctx,
  { challenge, response }: Presented,
  { public_key, transports }: ApiPresentedPasskey,
) {
  const answer = response as AuthenticationResponseJSON;
  const handle = Buffer.from(String(answer.response.userHandle ?? ''), 'base64url').toString('hex');
  const user_handle = handle.length === 32 ? handle : null;
  const { verifyAuthenticationResponse } = await loadWebAuthn();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...expected(ctx, challenge),
      response: answer,
      credential: {
        id: answer.id,
        publicKey: new Uint8Array(public_key),
        counter: 0,
        transports: transports as never,
      },
    });
    return {
      failure: verified ? null : 'signature wrong',
      user_handle,
      user_verified: authenticationInfo.userVerified,
      sign_count: authenticationInfo.newCounter,
      ...backupOf(authenticationInfo),
    };
  } catch (failure) {
    return { failure: reasonOf(failure), user_handle, ...nothing };
  }
}

/**
 * What an authenticator has made, without what it says of itself: nobody asked (Web Authentication 5.4.7), and to verify
 * that, what a stranger's certificates name would be fetched.
 */
async function unattested(answer: RegistrationResponseJSON): Promise<RegistrationResponseJSON> {
  const { decodeAttestationObject, isoBase64URL, isoCBOR } = await loadHelpers();
  const said = decodeAttestationObject(isoBase64URL.toBuffer(answer.response.attestationObject));
  type Member = string | Uint8Array | Map<string, string>;
  const none = isoCBOR.encode(
    new Map<string, Member>([
      ['fmt', 'none'],
      ['attStmt', new Map<string, string>()],
      ['authData', said.get('authData')],
    ]),
  );
  const attestationObject = isoBase64URL.fromBuffer(none);
  return { ...answer, response: { ...answer.response, attestationObject } };
}

/** A new passkey; `failure` says why it is none. */
export async function verifyCreation(ctx: Ctx, { challenge, response }: Presented) {
  const answer = response as RegistrationResponseJSON;
  const transports = answer.response.transports ?? [];
  const { verifyRegistrationResponse } = await loadWebAuthn();
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...expected(ctx, challenge),
      requireUserVerification: true,
      supportedAlgorithmIDs,
      response: await unattested(answer),
    });
    if (!verified || !registrationInfo) throw new Error('attestation wrong');
    const { credential } = registrationInfo;
    return {
      failure: null,
      public_key: Buffer.from(credential.publicKey),
      sign_count: credential.counter,
      transports: transports.filter((one) => /^[a-z-]{1,20}$/.test(one)).slice(0, 10),
      ...backupOf(registrationInfo),
    };
  } catch (failure) {
    const { user_verified: _, ...none } = nothing;
    return { failure: reasonOf(failure), public_key: null, transports: [], ...none };
  }
}

/** What the person calls it. */
export function nameOf(typed: string): string {
  const name = normalName(typed);
  return isSoundName(name) && name.length <= 100 ? name : 'Passkey';
}

/** Web Authentication 6.1.3: whether it may be copied to other devices, and was. */
const backupOf = (info: { credentialDeviceType: string; credentialBackedUp: boolean }) => ({
  backup_eligible: info.credentialDeviceType === 'multiDevice',
  backed_up: info.credentialBackedUp,
});

/** The library's words up to what it quotes, which a stranger has written. */
const reasonOf = (failure: unknown) => (failure as Error).message.split('"')[0]?.trim() ?? '';
