import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { count, moment } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { asTable } from './subject.ts';

type Options = {
  tenant: string;
  clientId?: string;
  since?: string;
  before?: string;
  beforeId?: string;
  limit: number;
};

export function declareCommands(command: Command): void {
  command
    .requiredOption('--tenant <name>', 'name of the tenant')
    .option('--client-id <id>', 'of this client only')
    .option('--since <time>', 'a time with its zone, or 2h, 7d ago; default: ever', moment)
    .option('--before <time>', 'begin before this moment', moment)
    .option('--before-id <event_id>', 'and of that moment before this event')
    .option('--limit <count>', 'most rows', count, 100)
    .action(withSession(errors));
}

async function errors(session: Session, options: Options): Promise<Output> {
  const { clientId: client_id, since, before, beforeId: before_id, limit } = options;
  const tenant = await findTenant(session, options.tenant);
  const filter = { tenant, client_id, since, before, before_id, limit: limit + 1 };
  const rows = await callAll(session.database, ops.error_list, filter);
  const columns = [
    'at',
    'action',
    'error',
    'reason',
    'refused',
    'client_id',
    'username',
    'address',
  ] as const;
  return asTable(rows, columns, 'nothing was refused', limit, ({ at, event_id }) => {
    // To the microsecond, or the page would begin with what was seen.
    const moment = String(at)
      .replace(' ', 'T')
      .replace(/([+-]\d\d)$/, '$1:00');
    return `--before ${moment} --before-id ${event_id}`;
  });
}
