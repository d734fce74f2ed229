// Who is signed in at the demonstration client: kept in memory, behind a random cookie.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

/** A sign-in that waits for its callback. */
export type Pending = { nonce: string; verifier: string; returnTo: string };

/** The person who signed in, and the tokens of the client for them. */
export type SignedIn = {
  sub: string;
  claims: Record<string, unknown>;
  access_token: string;
  /** What the access token lets its holder do, by the claim that the tenant is set to send. */
  permissions: string[];
  /** Epoch milliseconds. */
  access_expires_at: number;
  refresh_token: string | undefined;
  id_token: string;
  /** The refresh under way: whoever comes meanwhile waits for the same one. */
  refreshing?: Promise<void> | undefined;
};

/** What the next page tells of the last button. */
export type Told = { text: string; good: boolean; answer?: Record<string, unknown> };

export type Session = {
  id: string;
  csrf: string;
  /** By state, so that sign-ins in two tabs do not disturb each other. */
  pending: Map<string, Pending>;
  person?: SignedIn | undefined;
  told?: Told | undefined;
};

const cookie = 'pgrant_demo';
const lifetime = 12 * 60 * 60 * 1000;
const most = 1_000;
const mostPending = 10;

const random = () => randomBytes(32).toString('base64url');

/** Makes the sessions of a client whose cookie goes to `path` only. */
export function makeSessions(path: string, secure: boolean) {
  const kept = new LRUCache<string, Session>({ max: most, ttl: lifetime });

  function write(ctx: Context, id: string | null): void {
    ctx.cookies.secure = secure;
    ctx.cookies.set(cookie, id, {
      path,
      httpOnly: true,
      sameSite: 'lax',
      secure,
      overwrite: true,
    });
  }

  function find(ctx: Context): Session | undefined {
    return kept.get(ctx.cookies.get(cookie) ?? '');
  }

  function start(ctx: Context): Session {
    const session = { id: random(), csrf: random(), pending: new Map() };
    kept.set(session.id, session);
    write(ctx, session.id);
    return session;
  }

  return {
    /** The session of the browser; undefined where it has none. */
    find,
    /** The session of the browser, made where it has none. */
    findOrStart: (ctx: Context) => find(ctx) ?? start(ctx),
    /** Puts a signed-in session in place of another: an id that was known before is worth nothing. */
    signIn(ctx: Context, before: Session, person: SignedIn): Session {
      kept.delete(before.id);
      const session = start(ctx);
      session.pending = before.pending;
      session.person = person;
      return session;
    },
    /** Ends the session of the browser. */
    end(ctx: Context, { id }: Session): void {
      kept.delete(id);
      write(ctx, null);
    },
  };
}

export type Sessions = ReturnType<typeof makeSessions>;

/** Keeps what a callback has to be checked against; the oldest gives way. */
export function remember({ pending }: Session, state: string, sign_in: Pending): void {
  pending.set(state, sign_in);
  const [oldest] = pending.keys();
  if (pending.size > mostPending && oldest) pending.delete(oldest);
}

/** What was remembered for a state, once. */
export function recall({ pending }: Session, state: string): Pending | undefined {
  const found = pending.get(state);
  pending.delete(state);
  return found;
}

/** Whether a form was sent from a page of this session. */
export function isOwnForm({ csrf }: Session, sent: unknown): boolean {
  if (typeof sent !== 'string') return false;
  const [ours, theirs] = [Buffer.from(csrf), Buffer.from(sent)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
