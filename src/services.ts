import type { EventEmitter } from 'node:events';
import type { Database } from './db/connect.ts';
import type { Log } from './log.ts';
import type { Master } from './protocol/seal.ts';
import type { Config } from './settings/config.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

/** Ends what was started, and resolves when it has ended. */
export type Stop = () => Promise<void>;

/** What every part of a process is handed. */
export type Services = {
  config: Config;
  log: Log;
  /** What signing keys and other people's secrets are sealed under. */
  secret: Master;
  /** Metrics and traces; undefined where there are none. */
  telemetry?: Telemetry;
};

/** What the web process works with: the database as pgrant_web. */
export type WebServices = Services & {
  database: Database;
  /** Tells when the signing keys of a tenant, or of any, have changed; undefined where nobody listens. */
  keyChanges?: EventEmitter<{ changed: [tenant: string | undefined] }>;
};

/** What the worker works with: the database as pgrant_worker, and its URL for graphile-worker. */
export type WorkerServices = Services & { database: Database; url: string };
