import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  newWebhookSecret,
  openWebhookSecret,
  sealWebhookSecret,
  webhookRequest,
} from '../../src/protocol/webhook.ts';

const event = {
  id: '3c1c3f5e-6a5b-4f0e-9f56-0c0f0f0f0f0f',
  type: 'grant.created',
  timestamp: '2026-11-21T12:00:00.000Z',
  data: { tenant: 'https://id.example', scopes: ['openid'] },
};

describe('a signed request', () => {
  test('is that of the example in the specification [Standard Webhooks, Signature scheme]', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const at = new Date(1_614_265_330_000);
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    const { headers } = webhookRequest({ ...event, id }, [secret], at);
    const theirs = new Webhook(secret).sign(id, at, webhookRequest(event, [secret]).body);
    expect(headers['webhook-signature']).toBe(theirs);
    expect(headers).toMatchObject({ 'webhook-id': id, 'webhook-timestamp': '1614265330' });
  });

  test('is believed by an independent receiver, and not once a byte of it has changed', () => {
    const secret = newWebhookSecret();
    const { headers, body } = webhookRequest(event, [secret]);
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: event.type,
      timestamp: event.timestamp,
      data: event.data,
    });
    expect(() => new Webhook(secret).verify(body.replace('openid', 'other!'), headers)).toThrow();
    expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow();
    for (const header of ['webhook-id', 'webhook-timestamp']) {
      const changed = { ...headers, [header]: '1614265330' };
      expect(() => new Webhook(secret).verify(body, changed)).toThrow();
    }
  });

  test('is believed under each of two secrets, while one replaces the other', () => {
    const [old, next] = [newWebhookSecret(), newWebhookSecret()];
    const { headers, body } = webhookRequest(event, [next, old]);
    for (const secret of [old, next]) new Webhook(secret).verify(body, headers);
  });
});

describe('a secret', () => {
  const master = Buffer.alloc(32, 7);

  test('is sealed for one webhook of one tenant', () => {
    const secret = newWebhookSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const sealed = sealWebhookSecret(master, 'tenant', 'crm', secret);
    expect(sealed.includes(secret)).toBe(false);
    expect(openWebhookSecret(master, 'tenant', 'crm', sealed)).toBe(secret);
    for (const [tenant, name] of [
      ['tenant', 'other'],
      ['other', 'crm'],
    ] as const) {
      expect(() => openWebhookSecret(master, tenant, name, sealed)).toThrow();
    }
  });
});
