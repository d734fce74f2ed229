// draft-ietf-oauth-client-id-metadata-document 5: fetching the document that is a client.

import { api } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Caller } from '../db/caller.ts';
import {
  checkDocumentAnswer,
  checkDocumentUrl,
  documentLimit,
  readClientDocument,
} from '../protocol/client-document.ts';
import { OAuthError } from '../protocol/errors.ts';
import { freshnessOf } from '../protocol/freshness.ts';
import type { Queues } from '../queues.ts';
import type { WebServices } from '../services.ts';
import { FetchError, type OutboundFetch, serverFetch } from './guarded-fetch.ts';
import { checkSector } from './sector.ts';

/**
 * Makes what fetches the document at a client_id and has the database take it. Whoever comes for the
 * same one meanwhile waits for that. What fails is thrown and kept nowhere: the next request tries anew.
 */
export function clientDocuments({ database, config, queues }: WebServices & { queues: Queues }) {
  const fetch = serverFetch(config);
  const underway = new Map<string, Promise<void>>();

  async function take(caller: Caller, client_url: string): Promise<void> {
    const named = { ...caller, client_url };
    try {
      checkDocumentUrl(client_url);
      const turn = [caller.tenant, new URL(client_url).host];
      const document = await queues.fetches.run(turn, () => fetchDocument(fetch, client_url));
      await call(database, api.client_document_store, { ...named, ...document });
    } catch (failure) {
      if (!(failure instanceof OAuthError)) throw failure;
      const { reason, detail = reason } = failure;
      const document_fault = reason.includes(detail) ? reason : `${reason} (${detail})`;
      await callAll(database, api.client_document_refuse, { ...named, document_fault });
      throw failure;
    }
  }

  return async (caller: Caller, clientUrl: string): Promise<void> => {
    const key = `${caller.tenant} ${clientUrl}`;
    const current = underway.get(key) ?? take(caller, clientUrl);
    underway.set(key, current);
    await current.finally(() => underway.delete(key));
  };
}

async function fetchDocument(fetch: OutboundFetch, url: string) {
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, largest: documentLimit });
    checkDocumentAnswer(response);
    const metadata = readClientDocument(url, await response.arrayBuffer());
    await checkSector(fetch, metadata);
    return { metadata, fresh_for: freshnessOf(response.headers) };
  } catch (failure) {
    if (!(failure instanceof FetchError)) throw failure;
    // Why is for the log alone: what can be reached from here is nobody's business.
    const detail = 'the document could not be fetched';
    throw new OAuthError('invalid_client_metadata', failure.message, { detail });
  }
}
