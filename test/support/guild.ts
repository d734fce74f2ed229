// A tenant whose people sign in with Discord: once through a bot, once with their own token.
import * as client from 'openid-client';
import { expect } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { makeUpstreams } from '../../src/identity-providers/identity-providers.ts';
import { createLog } from '../../src/log.ts';
import { recheckAccounts } from '../../src/operations/identity-provider-recheck.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { type Acme, discover, proceed, redirect_uri, startAcme } from './acme.ts';
import { Browser, type Page } from './browser.ts';
import { bot_token, type Discord, guild_id, startDiscord } from './discord.ts';
import { secret } from './issuer.ts';
import { addUpstream, chooseUpstream } from './upstream.ts';

/** Roles of the guild, and a member. */
export const software = '123456789012345678';
export const captain = '234567890123456789';
export const alice = '80351110224678912';

export type Guild = { acme: Acme; config: client.Configuration; discord: Discord };

/** Upstreams `discord` (bot) and `discord-user`; engineers have the role team, captains have none. */
export async function startGuild(): Promise<Guild> {
  const acme = await startAcme();
  const config = await discover(acme, acme.web);
  const discord = await startDiscord();
  const { database, tenant } = acme;
  await call(database.worker, ops.role_add, { tenant, role: 'team', title: 'See the team' });
  for (const [group, roles] of [
    ['engineers', ['team']],
    ['captains', []],
  ] as const) {
    await call(database.worker, ops.group_set, { tenant, group, title: group, roles: [...roles] });
  }
  const settings = {
    guild_id,
    role_groups: { [software]: 'engineers', [captain]: 'captains' },
    subteams: { [software]: 'software' },
  };
  const shared = { client_id: 'discord-app', settings, just_in_time: true, ...discord.endpoints };
  await addUpstream(database, tenant, 'discord', 'discord', shared, {
    client_secret: 'discord-secret',
    bot_token,
  });
  await addUpstream(
    database,
    tenant,
    'discord-user',
    'discord',
    { ...shared, title: 'Discord (own token)' },
    { client_secret: 'discord-secret' },
  );
  return { acme, config, discord };
}

/** Discord as it is on a good day, with alice in the guild and about to sign in. */
export function reset(discord: Discord): void {
  Object.assign(discord, {
    down: false,
    slow: 0,
    botInGuild: true,
    limited: { times: 0, seconds: 0 },
    seen: [],
    visitor: alice,
  });
  discord.people.set(alice, { username: 'alice', roles: [software, '999'] });
}

/** Goes to Discord from the login page; gives the address of the callback. */
export async function visit({ config }: Guild, upstream: string, browser: Browser) {
  const verifier = client.randomPKCECodeVerifier();
  const login = await browser.open(
    client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid profile roles team offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
  );
  const there = await chooseUpstream(browser, login, upstream);
  const arrived = await fetch(there, { redirect: 'manual' });
  return { verifier, callback: arrived.headers.get('location') ?? '' };
}

/** Signs in with Discord, up to the page that follows. */
export async function signIn(guild: Guild, upstream = 'discord') {
  const browser = new Browser();
  const { verifier, callback } = await visit(guild, upstream, browser);
  return { browser, verifier, page: await browser.open(callback) };
}

/** Signs in with Discord, up to the tokens. */
export async function obtain(guild: Guild, upstream = 'discord') {
  const { browser, verifier, page } = await signIn(guild, upstream);
  const { url } = await proceed(browser, page);
  return client.authorizationCodeGrant(guild.config, new URL(url), { pkceCodeVerifier: verifier });
}

/** Asks Discord again about everybody, as the worker does in an hour. */
export async function recheck({ acme: { database } }: Guild): Promise<number> {
  await database.sql`
    update pgrant.upstream_accounts set check_after = now() where isfinite(check_after)`;
  const upstreams = makeUpstreams({ config: loadConfig({}), secret });
  return recheckAccounts({ database: database.worker, upstreams, log: createLog('silent') });
}

/** The first account of an upstream, as operators see it. */
export function account({ acme: { database, tenant } }: Guild, upstream = 'discord') {
  return call(database.worker, ops.upstream_account_list, { tenant, name: upstream });
}

/** A page that says what happened, and offers the other ways to sign in. */
export function says(page: Page, text: string, status: number): void {
  expect(page.html).toContain(text);
  expect(page.html).toContain('name="password"');
  expect(page.status).toBe(status);
}
