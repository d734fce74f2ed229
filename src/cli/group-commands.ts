import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { collect } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Named = { tenant: string };

/** Adds the commands of groups. */
export function groupCommands(program: Command): void {
  const group = program.command('group').description('groups of people, and the roles they bring');
  const sub = (usage: string, description: string) =>
    group
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');

  sub('set <group>', 'make a group, or change its title and roles')
    .requiredOption('--title <text>', 'its name for people')
    .option('--role <role>', 'a role that its members have; repeatable', collect())
    .action(withSession(set));
  sub('list', 'the groups of a tenant').action(withSession(list));
  sub('add <group> <username>', 'put a person into it').action(
    withSession((session, name: string, username: string, options: Named) =>
      member(session, name, username, options, true),
    ),
  );
  sub('remove <group> <username>', 'take a person out of it').action(
    withSession((session, name: string, username: string, options: Named) =>
      member(session, name, username, options, false),
    ),
  );
}

async function set(
  session: Session,
  group: string,
  options: Named & { title: string; role?: string[] },
): Promise<Output> {
  const { title, role: roles = [] } = options;
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.group_set, { tenant, group, title, roles });
  const brings = roles.length === 0 ? 'no roles' : roles.join(', ');
  return { json: { group, title, roles }, text: `group ${group} brings ${brings}` };
}

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.group_list, { tenant });
  const empty = `tenant ${options.tenant} has no groups: pgrant group set`;
  return { json: rows, text: table(rows, ['group_name', 'title', 'roles', 'members'], empty) };
}

async function member(
  session: Session,
  group: string,
  username: string,
  options: Named,
  isMember: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.group_member, { tenant, group, username, member: isMember });
  const text = isMember
    ? `${username} is in group ${group}`
    : `${username} is not in group ${group}`;
  return { json: { group, username, member: isMember }, text };
}
