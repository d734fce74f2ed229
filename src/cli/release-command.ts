import type { Command } from 'commander';
import { findEmbedded } from '../embedded/embedded.ts';
import { describeReleased, release } from '../release/release.ts';
import { type Config, ConfigError } from '../settings/config.ts';
import { remark, withoutSession } from './run.ts';

export function declareCommands(command: Command): void {
  command.action(
    withoutSession(async (config) => {
      const json = await release(ownerUrl(config), undefined, remark);
      return { json, text: describeReleased(json) };
    }, 'DATABASE_OWNER_URL'),
  );
}

function ownerUrl({ databaseOwnerUrl, embedded, dataFolder }: Config): string {
  const running = embedded ? findEmbedded(dataFolder)?.url('postgres') : undefined;
  const url = databaseOwnerUrl ?? running;
  if (url) return url;
  throw new ConfigError(
    `there is no database to release: set DATABASE_OWNER_URL, or run npm start, whose database is in ${dataFolder}`,
  );
}
