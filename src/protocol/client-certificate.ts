// RFC 8705 2 and 3: what a client certificate says, and who vouches for it.
import { createHash, type X509Certificate } from 'node:crypto';
import { clientKeys } from './jwk-set.ts';

/** What SQL decides on. */
export type CertificateFacts = {
  /** SHA-256 of the certificate, base64url. */
  'x5t#S256': string;
  /** RFC 7638 thumbprint of its key; left out for a key by which no client may sign. */
  key?: string;
  /** RFC 4514. */
  subject: string;
  dns: string[];
  uri: string[];
  ip: string[];
  email: string[];
  /** Whether an authority that is trusted here has issued it, for clients, for now. */
  trusted: boolean;
  self_signed: boolean;
};

/** id-kp-clientAuth (RFC 5280 4.2.1.12). */
const clientAuth = '1.3.6.1.5.5.7.3.2';

/** Reads a certificate whose key its sender has proven. */
export function certificateFacts(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): CertificateFacts {
  const key = thumbprintOf(certificate);
  return {
    'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
    ...(key !== undefined && { key }),
    // Node writes one relative name a line, escaped as RFC 4514 asks, the least significant one last, and spaces around +.
    subject: (certificate.subject ?? '').split('\n').reverse().join(',').replaceAll(' + ', '+'),
    ...namesOf(certificate.subjectAltName),
    self_signed: certificate.checkIssued(certificate),
    trusted: authorities.some((authority) => isIssuedBy(certificate, authority)),
  };
}

/** RSASSA-PSS keys and some curves have no JWK, which does not make a certificate a bad one. */
function thumbprintOf({ publicKey }: X509Certificate): string | undefined {
  try {
    return clientKeys({ keys: [publicKey.export({ format: 'jwk' })] })[0]?.thumbprint;
  } catch {
    return undefined;
  }
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  const purposes = certificate.keyUsage;
  return (
    authority.ca &&
    (purposes === undefined || purposes.includes(clientAuth)) &&
    isCurrent(certificate) &&
    isCurrent(authority) &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey)
  );
}

function isCurrent({ validFrom, validTo }: X509Certificate): boolean {
  const now = Date.now();
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

/** `DNS:a, URI:"b, c"`: Node quotes as JSON what could be read as another name. */
const alternative = /(DNS|URI|IP Address|email):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;

function namesOf(text = '') {
  const names = { DNS: [], URI: [], 'IP Address': [], email: [] } as Record<string, string[]>;
  alternative.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    alternative.lastIndex = at;
    const [whole, kind = '', value = ''] = alternative.exec(text) ?? [];
    // Another kind of name: none of these, up to the next.
    if (whole === undefined)
      at = text.indexOf(', ', at) < 0 ? text.length : text.indexOf(', ', at) + 2;
    else {
      names[kind]?.push(value.startsWith('"') ? JSON.parse(value) : value);
      at += whole.length;
    }
  }
  const { DNS: dns = [], URI: uri = [], 'IP Address': ip = [], email = [] } = names;
  return { dns, uri, ip: ip.map(canonicalIp), email };
}

/** As the database writes an address: OpenSSL writes out every part of an IPv6 one. */
function canonicalIp(address: string): string {
  if (!address.includes(':')) return address;
  const url = `http://[${address}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}
