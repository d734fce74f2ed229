// Where the databases are: one URL for each role that a process works as.
import { findEmbedded, startEmbedded } from '../embedded/embedded.ts';
import { setPasswords } from '../embedded/logins.ts';
import type { Stop } from '../services.ts';
import { type Config, ConfigError, requireSecret } from '../settings/config.ts';

export type Urls = { web: string; worker: string; owner: string | undefined; secret: Buffer };

/** The databases of the settings, or those of an `npm start` that runs on the same data folder. */
export function givenUrls(config: Config): Urls {
  const { databaseUrl, databaseWorkerUrl, databaseOwnerUrl: owner } = config;
  if (databaseUrl && databaseWorkerUrl) {
    return { web: databaseUrl, worker: databaseWorkerUrl, owner, secret: requireSecret(config) };
  }
  const server = config.embedded ? findEmbedded(config.dataFolder) : undefined;
  if (!server) throw new ConfigError('DATABASE_URL must be set, or npm start be running');
  return {
    web: server.url('pgrant_web'),
    worker: server.url('pgrant_worker'),
    owner: undefined,
    secret: config.secret ?? server.secret,
  };
}

/** Those of the embedded PostgreSQL, which is started; `onLost` is told when it is gone for good. */
export async function embeddedUrls(
  config: Config,
  started: Stop[],
  onLost: (error: Error) => void,
): Promise<Urls> {
  const starting = startEmbedded(config.dataFolder, { onLost });
  // Whoever is stopped meanwhile waits for the server, and leaves none behind.
  started.push(() =>
    starting.then(
      ({ stop }) => stop(),
      () => {},
    ),
  );
  const server = await starting;
  return {
    web: server.url('pgrant_web'),
    worker: server.url('pgrant_worker'),
    owner: server.url('postgres'),
    secret: config.secret ?? server.secret,
  };
}

/** The roles exist once the database is released: only then do they get their passwords. */
export async function openLogins({ dataFolder }: Config): Promise<void> {
  const server = findEmbedded(dataFolder);
  if (server) await setPasswords(server.url('postgres'), server.credentials);
}
