import type { Task } from 'graphile-worker';
import type { WorkerContext } from '../context.ts';
import { call, callAll } from '../db/call.ts';
import { ops } from '../db/functions.ts';
import { makeUpstreams } from '../upstream/upstreams.ts';
import { makeDueKeys } from './keys.ts';
import { recheckAccounts } from './upstreams.ts';

const batch = 5_000;
/** Most batches of one cleanup job: what is left waits for the next minute. */
const mostBatches = 20;

/** What the crontab names. Each task is a caller of pgrant_ops and may run any number of times. */
export function taskList({ config, database, secret, log }: Omit<WorkerContext, 'url'>) {
  const upstreams = makeUpstreams({ config, secret });
  return {
    partitions: async () => {
      const changes = await callAll(database, ops.partitions_maintain, {});
      for (const change of changes) log.info(change, 'partition');
    },
    cleanup: async (_payload, { abortSignal }) => {
      for (let done = 0; done < mostBatches && !abortSignal.aborted; done++) {
        const rows = await callAll(database, ops.expired_delete, { limit: batch });
        const deleted = rows.filter((row) => row.deleted);
        for (const row of deleted) log.debug(row, 'expired rows deleted');
        if (deleted.every((row) => Number(row.deleted) < batch)) return;
      }
    },
    sealed_erase: async () => {
      const part = new Date().getUTCMinutes();
      const { sealed_erase: erased } = await call(database, ops.sealed_erase, { part, parts: 60 });
      if (erased) log.debug({ erased, part }, 'sealed refresh tokens erased');
    },
    keys: async () => {
      await makeDueKeys(database, secret, log);
    },
    upstreams: async (_payload, { abortSignal }) => {
      await recheckAccounts({ database, upstreams, log }, abortSignal);
    },
  } satisfies Record<string, Task>;
}
