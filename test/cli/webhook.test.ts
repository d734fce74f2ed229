import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { startReceiver } from '../support/webhooks.ts';
import { start, until } from '../worker/worker.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const at = ['--tenant', 'acme'];
let secret = '';
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  await document('tenant add acme --issuer http://localhost:3000/acme');
});

describe('webhook add', () => {
  test('shows the secret once; list and show do not', async () => {
    const words = ['webhook', 'add', 'crm', ...at, '--url', receiver.url, '--event'];
    const added = await pgrant([...words, 'user.created', '--event', 'user.disabled']);
    expect(added).toMatchObject({ code: 0, err: '' });
    secret = /whsec_\S+/.exec(added.out)?.[0] ?? '';
    expect(added.out).toContain('not shown again');
    expect(await document('webhook list --tenant acme')).toMatchObject([
      { name: 'crm', url: receiver.url, pending: 0, dead: 0, disabled_at: null },
    ]);
    const shown = await document('webhook show crm --tenant acme');
    expect(shown).toMatchObject({
      event_types: ['user.created', 'user.disabled'],
      dead_letter_lifetime: 2_592_000,
    });
    expect(JSON.stringify(shown)).not.toMatch(/sealed|whsec/);
  });

  test('refuses a type that does not exist, a URL that is not https, and a name that is taken', async () => {
    const add = (name: string, url: string, ...more: string[]) =>
      pgrant(['webhook', 'add', name, ...at, '--url', url, ...more]);
    const type = await add('x', 'https://app.example/', '--event', 'user.made');
    expect(type.err).toContain('there is no event type user.made');
    expect(type.err).toContain('user.created');
    for (const url of [
      'http://app.example/',
      'https://a:b@app.example/',
      'https://app.example/#x',
    ]) {
      expect((await add('x', url)).err).toContain('url must be an https URL');
    }
    expect((await add('crm', 'https://app.example/')).err).toContain(
      'there is a webhook crm already',
    );
  });
});

test('webhook set changes what is sent where', async () => {
  const set = ['webhook', 'set', 'crm', ...at, 'event_types=user.created user.enabled'];
  expect((await pgrant([...set, 'dead_letter_lifetime=2d'])).code).toBe(0);
  expect(await document('webhook show crm --tenant acme')).toMatchObject({
    event_types: ['user.created', 'user.enabled'],
    dead_letter_lifetime: 172_800,
  });
  const wrong = await pgrant(['webhook', 'set', 'crm', ...at, 'secret=x']);
  expect(wrong.err).toContain('settings: url, event_types, dead_letter_lifetime');
});

test('webhook test arrives, and deliveries says so', async () => {
  await start(database);
  const { event_id } = await document('webhook test crm --tenant acme');
  await until(async () => receiver.received.length === 1);
  const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'webhook.test',
    data: { tenant: 'http://localhost:3000/acme' },
  });
  const delivered = () => document('webhook deliveries --tenant acme --state delivered');
  await until(async () => (await delivered()).length === 1);
  expect(await delivered()).toMatchObject([{ event_id, type: 'webhook.test', attempts: 1 }]);
  const none = await pgrant(['webhook', 'deliveries', ...at, '--state', 'dead']);
  expect(none.out).toBe('there are none\n');
});

test('webhook secret rotate shows another secret, which requests are signed with', async () => {
  const { secret: next } = await document('webhook secret rotate crm --tenant acme --overlap 1h');
  expect(next).not.toBe(secret);
  await document('webhook test crm --tenant acme');
  await until(async () => receiver.received.length === 2);
  const { headers, body } = receiver.received[1] as (typeof receiver.received)[0];
  for (const one of [secret, next]) new Webhook(one).verify(body, headers as never);
});

test('webhook disable, resend, enable and remove', async () => {
  receiver.reply = () => ({ status: 500 });
  await document('webhook test crm --tenant acme');
  await until(async () => receiver.received.length === 3);
  await document('webhook disable crm --tenant acme');
  expect(await document('webhook list --tenant acme')).toMatchObject([{ pending: 0, dead: 1 }]);
  expect((await pgrant(['webhook', 'test', 'crm', ...at])).err).toContain('enable it first');
  await document('webhook enable crm --tenant acme');
  receiver.reply = () => ({ status: 204 });
  expect((await pgrant(['webhook', 'resend', 'crm', ...at])).code).toBe(2);
  expect(await document('webhook resend crm --all-dead --tenant acme')).toMatchObject({ sent: 1 });
  await until(async () => receiver.received.length === 4);
  expect(receiver.received[3]?.id).toBe(receiver.received[2]?.id);
  const again = ['webhook', 'resend', 'crm', String(receiver.received[3]?.id), ...at];
  expect((await pgrant(again)).out).toBe('1 event is sent again\n');
  await until(async () => receiver.received.length === 5);
  const unknown = await pgrant(['webhook', 'remove', 'nobody', '--yes', ...at]);
  expect(unknown.err).toContain('pgrant webhook list');
  await document('webhook remove crm --yes --tenant acme');
  expect((await pgrant(['webhook', 'list', ...at])).out).toBe('tenant acme has no webhooks\n');
});
