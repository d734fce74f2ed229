// The embedded PostgreSQL is started again when it dies under a pgrant that lives on.
import { ConfigError } from '../settings/values.ts';
import { alive } from './embedded-server.ts';

/** Milliseconds between two looks. */
const pace = 200;
/** Most deaths in so many milliseconds; one more, and it is given up. */
const most = { deaths: 5, within: 600_000 };

/**
 * Calls `revive`, which gives the new process id, whenever the server's process is gone. Gives up
 * where that fails, or happens too often: then `onLost` is told why. The returned function ends it.
 */
export function keepAlive(
  first: number,
  revive: () => Promise<number>,
  onLost: (error: Error) => void = () => {},
): () => Promise<void> {
  let pid = first;
  let deaths: number[] = [];
  let reviving: Promise<void> | undefined;
  const look = async () => {
    const now = performance.now();
    deaths = [...deaths.filter((at) => now - at < most.within), now];
    if (deaths.length > most.deaths) {
      throw new ConfigError(
        `the embedded PostgreSQL has died ${deaths.length} times in ten minutes`,
      );
    }
    pid = await revive();
  };
  const timer = setInterval(() => {
    if (reviving || alive(pid)) return;
    reviving = look().then(
      () => {
        reviving = undefined;
      },
      (error: Error) => {
        clearInterval(timer);
        onLost(error);
      },
    );
  }, pace);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await reviving;
  };
}
