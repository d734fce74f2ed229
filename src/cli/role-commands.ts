import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };
type AddOptions = Named & {
  title: string;
  description?: string;
  icon?: string;
  sensitive?: boolean;
};

/** Adds the commands of roles. */
export function roleCommands(program: Command): void {
  const role = program.command('role').description('roles of people; each is a scope at once');
  const sub = (usage: string, description: string) =>
    role
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');

  sub('add <role>', 'define a role, and with it the scope')
    .requiredOption('--title <text>', 'what it allows, as consent asks it')
    .option('--description <text>', 'a sentence more')
    .option('--icon <name>', 'name of an icon for your own pages')
    .option('--sensitive', 'show a warning at consent')
    .action(withSession(add));
  sub('list', 'the roles of a tenant').action(withSession(list));
  sub('assign <role> <username>', 'give a person the role').action(
    withSession((session, name: string, username: string, options: Named) =>
      assign(session, name, username, options, true),
    ),
  );
  sub('withdraw <role> <username>', 'take it from a person').action(
    withSession((session, name: string, username: string, options: Named) =>
      assign(session, name, username, options, false),
    ),
  );
  sub('disable <role>', 'take it from everybody').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, true)),
  );
  sub('enable <role>', 'let it count again').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, false)),
  );
}

async function add(session: Session, role: string, options: AddOptions): Promise<Output> {
  const { title, description, icon, sensitive } = options;
  const tenant = await findTenant(session, options.tenant);
  const described = { title, description, icon, sensitive };
  await call(session.database, ops.role_add, { tenant, role, ...described });
  return { json: { role, ...described }, text: `role ${role} is defined, and so is the scope` };
}

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.role_list, { tenant });
  const columns = ['role', 'title', 'people', 'groups', 'sensitive', 'disabled_at'];
  const empty = `tenant ${options.tenant} has no roles: pgrant role add`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function assign(
  session: Session,
  role: string,
  username: string,
  options: Named,
  held: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const change = { tenant, username, role };
  if (held) await call(session.database, ops.role_assign, change);
  else await call(session.database, ops.role_withdraw, change);
  const text = held
    ? `${username} has the role ${role}`
    : `${username} no longer has the role ${role} directly`;
  return { json: { username, role, held }, text };
}

async function disable(
  session: Session,
  role: string,
  options: Named,
  disabled: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.role_disable, { tenant, role, disabled });
  return {
    json: { role, disabled },
    text: `role ${role} is ${disabled ? 'disabled' : 'enabled'}`,
  };
}
