// A tenant with a login page of its own, and the steps around it, as the web process and the product take them.
import { api, ops } from '../../src/db/bindings.ts';
import type { TestDatabase } from './database.ts';
import { ask, makeClient, makeTenant, operate, secret, type World } from './fixtures.ts';
import { type Browser, begin, type Flow, newBrowser } from './flows.ts';

export const login_url = 'https://app.example/login';

/** A tenant whose people sign in at the product, with the client portal and the roles editor and team. */
export async function makeProductTenant(database: TestDatabase, name: string): Promise<World> {
  const world = await makeTenant(database, name);
  await operate(world, ops.tenant_set, { settings: { login_url } });
  for (const role of ['editor', 'team']) await operate(world, ops.role_add, { role, title: role });
  await makeClient(world, 'portal', { consent: 'never' });
  return world;
}

/** Where a person is at the product: the request, its browser, and the challenge that the product got. */
export type Challenge = { flow: Flow; browser: Browser; challenge_hash: Buffer };

/** Begins a request and goes on to the product's login page. */
export async function handOver(
  world: World,
  args: Parameters<typeof begin>[3] = {},
  browser = newBrowser(),
  client = { client_id: 'portal' },
  challenge_hash = secret(),
): Promise<Challenge> {
  const flow = await begin(world, browser, client, args);
  const { browser_hash, session_hash, session_expires_at } = browser;
  const row = await ask(world, api.authorization_continue, {
    ...flow.request,
    browser_hash,
    session_hash,
    session_expires_at,
    code_hash: flow.code_hash,
    next_challenge_hash: challenge_hash,
  });
  if (row.login_url !== login_url) throw new Error(`no hand-over: ${JSON.stringify(row)}`);
  return { flow, browser, challenge_hash };
}

type AcceptArgs = Partial<NonNullable<(typeof ops.login_accept)['types']>[0]>;

/** The product says who has signed in; `verifier_hash` is what it sends the browser back with. */
export async function accept(world: World, { challenge_hash }: Challenge, args: AcceptArgs = {}) {
  const verifier_hash = secret();
  const row = await operate(world, ops.login_accept, {
    challenge_hash,
    verifier_hash,
    subject: 'user-1',
    auth_time: new Date().toISOString(),
    ...args,
  } as never);
  return { ...row, verifier_hash };
}

/** The browser comes back; it holds the new session afterwards, and the flow its new handle. */
export async function resume(
  world: World,
  { flow, browser }: Pick<Challenge, 'flow' | 'browser'>,
  verifier_hash: Buffer,
) {
  const session = { session_hash: secret(), csrf_hash: secret() };
  const next_request_hash = secret();
  const row = await ask(world, api.login_resume, {
    verifier_hash,
    browser_hashes: [browser.browser_hash],
    next_request_hash,
    ...session,
    old_session_hash: browser.session_hash,
    old_session_expires_at: browser.session_expires_at,
  });
  if (row.session_expires_at) {
    Object.assign(browser, session, { session_expires_at: row.session_expires_at });
    flow.request.request_hash = next_request_hash;
  }
  return row;
}
