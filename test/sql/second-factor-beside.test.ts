// Recovery codes are there as long as a second factor is, though two browsers of a person change both at the same moment.
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { type Browser, begin, login, newBrowser } from '../support/flows.ts';

let world: World;
let client: Client;
let count = 0;

beforeAll(async () => {
  world = await makeWorld(8);
  client = await makeClient(world, 'app');
  await operate(world, ops.tenant_set, { settings: { second_factor: 'optional' } });
});

const cookies = ({ session_hash, session_expires_at, csrf_hash }: Browser) => ({
  session_hash,
  session_expires_at,
  csrf_hash,
});
const ten = () => Array.from({ length: 10 }, secret);

type Row = { error: string | null; session_expires_at?: number | null };

/** Adds a factor; the browser goes on in the session that has seen it. */
async function raised(
  browser: Browser,
  add: (next: { next_session_hash: Buffer; next_csrf_hash: Buffer }) => Promise<Row>,
) {
  const next = { next_session_hash: secret(), next_csrf_hash: secret() };
  const { error, session_expires_at } = await add(next);
  expect(error).toBeNull();
  const { next_session_hash: session_hash, next_csrf_hash: csrf_hash } = next;
  Object.assign(browser, { session_hash, csrf_hash, session_expires_at });
}

const addApp = (browser: Browser) =>
  raised(browser, (next) =>
    ask(world, api.totp_add, {
      ...cookies(browser),
      ...next,
      sealed_secret: Buffer.from('sealed'),
      totp_step: Math.floor(Date.now() / 30_000),
      recovery_hashes: ten(),
    }),
  );

async function addPasskey(browser: Browser): Promise<Buffer> {
  const [next_challenge_hash, next_credential_id] = [secret(), secret()];
  const { expires_at } = await ask(world, api.passkey_add_begin, {
    ...cookies(browser),
    next_challenge_hash,
  });
  await raised(browser, (next) =>
    ask(world, api.passkey_add, {
      ...cookies(browser),
      ...next,
      passkey_challenge_hash: next_challenge_hash,
      passkey_challenge_expires_at: expires_at,
      passkey_name: 'Key',
      next_credential_id,
      public_key: secret(),
      sign_count: 0,
      transports: [],
      backup_eligible: false,
      backed_up: false,
      recovery_hashes: ten(),
    }),
  );
  return next_credential_id;
}

type Act = (at: World) => Promise<unknown>;
/** Gets ready, and gives what removes the one factor, and what is done beside it. */
type Pair = (browser: Browser) => Promise<[Act, Act]>;

const remove =
  (browser: Browser, credential_id: Buffer): Act =>
  (at) =>
    ask(at, api.passkey_remove, { ...cookies(browser), credential_id });

const pairs: Record<string, Pair> = {
  'the app is removed': async (browser) => {
    const passkey = await addPasskey(browser);
    await addApp(browser);
    return [remove(browser, passkey), (at) => ask(at, api.totp_remove, cookies(browser))];
  },
  'another passkey is removed': async (browser) => {
    const [one, other] = [await addPasskey(browser), await addPasskey(browser)];
    return [remove(browser, one), remove(browser, other)];
  },
  'new recovery codes are made': async (browser) => {
    const passkey = await addPasskey(browser);
    const renew: Act = (at) =>
      ask(at, api.recovery_codes_set, { ...cookies(browser), recovery_hashes: ten() });
    return [remove(browser, passkey), renew];
  },
};

test.each(Object.keys(pairs))('go with the last passkey beside: %s', async (name) => {
  for (const first of [0, 1]) {
    count += 1;
    const user = await makeUser(world, `user-${count}`);
    const browser = newBrowser();
    await login(world, await begin(world, browser, client), user);
    const acts = (await pairs[name]?.(browser)) ?? [];
    await beside(world, acts[first] as Act, acts[1 - first] as Act);
    const left = await world.database.sql`
      select code_hash from pgrant.recovery_codes where user_id = ${user.user_id}`;
    expect(left).toHaveLength(0);
  }
});
