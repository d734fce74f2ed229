import helmet from 'koa-helmet';

/** Framing, sniffing and referrers are refused; the content security policy comes with each page. */
const headers = {
  contentSecurityPolicy: false,
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // A tenant's domain is not ours to speak for beyond this host.
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  crossOriginEmbedderPolicy: false,
} as const;

const pageHeaders = helmet(headers);

/**
 * HTML 7.1.3: same-origin, on a redirect too, would cut the window off from the one that opened it for good, and
 * the client's callback in it could report to nobody. An opener can't read our pages, and they listen to none.
 */
const flowHeaders = helmet({ ...headers, crossOriginOpenerPolicy: { policy: 'unsafe-none' } });

/** Endpoints that a client may open in a window of its own, and what such a window goes through. */
const keepsOpener =
  /^\/oauth\/(?:authorize|continue|login|consent|logout|upstream|second-factor|passkey)(?:\/|$)/;

/** The one page that clients show in a frame, and that does nothing but answer their messages. */
const framed = '/oauth/check-session';
const framedHeaders = helmet({
  ...headers,
  frameguard: false,
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  crossOriginOpenerPolicy: { policy: 'unsafe-none' },
});

/** The headers of the pages at an endpoint. */
export function pageHeadersOf(path: string) {
  if (path === framed) return framedHeaders;
  return keepsOpener.test(path) ? flowHeaders : pageHeaders;
}
