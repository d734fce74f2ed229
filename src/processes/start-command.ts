// Everything in one process, with the database where none is given: `npm start`.
import type { Command } from 'commander';
import { connect } from '../db/connect.ts';
import { webProbes } from '../http/health.ts';
import type { Mount } from '../http/mounts.ts';
import { release } from '../release/release.ts';
import type { Context, Stop } from '../services.ts';
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
  const context = await makeContext(config, urls.secret, 'all', started);
  if (urls.owner) await release(urls.owner);
  if (config.embedded) await openLogins(config);
  const mounts: Mount[] = [];
  const database = await startWeb(context, urls.web, started, mounts);
  await work(context, urls.worker, started);
  await showMetrics(context, webProbes(database), started);
  const lines = config.demo ? await demonstrate(context, urls.worker, started, mounts) : [];
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  return [`pgrant is ready at ${config.publicUrl} (${seconds} s)`, ...lines].join('\n');
}

async function demonstrate(context: Context, url: string, started: Stop[], mounts: Mount[]) {
  const { startDemo } = await import('../demo/start-demo.ts');
  const database = connect(url, 'pgrant_worker', { prepare: context.config.databasePrepare });
  started.push(database.end);
  const { stop, lines } = await startDemo({ ...context, url, database }, mounts);
  started.push(stop);
  return lines;
}
