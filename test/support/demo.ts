// A running pgrant with the demonstration client, as `npm start` has it, on a database of its own.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/app.ts';
import { startDemo } from '../../src/demo/start-demo.ts';
import type { Mount } from '../../src/http/mounts.ts';
import { createLog } from '../../src/log.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { atFileEnd } from './at-end.ts';
import type { TestDatabase } from './database.ts';
import { secret } from './issuer.ts';

export type DemoServer = {
  origin: string;
  issuer: string;
  /** The demonstration client, without a slash at the end. */
  client: string;
  banner: string[];
  /** The log, one JSON object a line. */
  log: string[];
  /** Starts the demonstration again, as a restart of the server does; gives the new banner. */
  restart: (publicUrl?: string) => Promise<string[]>;
};

/** Starts server and demonstration client on a free port of localhost. */
export async function startDemoServer(database: TestDatabase): Promise<DemoServer> {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => lines.push(line) });
  const mounts: Mount[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const config = { ...loadConfig({}), publicUrl: origin };
  const app = createApp({ config, log, secret, database: database.web }, mounts);
  server.on('request', app.callback());
  const restart = async (publicUrl = origin) => {
    mounts.splice(0);
    const settings = { ...config, publicUrl };
    const worker = { log, secret, database: database.worker, url: database.url('pgrant_worker') };
    return (await startDemo({ config: settings, ...worker }, mounts)).lines;
  };
  const banner = await restart();
  const [issuer, client] = [`${origin}/demo`, `${origin}/client`];
  return { origin, issuer, client, banner, log: lines, restart };
}

/** Client id, secret and URL of the token request in a banner. */
export function bannerRequest(banner: string[]): { authorization: string; url: string } {
  const [, credentials = '', url = ''] = /curl -u (\S+) .* (\S+)$/.exec(banner.join('\n')) ?? [];
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, url };
}
