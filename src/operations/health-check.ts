import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { connect } from '../db/connect.ts';
import { explainDatabase } from '../db/released.ts';
import type { Config } from '../settings/config.ts';
import { ConfigError } from '../settings/values.ts';

const timeout = 4_000;

/** Throws ConfigError unless the web process of these settings is ready to answer. */
export async function checkWeb({ port, host, tls }: Config): Promise<void> {
  const local = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const address = `${tls ? 'https' : 'http'}://${local.includes(':') ? `[${local}]` : local}:${port}/readyz`;
  const asked = fetch(address, { signal: AbortSignal.timeout(timeout), redirect: 'manual' });
  const answer = await asked.catch((error: Error) => {
    const { message } = error.cause instanceof Error ? error.cause : error;
    throw new ConfigError(`${address} does not answer: ${message}`);
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new ConfigError(`${address} answers ${answer.status}: ${text}`);
}

/** Throws ConfigError unless the database behind `url` answers to the worker and no task is late. */
export async function checkWorker(url: string): Promise<void> {
  const database = connect(url, 'pgrant_worker', { program: 'health' });
  try {
    const schedules = await callAll(database, ops.schedule_list, {});
    const late = schedules.filter((one) => one.late).map(({ task }) => task);
    if (late.length > 0) {
      throw new ConfigError(
        `late: ${late.join(', ')} (select * from pgrant_report.schedules says since when)`,
      );
    }
  } catch (error) {
    throw explainDatabase(error, 'DATABASE_WORKER_URL');
  } finally {
    await database.end();
  }
}
