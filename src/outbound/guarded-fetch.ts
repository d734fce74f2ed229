// The only way out: what pgrant fetches for a tenant can't be turned on the network it runs in.
import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Agent, Response as Received } from 'undici';
import type { Config } from '../settings/config.ts';

/** Nothing that is fetched is trusted, or waited for, beyond this. */
const timeout = 5_000;
/** How long whoever is told something may take to say that it has arrived. */
const noticeTimeout = 10_000;
const largestAnswer = 512 * 1024;
/** How long a 429 may ask to wait for the one second try, in milliseconds. */
const patience = 3_000;

/** By the first fetch: many a process makes none, and would hold megabytes for it. */
const loadUndici = () => import('undici');

/** A fetch that got no usable answer; the message is for the log. */
export class FetchError extends Error {
  override name = 'FetchError';
}

export type OutboundInit = {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Most bytes of the answer, unpacked; half a megabyte where it is left out. */
  largest?: number;
  /**
   * Something is told and nothing asked: the status is all of the answer, that of a redirect too,
   * and a 429 is the caller's to try again.
   */
  notice?: boolean;
};
export type OutboundFetch = (url: string, init?: OutboundInit) => Promise<Response>;

/** The fetch of a server: only one on a loopback address has business with others there. */
export function serverFetch({ publicUrl }: Pick<Config, 'publicUrl'>): OutboundFetch {
  return outboundFetch({ allowLoopback: onLoopback(publicUrl) });
}

/** Whether a URL of ours is on a loopback address, by http or https. */
export function onLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])([:/]|$)/.test(url);
}

/**
 * Makes a fetch that refuses addresses of special use (RFC 6890) behind a host name, redirects,
 * large and slow answers, and http. With `allowLoopback` loopback addresses may be asked, by http
 * too. A 429 is tried once more where Retry-After is short. It throws FetchError.
 */
export function outboundFetch({ allowLoopback }: { allowLoopback: boolean }): OutboundFetch {
  let agent: Agent | undefined;
  const once = async (url: string, { largest, notice, body, ...init }: OutboundInit) => {
    refuseUrl(new URL(url), allowLoopback);
    const undici = await loadUndici();
    // The address that is checked is the one that is connected to: a second look-up could say another.
    agent ??= new undici.Agent({
      connect: { lookup: guardedLookup(allowLoopback), timeout },
      headersTimeout: noticeTimeout,
      bodyTimeout: timeout,
    });
    const patient = AbortSignal.timeout(notice ? noticeTimeout : timeout);
    const response = await undici.fetch(url, {
      ...init,
      body: body as never,
      dispatcher: agent,
      redirect: notice ? 'manual' : 'error',
      signal: AbortSignal.any([patient, ...optional(init.signal)]),
    });
    return notice ? statusOf(response) : bounded(response, largest ?? largestAnswer);
  };
  return async (url, init = {}) => {
    try {
      const response = await once(url, init);
      const wait = response.status === 429 ? retryAfter(response.headers) : undefined;
      if (wait === undefined || wait > patience || init.notice) return response;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return await once(url, init);
    } catch (error) {
      throw explained(url, init, error);
    }
  };
}

/** Milliseconds that Retry-After asks to wait (RFC 9110 10.2.3); undefined without it. */
export function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const seconds = Number.parseFloat(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return wait >= 0 && Number.isFinite(wait) ? Math.ceil(wait) : undefined;
}

function refuseUrl(url: URL, allowLoopback: boolean): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = ipaddr.isValid(host) ? ipaddr.process(host) : undefined;
  const loopback = host === 'localhost' || address?.range() === 'loopback';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback && allowLoopback)) {
    throw new FetchError(`not an https address: ${url.origin}`);
  }
  if (url.username || url.password) throw new FetchError('an address with credentials');
  if (address && !allowed(host, allowLoopback)) {
    throw new FetchError(`an address of special use: ${host}`);
  }
}

/** What is given to hosts of the internet in IPv6 (RFC 4291 2.4): around it addresses get a special use as time goes on. */
const global = ipaddr.IPv6.parseCIDR('2000::/3');

function allowed(text: string, allowLoopback: boolean): boolean {
  const address = ipaddr.process(text);
  const range = address.range();
  if (range === 'loopback') return allowLoopback;
  return range === 'unicast' && (address instanceof ipaddr.IPv4 || address.match(global));
}

function guardedLookup(allowLoopback: boolean): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, []);
      const bad = addresses.find(({ address }) => !allowed(address, allowLoopback));
      if (bad || addresses.length === 0) {
        // Not which: a tenant reads it, who is not to ask our name servers for what is behind them.
        return done(new FetchError(`${host} has an address of special use`), []);
      }
      const [first] = addresses;
      if (options.all || !first) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };
}

async function statusOf({ status, headers, body }: Received) {
  await body?.cancel();
  return new Response(null, { status, headers: new Headers([...headers]) });
}

async function bounded(response: Received, largest: number): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largest) throw new FetchError('the answer is too large');
    chunks.push(chunk);
  }
  const headers = new Headers([...response.headers]);
  // The body has been decoded already.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const body = size === 0 ? null : Buffer.concat(chunks);
  return new Response(body, { status: response.status, headers });
}

function explained(url: string, { notice }: OutboundInit, error: unknown): FetchError {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? `: ${cause.message}` : '';
  // A query may hold a secret, and so may the path of whoever is told something.
  const { origin, pathname } = new URL(url);
  const shown = notice ? origin : `${origin}${pathname}`;
  return new FetchError(`${shown}: ${message}${inner}`, { cause: error });
}

function optional<Value>(value: Value | undefined | null): Value[] {
  return value === undefined || value === null ? [] : [value];
}
