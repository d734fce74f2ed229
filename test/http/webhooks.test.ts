// From a request of a client to the receiver of a webhook.
import * as client from 'openid-client';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addWebhook, startReceiver } from '../support/webhooks.ts';
import { start, until } from '../worker/worker.ts';

test('a refresh token that is reused is heard of, with whose it was and which grant it ends [RFC 9700 4.14.2]', async () => {
  const acme = await startAcme();
  const receiver = await startReceiver();
  const secret = await addWebhook(acme, 'security', receiver.url, [
    'grant.created',
    'refresh_token.reused',
  ]);
  await start(acme.database);
  const config = await discover(acme, acme.web);
  const first = await obtainTokens(config);
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '');
  await client.refreshTokenGrant(config, second.refresh_token ?? '');
  const stolen = client.refreshTokenGrant(config, first.refresh_token ?? '');
  await expect(stolen).rejects.toMatchObject({ error: 'invalid_grant' });

  await until(async () => receiver.received.length === 2);
  const events = receiver.received.map(
    ({ body, headers }) =>
      new Webhook(secret).verify(body, headers as Record<string, string>) as {
        type: string;
        data: Record<string, string>;
      },
  );
  const [created, reused] = ['grant.created', 'refresh_token.reused'].map((type) =>
    events.find((event) => event.type === type),
  );
  expect(reused?.data).toMatchObject({
    tenant: acme.issuer,
    client_id: 'web',
    user_id: first.claims?.sub,
    grant_id: created?.data.grant_id,
    family_id: expect.any(String),
    request_id: expect.any(String),
  });
  const secrets = [first.refresh_token, second.refresh_token, first.access_token];
  for (const { body } of receiver.received) {
    expect(secrets.some((token) => body.includes(String(token)))).toBe(false);
  }
});
