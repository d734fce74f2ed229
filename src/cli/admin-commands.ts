import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';

export function declareCommands(group: Command): void {
  tenantCommand(group, 'enable', 'make the roles of admins, the admin API and the console').action(
    withSession(enable),
  );
}

async function enable(session: Session, options: { tenant: string }): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { admin_enable: resource } = await call(session.database, ops.admin_enable, { tenant });
  const console = resource.replace(/\/api\/v1$/, '/admin');
  return {
    json: { resource, console, roles: ['pgrant.admin', 'pgrant.admin.read'] },
    text: [
      `admin API: ${resource}`,
      `console: ${console}`,
      'Nobody is an admin yet: pgrant role assign pgrant.admin <username>',
    ].join('\n'),
  };
}
