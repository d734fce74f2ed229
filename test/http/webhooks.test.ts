// From a request of a client to the receiver of a webhook.
import * as client from 'openid-client';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { discover, obtainTokens, startAcme } from '../support/acme.ts';
import { addWebhook, outboxOf, startReceiver } from '../support/webhooks.ts';
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

test('a withdrawn role and a revoked token are heard of, with the grant that introspection names [RFC 7009]', async () => {
  const acme = await startAcme();
  const { worker } = acme.database;
  const about = { tenant: acme.tenant, role: 'pg_reader', username: 'ada' };
  await call(worker, ops.role_add, { ...about, title: 'Read' });
  await call(worker, ops.role_assign, about);
  await addWebhook(acme, 'sessions', 'http://127.0.0.1:1/hook', [
    'role.withdrawn',
    'role.disabled',
    'token.revoked',
  ]);
  const config = await discover(acme, acme.web);
  const one = await obtainTokens(config);
  const { grant_id } = await client.tokenIntrospection(config, one.access_token);
  await client.tokenRevocation(config, one.access_token);
  await client.tokenRevocation(config, one.refresh_token ?? '');
  await call(worker, ops.role_disable, { tenant: acme.tenant, role: 'pg_reader', disabled: true });
  await call(worker, ops.role_withdraw, about);
  const user_id = one.claims?.sub;
  const revoked = { client_id: 'web', user_id, grant_id, family_id: expect.any(String) };
  const events = (await outboxOf(acme)).map(({ type, data }) => ({ type, data }));
  expect(events).toMatchObject([
    {
      type: 'token.revoked',
      data: { ...revoked, token_type: 'access_token', jti: expect.any(String) },
    },
    { type: 'token.revoked', data: { ...revoked, token_type: 'refresh_token' } },
    { type: 'role.disabled', data: { role: 'pg_reader' } },
    { type: 'role.withdrawn', data: { role: 'pg_reader', user_id } },
  ]);
});

test('whoever signs out is heard of, for tokens without offline_access end with the session [OpenID Connect Core 11]', async () => {
  const acme = await startAcme();
  await addWebhook(acme, 'sessions', 'http://127.0.0.1:1/hook', ['session.ended']);
  const config = await discover(acme, acme.web);
  const { access_token, claims } = await obtainTokens(config, { scope: 'openid' });
  expect((await client.tokenIntrospection(config, access_token)).active).toBe(true);
  await call(acme.database.worker, ops.user_sign_out, { tenant: acme.tenant, username: 'ada' });
  expect((await client.tokenIntrospection(config, access_token)).active).toBe(false);
  expect(await outboxOf(acme)).toMatchObject([
    { type: 'session.ended', data: { user_id: claims?.sub } },
  ]);
});
