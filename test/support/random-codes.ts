// Codes that are redeemed by chance: those of a grant that its client manages, and those of devices in every state.
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  operate,
  secret,
  type User,
  type World,
} from './fixtures.ts';
import {
  type Browser,
  type Code,
  decide,
  login,
  newBrowser,
  obtainCode,
  obtainTokens,
  proceed,
} from './flows.ts';

export type RedeemableCode = { client: Client; code: Code; browser: Browser };
export type PolledCode = {
  client: Client;
  code: { device_hash: Buffer; device_expires_at: number };
};

/** Codes of one grant, which its client extends and replaces, beside refresh tokens that it has. */
export async function makeManagedCodes(world: World): Promise<RedeemableCode[]> {
  const client = await makeClient(world, 'manager');
  await operate(world, ops.client_set, {
    client_id: 'manager',
    settings: { grant_management: true },
  });
  const user = await makeUser(world, 'person-manager');
  const browser = newBrowser();
  await obtainTokens(world, client, user, { browser });
  const [grant] = await world.database.sql`
    select grant_id from pgrant.grants where tenant_id = ${world.tenant} and client_id = 'manager'`;
  const codes: RedeemableCode[] = [];
  for (const grant_management_action of ['replace', null, 'merge', 'replace', null] as const) {
    const grant_id = grant_management_action && grant?.grant_id;
    const parameters = { grant_management_action, grant_id };
    codes.push({
      client,
      browser,
      code: await obtainCode(world, browser, client, user, parameters),
    });
  }
  return codes;
}

/** Device codes that wait, and that a person has allowed or denied; some have been polled, used, or are over. */
export async function makeDeviceCodes(world: World, devices: Client[]): Promise<PolledCode[]> {
  const user = await makeUser(world, 'person-device');
  const gone = await makeUser(world, 'person-device-gone');
  const made: PolledCode[] = [];
  const states = ['waits', 'polled', 'over', 'allowed', 'denied', 'used', 'allowed', 'gone'];
  for (const [at, state] of states.entries()) {
    const client = devices[at % 2] as Client;
    const [device_hash, user_code_hash] = [secret(), secret()];
    const asked = await ask(world, api.device_authorize, {
      ...client,
      next_device_hash: device_hash,
      next_user_code_hash: user_code_hash,
      next_user_code_start: 'BC',
      scope: 'email',
      resource: '',
    });
    const code = { device_hash, device_expires_at: asked.expires_at ?? 0 };
    const holding = { client, code };
    made.push(holding);
    if (state === 'polled') await redeemDevice(world, holding);
    if (state === 'over') {
      code.device_expires_at -= 86_400;
      await world.database.sql`
        update pgrant.device_codes set expires_at = expires_at - interval '1 day'
         where tenant_id = ${world.tenant} and device_hash = ${device_hash}`;
    }
    if (['allowed', 'denied', 'used', 'gone'].includes(state)) {
      const by = state === 'gone' ? gone : user;
      await answerDevice(world, user_code_hash, by, state !== 'denied');
    }
    if (state === 'used') await redeemDevice(world, holding);
  }
  await operate(world, ops.user_disable, { username: gone.username, disabled: true });
  return made;
}

async function answerDevice(world: World, user_code_hash: Buffer, user: User, allow: boolean) {
  const browser = newBrowser();
  const { browser_hash } = browser;
  const request_hash = secret();
  const verified = await ask(world, api.device_verify, {
    user_code_hash,
    request_hash,
    browser_hash,
  });
  const request = { request_hash, request_expires_at: verified.expires_at ?? 0 };
  const flow = { browser, request, code_hash: secret(), row: {} as never };
  await login(world, flow, user);
  await proceed(world, flow);
  const answer = await decide(world, flow, allow);
  if (answer.error) throw new Error(`no decision: ${JSON.stringify(answer)}`);
}

const redeemDevice = (world: World, { client, code }: PolledCode) =>
  ask(world, api.device_redeem, { ...client, ...code, ...newTokens() });

/** What a client holds if a code is redeemed. */
export const newTokens = () => ({
  access_hash: secret(),
  handle_hash: secret(),
  refresh_hash: secret(),
});
