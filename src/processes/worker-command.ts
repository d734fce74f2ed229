import type { Command } from 'commander';
import { workerProbes } from '../http/health.ts';
import type { Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { givenUrls } from './databases.ts';
import { live } from './lifetime.ts';
import { makeContext, showMetrics, work } from './parts.ts';

export function declareCommands(command: Command): void {
  command.action(() => live(worker));
}

async function worker(config: Config, started: Stop[]): Promise<string> {
  const urls = givenUrls(config);
  const services = await makeContext(config, urls.secret, 'worker', started);
  const database = await work(services, urls.worker, started);
  await showMetrics(services, workerProbes({ ...services, database }), started);
  return 'pgrant works';
}
