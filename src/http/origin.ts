// Who asks, and under which host: believed from X-Forwarded headers only when the peer is a trusted proxy.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Middleware } from 'koa';
import type { Context } from '../services.ts';
import type { Config } from '../settings/config.ts';
import type { State } from './ctx.ts';

/** Gives the request its id, finds the address of the client, and logs what was answered (debug). */
export function identify({ config, log }: Context): Middleware<State> {
  return async (exchange, next) => {
    const begin = performance.now();
    const request_id = randomUUID();
    const address = clientAddress(exchange.req, config.trustsProxy);
    Object.assign(exchange.state, { requestId: request_id, address });
    exchange.set('X-Request-Id', request_id);
    await next();
    if (!log.isLevelEnabled('debug')) return;
    // The path alone: a query may hold a code or a token.
    const { method, path, status } = exchange;
    const milliseconds = Math.round(performance.now() - begin);
    log.debug({ request_id, address, method, path, status, milliseconds }, 'answered');
  };
}

function clientAddress(request: IncomingMessage, trustsProxy: Config['trustsProxy']): string {
  const peer = plain(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded === undefined || !trustsProxy(peer)) return peer;
  const hops = String(forwarded)
    .split(',')
    .map((hop) => plain(hop.trim()));
  // Each proxy appends whom it saw: the last hop that is no proxy of ours is the client.
  const client = hops.findLast((hop) => !trustsProxy(hop)) ?? hops[0];
  return client !== undefined && isAddress.test(client) ? client : peer;
}

const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+)$/;

/** An IPv4 address that arrived on an IPv6 socket, as the IPv4 address that it is. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The host that was asked for, lower case, without the scheme's own port; a key to look up only. */
export function requestHost(request: IncomingMessage, { trustsProxy }: Config): string {
  const trusted = trustsProxy(plain(request.socket.remoteAddress ?? ''));
  const forwarded = trusted ? first(request.headers['x-forwarded-host']) : undefined;
  const scheme = trusted ? first(request.headers['x-forwarded-proto']) : undefined;
  const secure = scheme ? scheme === 'https' : (request.socket as TLSSocket).encrypted === true;
  const host = (forwarded ?? request.headers.host ?? '').toLowerCase();
  return host.replace(secure ? /:443$/ : /:80$/, '');
}

function first(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header).split(',')[0]?.trim();
}
