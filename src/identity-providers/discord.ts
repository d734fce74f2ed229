// Discord: who the person is, whether they are in the guild, and which roles they have there.
import type { OutboundFetch } from '../outbound/guarded-fetch.ts';
import { isName } from './claims.ts';
import {
  type Identity,
  type Protocol,
  type Upstream,
  UpstreamError,
  type UpstreamTokens,
} from './identity-provider.ts';
import { authorizationUrl, exchanged, keptTokens, objectOf, readWith, renewed } from './oauth2.ts';

/** Discord's codes: Unknown Guild (to a person, who is not in it), Unknown Member, Unknown User. */
const notThere = { person: [10_004, 10_007], bot: [10_007, 10_013] };

type User = {
  id: string;
  username?: string;
  discriminator?: string;
  global_name?: string | null;
  avatar?: string | null;
  email?: string | null;
  verified?: boolean;
  locale?: string;
};
type Member = { user?: User; roles: string[] };

/** Speaks to Discord: asks a bot about the guild where there is one, else with the person's token. */
export function discord(fetch: OutboundFetch): Protocol {
  return {
    authorizationUrl: (upstream, journey) => authorizationUrl(upstream, journey, fetch),
    identify: async (upstream, journey, callback) => {
      const tokens = await exchanged(upstream, journey, callback, fetch);
      const user = await ownUser(upstream, tokens.access_token, fetch);
      const member = await findMember(upstream, user.id, tokens.access_token, fetch);
      return identityOf(upstream, user, member, keptTokens(tokens));
    },
    recheck: async (upstream, subject, kept) => {
      if (upstream.secrets.bot_token !== undefined && upstream.settings.guild_id !== undefined) {
        const member = await findMember(upstream, subject, '', fetch);
        return member?.user && identityOf(upstream, member.user, member, null);
      }
      const tokens = await renewed(upstream, kept, fetch);
      if (!tokens) return undefined;
      const user = await ownUser(upstream, tokens.access_token, fetch);
      if (user.id !== subject) throw new UpstreamError('untrusted', 'another user');
      const member = await findMember(upstream, subject, tokens.access_token, fetch);
      return identityOf(upstream, user, member, keptTokens(tokens));
    },
  };
}

/** GET /users/@me, whose address the others are made from. */
async function ownUser(upstream: Upstream, token: string, fetch: OutboundFetch): Promise<User> {
  const response = await readWith(upstream.userinfo_endpoint ?? '', token, fetch);
  return userOf(await objectOf(response));
}

function userOf(facts: Record<string, unknown>): User {
  const { id, username = '' } = facts;
  if (typeof id === 'string' && isName(id) && typeof username === 'string' && isName(username)) {
    return facts as User;
  }
  throw new UpstreamError('untrusted', 'a user without id');
}

/** The person in the guild, asked by the bot where there is one; undefined where they are not in it. */
async function findMember(
  { userinfo_endpoint, settings, secrets }: Upstream,
  id: string,
  token: string,
  fetch: OutboundFetch,
): Promise<Member | undefined> {
  const guild = settings.guild_id;
  if (guild === undefined) return { roles: [] };
  const { bot_token } = secrets;
  const own = userinfo_endpoint ?? '';
  const response = bot_token
    ? await readWith(
        own.replace(/users\/@me$/, `guilds/${guild}/members/${encodeURIComponent(id)}`),
        bot_token,
        fetch,
        'Bot',
      )
    : await readWith(`${own}/guilds/${guild}/member`, token, fetch);
  if (response.status === 404) {
    const { code } = (await response.json().catch(() => ({}))) as { code?: number };
    if (notThere[bot_token ? 'bot' : 'person'].includes(code ?? 0)) return undefined;
    // Such as a guild that the bot is not in: nobody has left because of that.
    throw new UpstreamError('untrusted', `the guild cannot be asked (code ${code})`);
  }
  const facts = await objectOf(response);
  const roles = Array.isArray(facts.roles)
    ? facts.roles.filter((one) => typeof one === 'string')
    : [];
  const user = facts.user ? userOf(facts.user as Record<string, unknown>) : undefined;
  return { roles, ...(user && { user }) };
}

function identityOf(
  { settings, secrets }: Upstream,
  user: User,
  member: Member | undefined,
  tokens: UpstreamTokens | null,
): Identity {
  // A bot asks without the person: then no token of theirs is kept.
  const byBot = secrets.bot_token !== undefined && settings.guild_id !== undefined;
  return {
    subject: user.id,
    username: user.username ?? null,
    profile: profileOf(user),
    claims: { discord_id: user.id, discord_username: handleOf(user) },
    roles: member?.roles ?? [],
    amr: [],
    present: member !== undefined,
    tokens: byBot ? null : tokens,
    checkable: byBot || tokens !== null,
  };
}

/** The unique username; with a discriminator where the account still has one. */
function handleOf({ username = '', discriminator = '0' }: User): string {
  return discriminator === '0' ? username : `${username}#${discriminator}`;
}

function profileOf({ id, username, global_name, avatar, email, verified, locale }: User) {
  return {
    name: global_name ?? username,
    ...(avatar && { picture: `https://cdn.discordapp.com/avatars/${id}/${avatar}.png` }),
    ...(locale && { locale }),
    ...(email && { email, email_verified: verified === true }),
  };
}
