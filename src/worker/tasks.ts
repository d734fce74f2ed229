import type { Task } from 'graphile-worker';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { makeUpstreams } from '../identity-providers/identity-providers.ts';
import { archiveDue } from '../operations/audit-archiving.ts';
import { makeDueCheckpoints, recordRefusals, sealEvents } from '../operations/audit-chain.ts';
import { recheckAccounts } from '../operations/identity-provider-recheck.ts';
import { resealAll } from '../operations/reseal.ts';
import { makeDueKeys } from '../operations/signing-keys.ts';
import { fetchLogos } from '../outbound/logos.ts';
import type { WorkerServices } from '../services.ts';
import { deleteExpired, tellHeldBack } from './cleanup.ts';
import { type Run, recorded } from './runs.ts';

/** What the crontab names. Each task is a caller of pgrant_ops and may run any number of times. */
export function taskList(services: Omit<WorkerServices, 'url'>): Record<string, Task> {
  return Object.fromEntries(
    Object.entries(runs(services)).map(([task, run]) => [task, recorded(services, task, run)]),
  );
}

function runs({ config, database, secret, log }: Omit<WorkerServices, 'url'>): Record<string, Run> {
  const upstreams = makeUpstreams({ config, secret });
  return {
    partitions: async () => {
      const changes = await callAll(database, ops.partitions_maintain, {
        archived: config.archiveFolder !== undefined,
      });
      for (const change of changes) log.info(change, 'partition');
      const of = (wanted: string) => changes.filter(({ action }) => action === wanted).length;
      return { made: of('made'), dropped: of('dropped') };
    },
    cleanup: async (signal) => {
      const deleted = await deleteExpired(database, signal);
      await tellHeldBack({ database, log });
      log.debug(deleted, 'expired rows deleted');
      return deleted;
    },
    salts_erase: async () => {
      const part = new Date().getUTCMinutes();
      const { salts_erase: erased } = await call(database, ops.salts_erase, { part, parts: 60 });
      return { erased };
    },
    refusals: async (signal) => ({ events: await recordRefusals(database, signal) }),
    audit_seal: async (signal) => ({ seals: await sealEvents(database, signal) }),
    audit_archive: async (signal) => {
      const folder = config.archiveFolder;
      if (folder === undefined) return { months: 0, events: 0, failed: 0 };
      return await archiveDue({ database, secret, folder }, log, signal);
    },
    audit_checkpoint: (signal) => makeDueCheckpoints(database, secret, log, signal),
    keys: async () => {
      const made = await makeDueKeys(database, secret, log);
      return { made: made.length };
    },
    reseal: async (signal) => {
      if (!config.oldSecret && !config.tenantKeyFolder) return { resealed: 0, unopened: 0 };
      const { resealed, unopened } = await resealAll(database, secret, signal);
      for (const lost of unopened) log.error(lost, 'a secret opens under neither secret');
      return { resealed, unopened: unopened.length };
    },
    logos: async (signal) => ({ fetched: await fetchLogos({ config, database, log }, signal) }),
    upstreams: async (signal) => ({
      checked: await recheckAccounts({ database, upstreams, log }, signal),
    }),
  };
}
