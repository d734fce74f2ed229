// Everything in one process, with the database where none is given: `npm start`.
import type { Command } from 'commander';
import { connect } from '../db/connect.ts';
import { webProbes } from '../http/health.ts';
import type { Mount } from '../http/mounts.ts';
import { release } from '../release/release.ts';
import type { Services, Stop } from '../services.ts';
import type { Config } from '../settings/config.ts';
import { embeddedUrls, givenUrls, openLogins } from './databases.ts';
import { live } from './lifetime.ts';
import { makeContext, showMetrics, startWeb, work } from './parts.ts';

export function declareCommands(command: Command): void {
  command.action(() => live(start));
}

async function start(
  config: Config,
  started: Stop[],
  end: (error?: unknown) => void,
): Promise<string> {
  const begin = performance.now();
  const urls = config.embedded ? await embeddedUrls(config, started, end) : givenUrls(config);
  const services = await makeContext(config, urls.secret, 'all', started);
  if (urls.owner) await release(urls.owner);
  if (config.embedded) await openLogins(config);
  const mounts: Mount[] = [];
  const database = await startWeb(services, urls.web, started, mounts);
  await work(services, urls.worker, started);
  await showMetrics(services, webProbes({ ...services, database }), started);
  const lines = config.demo ? await demonstrate(services, urls.worker, started, mounts) : [];
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  return [`pgrant is ready at ${config.publicUrl} (${seconds} s)`, ...lines].join('\n');
}

async function demonstrate(services: Services, url: string, started: Stop[], mounts: Mount[]) {
  const { startDemo } = await import('../demo/start-demo.ts');
  const database = connect(url, 'pgrant_worker', { prepare: services.config.databasePrepare });
  started.push(database.end);
  const { stop, lines } = await startDemo({ ...services, url, database }, mounts);
  started.push(stop);
  return lines;
}
