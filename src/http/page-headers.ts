import helmet from 'koa-helmet';

/** Framing, sniffing and referrers are refused; the content security policy comes with each page. */
export const pageHeaders = helmet({
  contentSecurityPolicy: false,
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // A tenant's domain is not ours to speak for beyond this host.
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  crossOriginEmbedderPolicy: false,
});
