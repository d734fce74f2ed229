// What PGRANT_DATA holds besides the database itself: generated passwords and PGRANT_SECRET.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../settings/folder.ts';
import { ConfigError } from '../settings/values.ts';

export type Credentials = {
  postgres: string;
  pgrant_janitor: string;
  pgrant_web: string;
  pgrant_worker: string;
};

/** The name of a login of the embedded database. */
export type Login = keyof Credentials;

const credentialsFile = 'credentials.json';
const secretFile = 'secret';

/** Makes the folder, readable by its owner only, with its generated secrets; keeps those it has. */
export function prepareFolder(folder: string): Secrets {
  makeFolder(folder, 0o700);
  const foreign = readdirSync(folder).some((entry) => !entry.startsWith(credentialsFile));
  if (foreign && !existsSync(join(folder, credentialsFile))) {
    throw new ConfigError(`PGRANT_DATA must be an empty folder or one made by pgrant: ${folder}`);
  }
  chmodSync(folder, 0o700);
  keep(join(folder, credentialsFile), () =>
    JSON.stringify({
      postgres: password(),
      pgrant_janitor: password(),
      pgrant_web: password(),
      pgrant_worker: password(),
    } satisfies Credentials),
  );
  keep(join(folder, secretFile), () => randomBytes(32).toString('base64'));
  return loadSecrets(folder);
}

export type Secrets = {
  credentials: Credentials;
  /** The generated PGRANT_SECRET: 32 bytes. */
  secret: Buffer;
};

/** The secrets of a folder that was prepared, or undefined where there is none. */
export function readSecrets(folder: string): Secrets | undefined {
  return existsSync(join(folder, secretFile)) ? loadSecrets(folder) : undefined;
}

function loadSecrets(folder: string): Secrets {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    credentials: JSON.parse(read(credentialsFile)),
    secret: Buffer.from(read(secretFile), 'base64'),
  };
}

function password(): string {
  return randomBytes(24).toString('base64url');
}

/** Makes a file once, whole, however many processes start at the same time. */
function keep(file: string, make: () => string): void {
  if (existsSync(file)) return;

  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, make(), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
