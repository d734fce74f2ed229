import type { Command } from 'commander';
import { findEmbedded } from '../embedded/embedded.ts';
import { describeReleased, release } from '../release/release.ts';
import { ConfigError, loadConfig } from '../settings/config.ts';
import { describeFault } from './faults.ts';
import { complain, print } from './run.ts';

/** Adds the command that applies sql/ to the database. */
export function releaseCommand(program: Command): void {
  program
    .command('release')
    .description('bring the database to what sql/ says, with DATABASE_OWNER_URL')
    .action(async () => {
      try {
        const json = await release(ownerUrl());
        print({ json, text: describeReleased(json) });
      } catch (error) {
        complain(await describeFault(error, { setting: 'DATABASE_OWNER_URL' }));
      }
    });
}

function ownerUrl(): string {
  const { databaseOwnerUrl, embedded, dataFolder } = loadConfig();
  const running = embedded ? findEmbedded(dataFolder)?.url('postgres') : undefined;
  const url = databaseOwnerUrl ?? running;
  if (url) return url;
  throw new ConfigError(
    `there is no database to release: set DATABASE_OWNER_URL, or run npm start, whose database is in ${dataFolder}`,
  );
}
