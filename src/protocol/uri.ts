// RFC 3986 and RFC 8252 7.3: URIs that mean the same to every parser.

/** Hosts that name the machine itself, as the URL parser writes them (RFC 8252 7.3 and 8.3). */
export const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** The characters of a URI without fragment, percent-encoding complete (RFC 3986 2). */
const uriText = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** Hosts of letters, digits and hyphens, IPv4 or IPv6: nothing that could end a CSP directive. */
const plainHost = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/;

/** True for an absolute URI without fragment (RFC 3986 4.3). */
export function isAbsoluteUri(uri: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri) && uriText.test(uri) && URL.canParse(uri);
}

/**
 * Reads an http or https URL that is written in its normal form (an empty path may stay empty).
 * Returns the reason as text when it is not.
 */
export function readWebUrl(uri: string): URL | string {
  if (!isAbsoluteUri(uri)) return 'it is not an absolute URI without fragment';
  const url = new URL(uri);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it is not an http(s) URL';
  if (url.username !== '' || url.password !== '') return 'it carries user information';
  if (!plainHost.test(url.hostname)) return 'its host is not a plain name or address';
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname)) {
    return 'http is for loopback hosts only';
  }
  if (url.href !== uri && url.href !== `${uri}/`) return `its normal form is ${url.href}`;
  return url;
}
