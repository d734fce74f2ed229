import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

/** Adds the command of clients that come from documents; `tenant set` says whose are taken. */
export function documentCommands(program: Command): void {
  program
    .command('document')
    .description('clients whose client_id is the URL of their metadata (client_documents=open)')
    .command('list')
    .description('which came from where, until when each is fresh, and until when it lives')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(list));
}

async function list(session: Session, options: { tenant: string }): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.client_document_list, { tenant });
  const columns = [
    'client_id',
    'name',
    'registered_from',
    'document_expires_at',
    'last_used_at',
    'expires_at',
  ];
  return { json: rows, text: table(withTimes(rows), columns, 'no client came from a document') };
}
