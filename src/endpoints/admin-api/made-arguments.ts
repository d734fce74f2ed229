// What no admin sends and SQL never makes: secrets, keys, verifiers of passwords.

import { randomBytes, randomUUID } from 'node:crypto';
import type { Ctx } from '../../http/ctx.ts';
import { turnOf } from '../../http/turn.ts';
import { sealSecrets } from '../../identity-providers/identity-providers.ts';
import { hasSecret } from '../../protocol/client-metadata.ts';
import { malformed } from '../../protocol/errors.ts';
import { newSigningKey, type SigningAlg, sealSigningKey } from '../../protocol/keys.ts';
import { signingAlgs } from '../../protocol/lists.ts';
import { newPassword } from '../../protocol/password.ts';
import { derivedText, type Master } from '../../protocol/seal.ts';
import { newLastingSecret } from '../../protocol/secrets.ts';
import { newWebhookSecret, sealWebhookSecret } from '../../protocol/webhook.ts';
import type { EndpointServices } from '../endpoint.ts';
import { type Arguments, type Operation, ownMembers } from './admin-operation.ts';

/** What is made for an operation: more arguments, and what its answer shows once. */
export type Made = { arguments: Arguments; shown: Record<string, string> };

const hex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`;

/** Of what a secret is made, so that a repeated request can have it again. */
export function newSecretSalt(): Buffer {
  return randomBytes(32);
}

/** What is made for these costs a processor tenths of a second, a key or the verifier of a password: for no stranger. */
export const costly: readonly string[] = ['key_add', 'user_add'];

/** Makes what an operation needs besides what SQL sees of what was `sent`; the secret comes of `salt`. */
export async function makeArguments(
  services: Pick<EndpointServices, 'secret' | 'queues'>,
  ctx: Ctx,
  { operation, made }: Operation,
  given: Arguments,
  { salt, sent }: { salt: Buffer; sent: Readonly<Record<string, unknown>> },
): Promise<Made> {
  const tenant = ctx.state.tenant.id;
  const own = ownTexts(operation, sent);
  if (operation === 'client_add') return newClient(services.secret, tenant, given, salt);
  if (operation === 'user_add') {
    const { password } = own;
    if (password === undefined) return { arguments: {}, shown: {} };
    const {
      verifier,
      salt: password_salt,
      parameters,
    } = await services.queues.derivations.run(turnOf(ctx), () => newPassword(password));
    const hashed = {
      password_salt: hex(password_salt),
      password_params: parameters,
      password_hash: hex(verifier),
    };
    return { arguments: hashed, shown: {} };
  }
  if (operation === 'key_add')
    return services.queues.derivations.run(turnOf(ctx), () =>
      newKey(services.secret, tenant, given),
    );
  if (made.includes('secret_hash')) {
    const member = operation === 'credential_add' ? 'api_key' : 'client_secret';
    const { secret, hash } = secretOf(services.secret, tenant, member, salt);
    return { arguments: { secret_hash: hex(hash) }, shown: { [member]: secret } };
  }
  if (made.includes('sealed_secret')) {
    const random = Buffer.from(textOf(services.secret, tenant, salt), 'base64url');
    const secret = newWebhookSecret(random);
    const sealed = sealWebhookSecret(services.secret, tenant, String(given.name), secret);
    return { arguments: { sealed_secret: hex(sealed) }, shown: { secret } };
  }
  if (made.includes('sealed_secrets') && Object.keys(own).length > 0) {
    const sealed = sealSecrets(services.secret, tenant, String(given.name), own);
    return { arguments: { sealed_secrets: hex(sealed) }, shown: {} };
  }
  return { arguments: {}, shown: {} };
}

/** What was sent of the members that SQL does not see. */
function ownTexts(operation: string, sent: Readonly<Record<string, unknown>>) {
  const texts: Record<string, string> = {};
  for (const name of ownMembers[operation] ?? []) {
    const value = sent[name];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') throw malformed(`${name} must be text`);
    texts[name] = value;
  }
  return texts;
}

function newClient(master: Master, tenant: string, given: Arguments, salt: Buffer): Made {
  const client_id = given.client_id ?? randomUUID();
  const { token_endpoint_auth_method: method } = given.metadata as {
    token_endpoint_auth_method?: unknown;
  };
  if (!hasSecret(method)) {
    return { arguments: { client_id }, shown: {} };
  }
  const { secret, hash } = secretOf(master, tenant, 'client_secret', salt);
  return {
    arguments: { client_id, secret_hash: hex(hash) },
    shown: { client_secret: secret },
  };
}

async function newKey(master: Master, tenant: string, given: Arguments): Promise<Made> {
  const alg = signingAlgs.find((one) => one === given.alg);
  if (alg === undefined) throw malformed(`alg must be one of ${signingAlgs.join(', ')}`);
  const { signing, public_jwk } = await newSigningKey(alg satisfies SigningAlg);
  const { kid } = signing;
  const sealed_private = hex(sealSigningKey(master, tenant, signing));
  return { arguments: { kid, public_jwk, sealed_private }, shown: { kid } };
}

const textOf = (master: Master, tenant: string, salt: Buffer) =>
  derivedText(master, 'pgrant admin secret', `${tenant} ${salt.toString('hex')}`);

function secretOf(
  master: Master,
  tenant: string,
  kind: 'client_secret' | 'api_key',
  salt: Buffer,
): { secret: string; hash: Buffer } {
  return newLastingSecret(kind, textOf(master, tenant, salt));
}
