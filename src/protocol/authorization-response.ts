// RFC 6749 4.1.2, RFC 9207 2, Multiple Response Types 2.1, Form Post Response Mode 2, JARM 2.3: the answer to the redirect URI.
import type { ResponseMode } from './authorization.ts';
import { OAuthError } from './errors.ts';

/** Where the answer goes: a URL to redirect to, or a form that the browser submits. */
export type AuthorizationResponse =
  | { location: string }
  | { action: string; fields: [name: string, value: string][] };

/** Members of the answer; those that are undefined are left out. */
export type PlainParameters = {
  code?: string | undefined;
  error?: string | undefined;
  error_description?: string | undefined;
  state?: string | undefined;
  session_state?: string | undefined;
  iss: string;
};

/** The answer by itself, or as the claims of a JWT. */
export type ResponseParameters = PlainParameters | { response: string };

/** Builds the answer; the registered query stays as it is (RFC 6749 3.1.2). */
export function authorizationResponse(
  redirectUri: string,
  mode: ResponseMode,
  parameters: ResponseParameters,
): AuthorizationResponse {
  if (redirectUri.includes('#')) {
    throw new OAuthError('server_error', 'the registered redirect URI has a fragment');
  }
  const fields = Object.entries(parameters).filter(([, value]) => value !== undefined);
  if (mode.startsWith('form_post')) return { action: redirectUri, fields };
  if (mode.startsWith('fragment'))
    return { location: `${redirectUri}#${new URLSearchParams(fields)}` };
  return { location: withQuery(redirectUri, fields) };
}

/** Appends parameters to a URI, byte for byte as it is registered. */
export function withQuery(uri: string, fields: [name: string, value: string][]): string {
  const query = new URLSearchParams(fields).toString();
  if (query === '') return uri;
  if (!uri.includes('?')) return `${uri}?${query}`;
  return /[?&]$/.test(uri) ? uri + query : `${uri}&${query}`;
}
