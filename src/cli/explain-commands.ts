import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };

/** Adds the commands that say why a token lacks a scope. */
export function explainCommands(program: Command): void {
  program
    .command('explain')
    .argument('<scope...>')
    .description('which scopes a token would have, and why not the others; before there is one too')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .requiredOption('--username <name>', 'for this person')
    .requiredOption('--client-id <id>', 'and this client')
    .action(withSession(explain));
  program
    .command('refusals')
    .description(
      'scopes that the clients of a tenant asked for in vain: how often, since when, why',
    )
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(refusals));
}

async function explain(
  session: Session,
  scopes: string[],
  options: Named & { username: string; clientId: string },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { username, clientId: client_id } = options;
  const rows = await callAll(session.database, ops.token_explain, {
    tenant,
    username,
    client_id,
    scopes,
  });
  const columns = ['scope', 'registered', 'consented', 'held', 'final', 'reason'];
  return { json: rows, text: table(rows, columns, 'no scope was named') };
}

async function refusals(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.scope_refusal_list, { tenant });
  const columns = ['client_name', 'client_id', 'scope', 'reason', 'refused', 'first_at', 'last_at'];
  return {
    json: rows,
    text: table(withTimes(rows), columns, 'no client has asked for a scope in vain'),
  };
}
