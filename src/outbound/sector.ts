// OpenID Connect Dynamic Client Registration 5: who names a sector is named by it.

import { invalidField } from '../protocol/client-fields.ts';
import type { ClientMetadata } from '../protocol/client-metadata.ts';
import { FetchError, type OutboundFetch } from './guarded-fetch.ts';

/** Most bytes of the list of redirect URIs. */
const largest = 64 * 1024;

/** Throws invalid_client_metadata unless what is at sector_identifier_uri lists every redirect URI. */
export async function checkSector(
  fetch: OutboundFetch,
  { sector_identifier_uri, redirect_uris }: ClientMetadata,
): Promise<void> {
  if (sector_identifier_uri === undefined) return;
  const listed = await listAt(fetch, sector_identifier_uri);
  const missing = redirect_uris.find((uri) => !listed.includes(uri));
  if (missing !== undefined) {
    throw invalidField('sector_identifier_uri', `does not list ${missing}`);
  }
}

async function listAt(fetch: OutboundFetch, url: string): Promise<unknown[]> {
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, largest });
    const read: unknown = response.status === 200 ? await response.json() : undefined;
    if (Array.isArray(read)) return read;
  } catch (failure) {
    // What can be reached from here, and why not, is nobody's business.
    if (!(failure instanceof FetchError) && !(failure instanceof SyntaxError)) throw failure;
  }
  throw invalidField('sector_identifier_uri', 'could not be fetched as a JSON array');
}
