import type { Command } from 'commander';
import { webProbes } from '../http/health.ts';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { givenUrls } from './databases.ts';
import { live } from './lifetime.ts';
import { makeContext, showMetrics, startWeb } from './parts.ts';

export function declareCommands(command: Command): void {
  command.action(() => live(web));
}

async function web(config: Config, started: Stop[]): Promise<string> {
  const urls = givenUrls(config);
  const services = await makeContext(config, urls.secret, 'web', started);
  const database = await startWeb(services, urls.web, started);
  await showMetrics(services, webProbes({ ...services, database }), started);
  return `pgrant answers at ${config.publicUrl}`;
}
