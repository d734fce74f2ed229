// Sign-ins at upstreams, as the web process takes their steps, without any upstream.
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeWorld,
  operate,
  secret,
  type World,
} from './fixtures.ts';
import { begin, type Flow, newBrowser } from './flows.ts';

export type State = {
  state_hash: Buffer;
  state_expires_at: number;
  browser_hash: Buffer;
  upstream: string;
};

export type Club = { world: World; client: Client };

/** A tenant, a new one unless it is given, with the upstreams discord and other, which make users; their role r1 is the group crew. */
export async function makeClub(given?: World): Promise<Club> {
  const world = given ?? (await makeWorld(8));
  const client = await makeClient(world, 'app');
  await operate(world, ops.role_add, { role: 'team', title: 'Team' });
  await operate(world, ops.group_set, { group: 'crew', title: 'Crew', roles: ['team'] });
  const settings = { client_id: 'x', token_endpoint_auth_method: 'none', just_in_time: true };
  for (const name of ['discord', 'other']) {
    await operate(world, ops.upstream_add, {
      name,
      kind: 'discord',
      settings: { ...settings, settings: { role_groups: { r1: 'crew' }, subteams: { r1: 'sub' } } },
    });
  }
  return { world, client };
}

async function depart(world: World, flow: Flow, upstream = 'discord'): Promise<State> {
  const state_hash = secret();
  const { browser_hash } = flow.browser;
  const row = await ask(world, api.upstream_begin, {
    ...flow.request,
    browser_hash,
    sealed_request: secret(),
    upstream,
    state_hash,
  });
  return { state_hash, state_expires_at: row.state_expires_at ?? 0, browser_hash, upstream };
}

/** A person who has gone to an upstream and, but for `resume: false`, has come back. */
export async function arrive(
  { world, client }: Club,
  change: { resume?: boolean; upstream?: string } = {},
): Promise<State> {
  const flow = await begin(world, newBrowser(), client);
  const state = await depart(world, flow, change.upstream);
  if (change.resume !== false) await ask(world, api.upstream_resume, state);
  return state;
}

/** What the upstream says of the person, and with it the session. */
export function finish({ world }: Club, state: State, subject: string, change: object = {}) {
  return ask(world, api.upstream_finish, {
    ...state,
    subject,
    username: `user-${subject}`,
    profile: { name: 'From there', email: 'there@example.com', email_verified: true },
    claims: { discord_id: subject },
    roles: ['r1', 'r2'],
    amr: [],
    present: true,
    sealed_tokens: secret(),
    checkable: true,
    session_hash: secret(),
    csrf_hash: secret(),
    ...change,
  });
}

/** The account as it is stored, with username and groups. */
export async function stored({ world }: Club, subject: string, upstream = 'discord') {
  const [row] = await world.database.sql`
    select a.*, u.username, array(select m.group_name from pgrant.group_members m
                                   where m.tenant_id = a.tenant_id and m.user_id = a.user_id and m.source = a.upstream) as groups
      from pgrant.upstream_accounts a join pgrant.users u using (tenant_id, user_id)
     where a.tenant_id = ${world.tenant} and a.subject = ${subject} and a.upstream = ${upstream}`;
  return row;
}
