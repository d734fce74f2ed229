import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { collect } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, tenantCommand } from './subject.ts';

type Named = { tenant: string };

export function declareCommands(group: Command): void {
  tenantCommand(group, 'set <group>', 'make a group, or change its title and roles')
    .requiredOption('--title <text>', 'its name for users')
    .option('--role <role>', 'a role that its members have; repeatable', collect())
    .action(withSession(set));
  listCommand(group, 'the groups of a tenant', ops.group_list, {
    columns: ['group_name', 'title', 'roles', 'members', 'more_members'],
    empty: (tenant) => `tenant ${tenant} has no groups: pgrant group set`,
  });
  tenantCommand(group, 'add <group> <username>', 'put a person into it').action(member(true));
  tenantCommand(group, 'remove <group> <username>', 'take a person out of it').action(
    member(false),
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

function member(isMember: boolean) {
  return withSession(async (session, group: string, username: string, options: Named) => {
    const tenant = await findTenant(session, options.tenant);
    await call(session.database, ops.group_member, { tenant, group, username, member: isMember });
    const text = `${username} is ${isMember ? 'in' : 'not in'} group ${group}`;
    return { json: { group, username, member: isMember }, text };
  });
}
