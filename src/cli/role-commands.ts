import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf, tenantCommand } from './subject.ts';

type Named = { tenant: string };
type AddOptions = Named & {
  title: string;
  description?: string;
  icon?: string;
  sensitive?: boolean;
};

export function declareCommands(group: Command): void {
  const role = subjectOf(group, { noun: 'role', key: 'role' });
  role
    .one('add', 'define a role, and with it the scope')
    .requiredOption('--title <text>', 'what it allows, as consent asks it')
    .option('--description <text>', 'a sentence more')
    .option('--icon <name>', 'name of an icon for your own pages')
    .option('--sensitive', 'show a warning at consent')
    .action(withSession(add));
  listCommand(group, 'the roles of a tenant', ops.role_list, {
    columns: ['role', 'title', 'people', 'more_people', 'groups', 'sensitive', 'disabled_at'],
    empty: (tenant) => `tenant ${tenant} has no roles: pgrant role add`,
  });
  tenantCommand(group, 'assign <role> <username>', 'give a person the role').action(assign(true));
  tenantCommand(group, 'withdraw <role> <username>', 'take it from a person').action(assign(false));
  role.disable(ops.role_disable, {
    disable: 'take it from everybody',
    enable: 'let it count again',
  });
}

async function add(session: Session, role: string, options: AddOptions): Promise<Output> {
  const { title, description, icon, sensitive } = options;
  const tenant = await findTenant(session, options.tenant);
  const described = { title, description, icon, sensitive };
  await call(session.database, ops.role_add, { tenant, role, ...described });
  return { json: { role, ...described }, text: `role ${role} is defined, and so is the scope` };
}

function assign(held: boolean) {
  return withSession(async (session, role: string, username: string, options: Named) => {
    const tenant = await findTenant(session, options.tenant);
    const change = held ? ops.role_assign : ops.role_withdraw;
    await call<object, object>(session.database, change, { tenant, username, role });
    const text = held
      ? `${username} has the role ${role}`
      : `${username} no longer has the role ${role} directly`;
    return { json: { username, role, held }, text };
  });
}
