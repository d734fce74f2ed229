// RFC 9101 5.2, OpenID Connect Core 6.2: request objects that are fetched from where their client registered them.

import { api } from '../db/bindings.ts';
import { ask } from '../db/call.ts';
import type { Caller } from '../db/caller.ts';
import { OAuthError } from '../protocol/errors.ts';
import type { Queues } from '../queues.ts';
import type { WebServices } from '../services.ts';
import { FetchError, serverFetch } from './guarded-fetch.ts';

/** No longer than a request object in a query may be (see protocol/params.ts). */
const largest = 8192;

/** Makes what fetches the request object at a request_uri; throws request_uri_not_supported and invalid_request_uri. */
export function requestUris({ database, config, queues }: WebServices & { queues: Queues }) {
  const fetch = serverFetch(config);
  return async (caller: Caller, client_id: string, request_uri: string): Promise<string> => {
    const named = { ...caller, client_id, request_uri };
    const { error, reason } = await ask(database, api.request_uri_find, named);
    if (error) throw new OAuthError(error, String(reason), { detail: String(reason) });
    const turn = [caller.tenant, new URL(request_uri).host];
    try {
      return await queues.fetches.run(turn, async () => {
        const response = await fetch(request_uri, {
          headers: { accept: 'application/oauth-authz-req+jwt, application/jwt' },
          largest,
        });
        if (response.status !== 200) throw new FetchError(`status ${response.status}`);
        return (await response.text()).trim();
      });
    } catch (failure) {
      if (!(failure instanceof FetchError)) throw failure;
      // Why is for the log alone: what can be reached from here is nobody's business.
      const detail = 'the request object could not be fetched';
      throw new OAuthError('invalid_request_uri', failure.message, { detail });
    }
  };
}
