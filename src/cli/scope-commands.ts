import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf, tenantCommand } from './subject.ts';

type Options = { tenant: string; title: string; description?: string; sensitive?: boolean };

export function declareCommands(group: Command): void {
  tenantCommand(group, 'add <scope>', 'define a scope')
    .requiredOption('--title <text>', 'what it allows, as consent asks it')
    .option('--description <text>', 'a sentence more')
    .option('--sensitive', 'show a warning at consent')
    .action(withSession(add));
  subjectOf(group, { noun: 'scope', key: 'scope' }).set(
    'change what a scope or role is called: title, description, sensitive; title#es, … for readers of another language',
    ops.scope_set,
    (_, scope) => `scope ${scope} is changed`,
  );
  listCommand(group, 'the scopes of a tenant', ops.scope_list, {
    columns: ['scope', 'title', 'description', 'sensitive'],
    empty: (tenant) => `tenant ${tenant} has no scopes: pgrant scope add`,
  });
}

async function add(session: Session, scope: string, options: Options): Promise<Output> {
  const { title, description, sensitive } = options;
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.scope_add, { tenant, scope, title, description, sensitive });
  return {
    json: { scope, title, description: description ?? '', sensitive: sensitive ?? false },
    text: `scope ${scope} is defined`,
  };
}
