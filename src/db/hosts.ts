// A database may have several hosts: connections are spread over them, and go elsewhere while one is away.
import { urlsOf } from '../settings/database-urls.ts';

/** Which host the next connection goes to. */
export type Hosts = {
  /** Their URLs, in the order in which they are to be tried: in turns, those that are away last. */
  inTurn: () => string[];
  /** Whether a standby is passed over: of several hosts another one takes writes, one alone is what was asked for. */
  several: boolean;
  /** It did not let a connection in, or takes no writes. */
  missed: (url: string) => void;
  met: (url: string) => void;
};

/** Milliseconds until a host that was away is tried in its turn again. */
const pause = 10_000;

export function createHosts(url: string): Hosts {
  const urls = urlsOf(url);
  const away = new Map<string, number>();
  // Of several processes each begins elsewhere.
  let turn = Math.floor(Math.random() * urls.length);
  return {
    several: urls.length > 1,
    inTurn: () => {
      const now = performance.now();
      const isAway = (one: string) => (away.get(one) ?? 0) > now;
      const near = urls.filter((one) => !isAway(one));
      const begin = near.length > 0 ? turn++ % near.length : 0;
      const order = [...near.slice(begin), ...near.slice(0, begin), ...urls.filter(isAway)];
      // One connection tries it again; others go elsewhere until it is known to be back.
      const [first = url] = order;
      if (away.has(first)) away.set(first, now + pause);
      return order;
    },
    missed: (one) => {
      away.set(one, performance.now() + pause);
    },
    met: (one) => {
      away.delete(one);
    },
  };
}
