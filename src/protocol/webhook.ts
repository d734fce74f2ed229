// Standard Webhooks (https://www.standardwebhooks.com): signed requests that tell of events.
import { createHmac, randomBytes } from 'node:crypto';
import { type Master, seal, unseal } from './seal.ts';

/** What recognises a secret, for receivers' libraries and for scanners of leaked ones. */
const prefix = 'whsec_';

/** An event as a webhook is told of it; `id` is the same for each attempt. */
export type WebhookEvent = { id: string; type: string; timestamp: string; data: object };

/** Makes a secret of 256 random bits, as a receiver is given it. */
export function newWebhookSecret(random = randomBytes(32)): string {
  return prefix + random.toString('base64');
}

/** Seals a secret for one webhook of one tenant. */
export function sealWebhookSecret(
  master: Master,
  tenant: string,
  name: string,
  secret: string,
): Buffer {
  return seal(master, 'pgrant webhook secret', { tenant, name }, Buffer.from(secret));
}

/** Opens what sealWebhookSecret made; throws where it is another webhook's. */
export function openWebhookSecret(
  master: Master,
  tenant: string,
  name: string,
  sealed: Buffer,
): string {
  return unseal(master, 'pgrant webhook secret', { tenant, name }, sealed).toString();
}

/** The headers and the body of an attempt, signed with each of the secrets at `now`. */
export function webhookRequest(
  { id, type, timestamp, data }: WebhookEvent,
  secrets: readonly string[],
  now = new Date(),
): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ type, timestamp, data });
  const seconds = Math.floor(now.getTime() / 1000);
  const signed = `${id}.${seconds}.${body}`;
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': secrets.map((secret) => `v1,${signature(secret, signed)}`).join(' '),
    },
    body,
  };
}

function signature(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  return createHmac('sha256', key).update(signed).digest('base64');
}
