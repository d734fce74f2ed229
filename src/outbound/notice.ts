// Telling a receiver of a tenant something, once: what comes back is how it was taken.

import type { Database } from '../db/connect.ts';
import type { Log } from '../log.ts';
import type { Master } from '../protocol/seal.ts';
import { onLoopback, outboundFetch, retryAfter } from './guarded-fetch.ts';

export type Courier = { database: Database; secret: Master; log: Log };

/** The status of the answer, or why there was none; retry_after in seconds. */
export type Answer = { status: number | null; error: string | null; retry_after: number | null };

type Message = { headers: Record<string, string>; body: string };

const fetches = {
  loopback: outboundFetch({ allowLoopback: true }),
  others: outboundFetch({ allowLoopback: false }),
};

/** Posts what `make` makes to a URL for the tenant with this issuer. It throws nothing. */
export async function notify(
  issuer: string,
  url: string,
  make: () => Message | Promise<Message>,
): Promise<Answer> {
  try {
    // Only a tenant that is on a loopback address itself has business with receivers on one.
    const fetch = onLoopback(issuer) ? fetches.loopback : fetches.others;
    const response = await fetch(url, { method: 'POST', ...(await make()), notice: true });
    const wait = retryAfter(response.headers);
    return {
      status: response.status,
      error: null,
      retry_after: wait === undefined ? null : Math.min(Math.ceil(wait / 1000), 86_400),
    };
  } catch (error) {
    return {
      status: null,
      error: error instanceof Error ? error.message : String(error),
      retry_after: null,
    };
  }
}
