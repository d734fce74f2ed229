// Who asks, and under which host: believed from X-Forwarded headers only when the peer is a trusted proxy.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';
import { OAuthError } from '../protocol/errors.ts';
import type { Services } from '../services.ts';
import type { Config } from '../settings/config.ts';
import type { State } from './ctx.ts';
import { whereTo } from './where-to.ts';

/** Gives the request its id, finds the address of the client, and logs what was answered (debug). */
export function identify({ config, log }: Services): Middleware<State> {
  return async (ctx, next) => {
    const begin = performance.now();
    const request_id = randomUUID();
    const { address } = chainOf(ctx.req, config.trustsProxy);
    Object.assign(ctx.state, { requestId: request_id, address });
    ctx.set('X-Request-Id', request_id);
    toOriginForm(ctx.req);
    await next();
    if (!log.isLevelEnabled('debug')) return;
    const { method, status } = ctx;
    const milliseconds = Math.round(performance.now() - begin);
    log.debug({ request_id, address, method, ...whereTo(ctx), status, milliseconds }, 'answered');
  };
}

/** RFC 9112 3.2.2: a target in absolute form names the host, whatever Host says. An asterisk names nothing here. */
function toOriginForm(request: IncomingMessage): void {
  const { url = '/', headers } = request;
  const [, host, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (host !== undefined) headers.host = host;
  const target = host === undefined ? url : rest.replace(/^(?!\/)/, '/');
  request.url = target.startsWith('/') ? target : '/';
}

/** The address of no one, where the peer has gone already. */
const nobody = '::';

/**
 * The client: whom the last trusted proxy saw. Each proxy appends its peer, so that the list is read
 * from the right, and ends at the first address that is no proxy of ours, or that a proxy keeps to itself
 * (RFC 7239 6: "unknown", "_hidden"); then that proxy stands for its clients. `proxies` counts the trusted ones.
 */
function chainOf(
  request: IncomingMessage,
  trustsProxy: Config['trustsProxy'],
): { address: string; proxies: number } {
  let { address, trusted } = peerOf(request.socket, trustsProxy);
  if (!trusted) return { address, proxies: 0 };
  const hops = listOf(request.headers['x-forwarded-for']);
  let proxies = 0;
  while (trusted) {
    proxies += 1;
    const hop = hops.pop();
    const hopAddress = hop === undefined ? undefined : addressOf(hop);
    if (hopAddress === undefined) break;
    address = hopAddress;
    trusted = trustsProxy(address);
  }
  return { address, proxies };
}

type Peer = { address: string; trusted: boolean };

/** A connection has one peer, whose requests may be many. */
const peers = new WeakMap<Socket, Peer>();

function peerOf(socket: Socket, trustsProxy: Config['trustsProxy']): Peer {
  const known = peers.get(socket);
  if (known) return known;
  const address = addressOf(socket.remoteAddress ?? '') ?? nobody;
  const peer = { address, trusted: trustsProxy(address) };
  peers.set(socket, peer);
  return peer;
}

/** `address`, `"[address]:port"` and what lies between: how proxies write a node (RFC 7239 6). */
const node = /^"?(?:\[([\da-f:.]+)(?:%[^\]]*)?\]|([\d.]+)|([\da-f:.]+)(?:%[^:]*)?)(?::\d*)?"?$/i;

/** An address in its normal form, without port and zone, and IPv4 as such when it came by IPv6. */
function addressOf(text: string): string | undefined {
  const [, bracketed, four, six] = node.exec(text.slice(0, 100)) ?? [];
  const address = bracketed ?? four ?? six ?? '';
  // Anything but four decimal parts means different addresses to different readers.
  if (four !== undefined) return ipaddr.IPv4.isValidFourPartDecimal(four) ? four : undefined;
  return ipaddr.IPv6.isValid(address) ? ipaddr.process(address).toString() : undefined;
}

/** Whether a request came to MTLS_PORT; undefined where a trusted proxy brought it, who alone knows what it was sent to. */
export function cameToMtlsPort(
  request: IncomingMessage,
  { trustsProxy, mtlsPort }: Pick<Config, 'trustsProxy' | 'mtlsPort'>,
): boolean | undefined {
  if (mtlsPort === undefined) return false;
  if (peerOf(request.socket, trustsProxy).trusted) return undefined;
  return request.socket.localPort === mtlsPort;
}

/** A host with its port, in lower case (RFC 3986 3.2.2). */
const hostForm = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/;

/**
 * The host that was asked for, lower case, without the scheme's own port; a key to look up only.
 * Of proxies that append, what the one nearest to the client says. Throws invalid_request (RFC 9112 3.2).
 */
export function requestHost(request: IncomingMessage, config: Config): string {
  const { trustsProxy, publicUrl } = config;
  const { proxies } = chainOf(request, trustsProxy);
  const said = (name: string) => {
    const list = proxies === 0 ? [] : listOf(request.headers[name]);
    return list.at(-Math.min(proxies, list.length))?.toLowerCase();
  };
  const scheme = said('x-forwarded-proto');
  const secure = scheme ? scheme === 'https' : (request.socket as TLSSocket).encrypted === true;
  const host = said('x-forwarded-host') ?? (request.headers.host ?? '').toLowerCase();
  // Node takes the first of several, and a proxy in front may have taken another.
  if (namesTwoHosts(request)) throw new OAuthError('invalid_request', 'Host is repeated');
  if (host !== '' && (host.length > 255 || !hostForm.test(host))) {
    throw new OAuthError('invalid_request', 'the host is malformed');
  }
  // The same issuers are at both ports (RFC 8705 5).
  if (cameToMtlsPort(request, config)) {
    const { port } = new URL(publicUrl);
    return host.replace(/:\d+$/, '') + (port && `:${port}`);
  }
  return host.replace(secure ? /:443$/ : /:80$/, '');
}

function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  const isHost = (text: string, at: number) =>
    at % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host';
  return rawHeaders.filter(isHost).length > 1;
}

/** The elements of a list, empty ones left out (RFC 9110 5.6.1). */
function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
