// A local server that speaks Discord's documented HTTP API, as far as signing in needs it.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atFileEnd } from './at-end.ts';

export const guild_id = '41771983423143937';
export const bot_token = 'bot-token';

type Person = { username: string; discriminator?: string; email?: string; roles: string[] | null };

export type Discord = {
  origin: string;
  /** Settings of an upstream that is this server. */
  endpoints: Record<string, string>;
  /** By id; roles null = not in the guild. */
  people: Map<string, Person>;
  /** Who signs in next. */
  visitor: string;
  /** Answers 429 to so many requests of the API, with this Retry-After in seconds. */
  limited: { times: number; seconds: number };
  /** Answers everything with 503. */
  down: boolean;
  /** Whether the bot is in the guild. */
  botInGuild: boolean;
  /** Milliseconds before each answer. */
  slow: number;
  /** Every request of the API: method, path, kind of token. */
  seen: string[];
  /** Every token that was given. */
  tokens: string[];
  /** A person takes back what they allowed: their tokens are dead. */
  forget: (user: string) => void;
};

type Answer = [status: number, body: unknown, headers?: Record<string, string>];

/** Starts it for the test file. */
export async function startDiscord(): Promise<Discord> {
  const codes = new Map<string, { user: string; challenge: string; redirect_uri: string }>();
  const bearers = new Map<string, string>();
  const refreshers = new Map<string, string>();
  const discord: Discord = {
    origin: '',
    endpoints: {},
    people: new Map(),
    visitor: '',
    limited: { times: 0, seconds: 0 },
    down: false,
    botInGuild: true,
    slow: 0,
    seen: [],
    tokens: [],
    forget: (user) => {
      for (const given of [bearers, refreshers]) {
        for (const [token, of] of given) if (of === user) given.delete(token);
      }
    },
  };

  function authorize(query: URLSearchParams): Answer {
    const code = randomBytes(15).toString('hex');
    const redirect_uri = query.get('redirect_uri') ?? '';
    const challenge = query.get('code_challenge') ?? '';
    codes.set(code, { user: discord.visitor, challenge, redirect_uri });
    const location = `${redirect_uri}?${new URLSearchParams({ code, state: query.get('state') ?? '' })}`;
    return [302, '', { location }];
  }

  function token(form: URLSearchParams): Answer {
    const refresh = form.get('refresh_token') ?? '';
    const code = codes.get(form.get('code') ?? '');
    const user = form.get('grant_type') === 'refresh_token' ? refreshers.get(refresh) : code?.user;
    codes.delete(form.get('code') ?? '');
    refreshers.delete(refresh);
    if (!user) return [400, { error: 'invalid_grant' }];
    const [access_token, refresh_token] = [
      `at-${randomBytes(12).toString('hex')}`,
      `rt-${randomBytes(12).toString('hex')}`,
    ];
    bearers.set(access_token, user);
    refreshers.set(refresh_token, user);
    discord.tokens.push(access_token, refresh_token);
    const scope = 'identify guilds.members.read';
    return [200, { access_token, token_type: 'Bearer', expires_in: 604_800, refresh_token, scope }];
  }

  function userOf(id: string) {
    const { username, discriminator = '0', email } = discord.people.get(id) ?? { username: '' };
    return {
      id,
      username,
      discriminator,
      global_name: `The ${username}`,
      avatar: null,
      email,
      verified: true,
    };
  }

  function member(id: string, unknown: number): Answer {
    const roles = discord.people.get(id)?.roles;
    if (!roles) return [404, { message: 'Unknown', code: unknown }];
    return [200, { user: userOf(id), nick: null, roles, joined_at: '2020-01-01T00:00:00Z' }];
  }

  function api(path: string, authorization: string): Answer {
    const byBot = /^\/guilds\/(\d+)\/members\/(\d+)$/.exec(path);
    if (byBot) {
      if (authorization !== `Bot ${bot_token}`)
        return [401, { message: '401: Unauthorized', code: 0 }];
      if (!discord.botInGuild || byBot[1] !== guild_id)
        return [404, { message: 'Unknown Guild', code: 10_004 }];
      return member(byBot[2] ?? '', 10_007);
    }
    const user = bearers.get(authorization.replace(/^Bearer /, ''));
    if (!user) return [401, { message: '401: Unauthorized', code: 0 }];
    if (path === '/users/@me') return [200, userOf(user)];
    if (path === `/users/@me/guilds/${guild_id}/member`) return member(user, 10_004);
    return [404, { message: '404: Not Found', code: 0 }];
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '', 'http://discord');
    const { authorization = '' } = request.headers;
    if (discord.slow) await new Promise((resolve) => setTimeout(resolve, discord.slow));
    if (discord.down) return [503, 'upstream connect error'];
    if (url.pathname === '/oauth2/authorize') return authorize(url.searchParams);
    discord.seen.push(`${request.method} ${url.pathname} ${authorization.split(' ')[0]}`);
    if (discord.limited.times > 0) {
      discord.limited.times -= 1;
      const { seconds } = discord.limited;
      const body = { message: 'You are being rate limited.', retry_after: seconds, global: false };
      return [429, body, { 'retry-after': String(seconds) }];
    }
    if (url.pathname === '/api/oauth2/token') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      return token(new URLSearchParams(Buffer.concat(chunks).toString()));
    }
    return api(url.pathname.replace('/api/v10', ''), authorization);
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const [status, body, headers] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  discord.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  discord.endpoints = {
    authorization_endpoint: `${discord.origin}/oauth2/authorize`,
    token_endpoint: `${discord.origin}/api/oauth2/token`,
    userinfo_endpoint: `${discord.origin}/api/v10/users/@me`,
  };
  return discord;
}
