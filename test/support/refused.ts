// What a server says no to: over the wire, and to a browser.
import { Browser } from './browser.ts';
import { authorizeUrl } from './pushing.ts';

/** Status and error of a form that is posted to an endpoint. */
export async function refusalOf(
  issuer: string,
  path: string,
  body: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<[number, string | undefined]> {
  const init = { method: 'POST', headers, body: new URLSearchParams(body) };
  const response = await fetch(`${issuer}/oauth/${path}`, init);
  return [response.status, ((await response.json()) as { error?: string }).error];
}

/** Where a browser is sent that brings an authorization request. */
export async function sentFrom(issuer: string, query: Record<string, string>) {
  const response = await new Browser().fetch(authorizeUrl(issuer, query));
  const location = response.headers.get('location');
  const { error, error_description: why } =
    location === null ? {} : Object.fromEntries(new URL(location, issuer).searchParams);
  return { status: response.status, error, why };
}
