// Signing in with Discord: roles of the guild become groups, groups give roles, roles are scopes.
import * as client from 'openid-client';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bot_token, guild_id } from '../support/discord.ts';
import {
  account,
  alice,
  captain,
  type Guild,
  obtain,
  recheck,
  reset,
  says,
  signIn,
  software,
  startGuild,
} from '../support/guild.ts';

const bob = '80351110224678913';
let guild: Guild;

beforeAll(async () => {
  guild = await startGuild();
});

beforeEach(() => {
  reset(guild.discord);
  guild.discord.people.set(bob, { username: 'bob', discriminator: '1234', roles: [captain] });
});

function scopesOf({ scope }: { scope?: string | undefined }) {
  return scope?.split(' ');
}

describe('a member of the guild', () => {
  test('signs in, and clients get the roles of the guild as scopes and claims', async () => {
    const tokens = await obtain(guild);
    expect(scopesOf(tokens)).toContain('team');
    const sub = tokens.claims()?.sub ?? '';
    expect(await client.fetchUserInfo(guild.config, tokens.access_token, sub)).toMatchObject({
      discord_id: alice,
      discord_username: 'alice',
      subteams: ['software'],
      preferred_username: 'alice',
      name: 'The alice',
      groups: ['engineers'],
      roles: ['team'],
    });
    expect(guild.discord.seen).toContain(`GET /api/v10/guilds/${guild_id}/members/${alice} Bot`);
    expect((await account(guild)).groups).toEqual(['engineers']);
  });

  test('whose tenant calls its own roles something else keeps the roles of Discord as roles', async () => {
    const { sql } = guild.acme.database;
    await sql`update pgrant.tenants set roles_claim = 'permissions_here'`;
    const tokens = await obtain(guild);
    const sub = tokens.claims()?.sub ?? '';
    expect(await client.fetchUserInfo(guild.config, tokens.access_token, sub)).toMatchObject({
      roles: [software, '999'],
      permissions_here: ['team'],
    });
    await sql`update pgrant.tenants set roles_claim = 'roles'`;
  });

  test('without a bot is asked about with the token of the person', async () => {
    guild.discord.visitor = bob;
    expect(scopesOf(await obtain(guild, 'discord-user'))).not.toContain('team');
    expect(guild.discord.seen).toContain(`GET /api/v10/users/@me/guilds/${guild_id}/member Bearer`);
    const { claims, groups } = await account(guild, 'discord-user');
    expect(claims).toMatchObject({ discord_username: 'bob#1234', subteams: [] });
    expect(groups).toEqual(['captains']);
  });

  test('who loses the role loses the scope at the next refresh after the recheck', async () => {
    const { refresh_token = '' } = await obtain(guild);
    guild.discord.people.set(alice, { username: 'alice', roles: [] });
    expect(await recheck(guild)).toBeGreaterThan(0);
    const less = await client.refreshTokenGrant(guild.config, refresh_token);
    expect(scopesOf(less)).not.toContain('team');
    guild.discord.people.set(alice, { username: 'alice', roles: [software] });
    await recheck(guild);
    const again = await client.refreshTokenGrant(guild.config, less.refresh_token ?? '');
    expect(scopesOf(again)).toContain('team');
  });

  test('who leaves loses every group, and who comes back gets them again', async () => {
    await obtain(guild);
    guild.discord.people.set(alice, { username: 'alice', roles: null });
    await recheck(guild);
    expect(await account(guild)).toMatchObject({ groups: [], lost_at: expect.any(String) });
    guild.discord.people.set(alice, { username: 'alice', roles: [software] });
    await recheck(guild);
    expect(await account(guild)).toMatchObject({ groups: ['engineers'], lost_at: null });
  });

  test('who takes back the permission at Discord is no longer vouched for', async () => {
    guild.discord.visitor = bob;
    await obtain(guild, 'discord-user');
    await recheck(guild);
    const kept = { lost_at: null, groups: ['captains'] };
    expect(await account(guild, 'discord-user')).toMatchObject(kept);
    guild.discord.forget(bob);
    await recheck(guild);
    const lost = { groups: [], lost_at: expect.any(String) };
    expect(await account(guild, 'discord-user')).toMatchObject(lost);
  });
});

test('who is not in the guild is not made a user', async () => {
  guild.discord.people.set('1', { username: 'stranger', roles: null });
  guild.discord.visitor = '1';
  says((await signIn(guild)).page, 'account is not connected here', 403);
});

test('no token or secret of Discord is readable in the database or the log', async () => {
  guild.discord.visitor = bob;
  await obtain(guild, 'discord-user');
  const { sql } = guild.acme.database;
  const rows = await sql`
    select to_jsonb(a)::text as row from pgrant.upstream_accounts a union all
    select to_jsonb(u)::text from pgrant.upstreams u union all
    select to_jsonb(l)::text from pgrant.upstream_logins l union all
    select to_jsonb(e)::text from pgrant.audit_events e`;
  const text = rows.map(({ row }) => row).join('\n') + guild.acme.lines.join('\n');
  for (const hidden of [...guild.discord.tokens, 'discord-secret', bot_token]) {
    expect(text.includes(hidden), hidden).toBe(false);
    expect(text.includes(Buffer.from(hidden).toString('hex')), hidden).toBe(false);
  }
});
