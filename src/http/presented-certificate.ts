// RFC 8705, RFC 9440: the client certificate of a request, from its connection or from a proxy that is trusted.
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { CertificateHeader, Config } from '../settings/config.ts';

/** The certificate whose key the client of a request has proven to the end of its TLS; undefined for none. */
export function clientCertificate(
  { socket, headers }: IncomingMessage,
  { certificateHeader, trustsProxy }: Config,
): X509Certificate | undefined {
  // Whoever is no proxy of ours could have written the header itself; what a proxy shows of its own is no client's.
  if (!certificateHeader || !trustsProxy(socket.remoteAddress ?? ''))
    return (socket as TLSSocket).getPeerX509Certificate?.();
  const value = headers[certificateHeader];
  const read = typeof value === 'string' ? readers[certificateHeader](value) : undefined;
  try {
    return read === undefined ? undefined : new X509Certificate(read);
  } catch {
    return undefined;
  }
}

/** How each proxy writes it. */
const readers: Record<CertificateHeader, (value: string) => Buffer | string | undefined> = {
  // RFC 9440 2.1: a byte sequence (RFC 9651 3.3.5).
  'client-cert': (value) => {
    const base64 = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value.trim())?.[1];
    return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  },
  // nginx: $ssl_client_escaped_cert.
  'x-ssl-client-cert': (value) => single(decoded(value)),
  // Envoy, which writes alternative names as they are: what looks like a second one may be a part of such a name.
  'x-forwarded-client-cert': (value) => {
    const [found, ...others] = value.matchAll(/\bCert="([^"]+)"/gi);
    return others.length > 0 ? undefined : single(decoded(found?.[1] ?? ''));
  },
};

/** Of several certificates, one may be from the client itself, before the proxy has added its own header. */
function single(pem = ''): string | undefined {
  return pem.split('-----BEGIN').length === 2 ? pem : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    return undefined;
  }
}
