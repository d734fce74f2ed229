// RFC 8252 7 and 8, OAuth 2.1 2.3, RFC 9700 4.1 and 4.11: where a browser may be sent.
import { OAuthError } from './errors.ts';
import { isAbsoluteUri, loopbackHosts, readWebUrl } from './uri.ts';

const lengthLimit = 2048;

/** Names of the authorization response: a registered query must not repeat them (RFC 6749 3.1). */
const responseNames = [
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'response',
  'session_state',
];

/**
 * A scheme under a domain name's control, reversed (RFC 8252 7.1), or a plain one, which the
 * database takes only where the tenant allows it by name.
 */
const privateScheme = /^[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+$|^[a-z][a-z0-9+-]{0,62}$/;

/** Schemes that mean something to every browser, run something, or start another program. */
const publicSchemes = new Set(
  (
    'about blob chrome content data file filesystem ftp http https intent jar javascript mailto ' +
    'sms tel urn vbscript view-source ws wss'
  ).split(' '),
);

/** Encoded slash, backslash or dot: a second decoder would see another path. */
const disguisedPath = /%(?:2[ef]|5c)/i;

const encodedControl = /%(?:[01][0-9a-f]|7f)/i;

/** Throws invalid_redirect_uri when a client of this kind may not register the redirect URI. */
export function checkRedirectUri(uri: string, client: { public: boolean }): void {
  const fault = redirectUriFault(uri, client);
  if (fault !== undefined) throw refusedRedirectUri(uri, fault);
}

/** The refusal of a redirect URI, which names it and the rule. */
export function refusedRedirectUri(uri: string, rule: string): OAuthError {
  const detail = `${shownUri(uri)}: ${rule}`.slice(0, 200);
  return new OAuthError('invalid_redirect_uri', `this can't be a redirect URI: ${rule}`, {
    detail,
  });
}

/**
 * A URI as a refusal names it: whoever sent it knows it again, and it holds no user information and
 * no value of its query, either of which may be a secret. What has no scheme is not repeated.
 */
function shownUri(uri: string): string {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(uri)) return 'it';
  const shown = uri
    .replace(/^([^:/?#]+:\/\/)[^/?#]*@/, '$1')
    .replace(/([?&#][^=&#]*)=[^&#]*/g, '$1=*')
    .replace(/[^\x21\x23-\x5B\x5D-\x7E]/g, '?');
  return shown.length > 100 ? `${shown.slice(0, 97)}...` : shown;
}

/** The rule that keeps a client of this kind from having the redirect URI; undefined where none does. */
export function redirectUriFault(uri: string, client: { public: boolean }): string | undefined {
  if (uri.length > lengthLimit) return `it is longer than ${lengthLimit} characters`;
  if (!isAbsoluteUri(uri)) return 'it is not an absolute URI without fragment';
  if (uri.includes('*')) return 'wildcards are not matched';
  if (encodedControl.test(uri)) return 'it holds an encoded control character';
  const [path, query] = split(uri, '?');
  if (disguisedPath.test(path)) return 'its path holds an encoded dot, slash or backslash';
  const stray = responseNames.find((name) => new URLSearchParams(query).has(name));
  if (stray !== undefined) return `its query holds the response parameter '${stray}'`;
  const [scheme] = split(uri, ':');
  if (/^https?$/i.test(scheme)) {
    const url = readWebUrl(uri);
    return typeof url === 'string' ? url : undefined;
  }
  return privateUseFault(uri, scheme, client);
}

function privateUseFault(uri: string, scheme: string, client: { public: boolean }) {
  if (!privateScheme.test(scheme) || publicSchemes.has(scheme)) {
    return 'its scheme is neither https nor a private-use one in lower case';
  }
  if (!client.public) return 'private-use schemes are for public clients';
  const url = new URL(uri);
  if (!uri.startsWith(`${scheme}:/`)) return `it does not begin with ${scheme}:/`;
  if (url.username !== '' || url.password !== '') return 'it carries user information';
  return url.href === uri ? undefined : `its normal form is ${url.href}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

/**
 * The CSP source (form-action, frame-src) that lets a page get to this URI.
 * A host-source can't name an IPv6 address, so such a URI gets its scheme (CSP 3, 2.3.1).
 */
export function webSource(uri: string): string {
  const url = new URL(uri);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && /^[a-z0-9.-]+$/.test(url.hostname) ? url.origin : url.protocol;
}

/** Where a redirect URI leads, in words for people: a host, or the scheme of an application on the device. */
export function redirectTarget(uri: string): { redirect_host: string; native: boolean } {
  const { protocol, hostname, host } = new URL(uri);
  const web = protocol === 'https:' || protocol === 'http:';
  return { redirect_host: web ? host : protocol, native: !web || loopbackHosts.has(hostname) };
}

/** The path when it stays on this origin for every browser and proxy; undefined otherwise. */
export function returnPath(path: string): string | undefined {
  const [plain] = split(path, '?');
  const origin = 'https://origin.invalid';
  if (path.length > lengthLimit || !plain.startsWith('/') || plain.includes('//')) return undefined;
  if (!isAbsoluteUri(origin + path) || disguisedPath.test(plain)) return undefined;
  if (encodedControl.test(path) || new URL(path, origin).href !== origin + path) return undefined;
  return path;
}
