import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Named = { tenant: string };

/** Adds the commands of scopes. */
export function scopeCommands(program: Command): void {
  const scope = program.command('scope').description('what may be asked for, in words for people');
  scope
    .command('add <scope>')
    .description('define a scope')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .requiredOption('--title <text>', 'what it allows, as consent asks it')
    .option('--description <text>', 'a sentence more')
    .option('--sensitive', 'show a warning at consent')
    .action(withSession(add));
  scope
    .command('list')
    .description('the scopes of a tenant')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(list));
}

async function add(
  session: Session,
  scope: string,
  options: Named & { title: string; description?: string; sensitive?: boolean },
): Promise<Output> {
  const { title, description, sensitive } = options;
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.scope_add, { tenant, scope, title, description, sensitive });
  return {
    json: { scope, title, description: description ?? '', sensitive: sensitive ?? false },
    text: `scope ${scope} is defined`,
  };
}

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.scope_list, { tenant });
  const columns = ['scope', 'title', 'description', 'sensitive'];
  const empty = `tenant ${options.tenant} has no scopes: pgrant scope add`;
  return { json: rows, text: table(rows, columns, empty) };
}
