// Applications that refresh for as long as it takes, and what comes of it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Place, post, signIn } from './flows.ts';

/** What the applications of one tenant have met. */
export type Met = {
  issuer: string;
  rotated: number;
  /** Moments at which they were told to come again. */
  refused: number[];
  /** Anything else. */
  faults: string[];
};

/** How many grants of each tenant refresh, with how many milliseconds between. */
export type Pace = { grants: number; pause: number };

export type Refreshing = {
  met: Met[];
  /** Once each has refreshed again, which it has to within half a minute. */
  stop: () => Promise<void>;
};

/** Signs in a few times at each place, and keeps each of the grants refreshing. */
export async function keepRefreshing(
  places: Place[],
  { grants, pause }: Pace = { grants: 3, pause: 50 },
): Promise<Refreshing> {
  const ending = new AbortController();
  const met: Met[] = places.map(({ issuer }) => ({ issuer, rotated: 0, refused: [], faults: [] }));
  // Nobody signs in beside applications that refresh as fast as they can.
  const begun: { place: Place; at: Met; refresh_token: string }[] = [];
  for (const [n, place] of places.entries()) {
    for (let grant = 0; grant < grants; grant += 1) {
      const { tokens } = await signIn(place);
      begun.push({ place, at: met[n] as Met, refresh_token: tokens.refresh_token });
    }
  }
  const running = begun.map(({ place, at, refresh_token }) =>
    keep(place, at, refresh_token, { pause, ending: ending.signal }),
  );
  return {
    met,
    stop: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
}

async function keep(
  place: Place,
  met: Met,
  first: string,
  { pause, ending }: { pause: number; ending: AbortSignal },
): Promise<void> {
  let refresh_token = first;
  let until = Number.POSITIVE_INFINITY;
  let isLast = false;
  while (!isLast) {
    await sleep(pause);
    if (ending.aborted) until = Math.min(until, Date.now() + 30_000);
    const ask = { grant_type: 'refresh_token', refresh_token };
    const { status, body, retryAfter } = await post(place, '/oauth/token', ask);
    if (status === 200) {
      refresh_token = String(body.refresh_token);
      met.rotated += 1;
      isLast = ending.aborted;
    } else if (status === 503 && Number(retryAfter) > 0) {
      met.refused.push(Date.now());
      assert(Date.now() < until, `${met.issuer} is not served again`);
    } else {
      met.faults.push(`${status} ${retryAfter} ${JSON.stringify(body)}`);
      return;
    }
  }
}
