import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import { collect, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, tenantCommand } from './subject.ts';
import { details } from './text.ts';

type AddOptions = {
  tenant: string;
  username: string;
  name: string;
  permission: string[];
  network?: string[];
  expiresIn?: number;
  resource?: string;
};

/** They are disabled and removed as clients. */
export function declareCommands(group: Command): void {
  tenantCommand(group, 'add', 'make a credential and show its key, once')
    .requiredOption('--username <name>', 'whose it is, and whose roles bound it')
    .requiredOption('--name <text>', 'what it is for')
    .requiredOption('--permission <role>', 'a role that the person has; repeatable', collect())
    .option(
      '--network <cidr>',
      'from where it may be used, else from anywhere; repeatable',
      collect(),
    )
    .option('--resource <uri>', 'what the key is for: its aud, else the audience of the tenant')
    .option('--expires-in <time>', 'e.g. 90d; without it the key does not expire', duration)
    .action(withSession(add));
  const description = 'the credentials of a tenant: what each may do now, used last when';
  listCommand(group, description, ops.credential_list, {
    columns: [
      'client_id',
      'name',
      'username',
      'permissions',
      'effective',
      'last_used_at',
      'next_expiry',
    ],
    empty: () => 'there are no such credentials: pgrant credential add',
    filter: ({ username }: { username?: string }) => ({ username }),
    of: ({ username }) => ({ username }),
  }).option('--username <name>', 'of this person only');
}

async function add(session: Session, options: AddOptions): Promise<Output> {
  const { username, name, permission: permissions, network, expiresIn: lifetime } = options;
  const tenant = await findTenant(session, options.tenant);
  const { secret, hash } = newLastingSecret('api_key');
  const { credential_add: client_id } = await call(session.database, ops.credential_add, {
    tenant,
    username,
    name,
    permissions,
    secret_hash: hash,
    lifetime,
    allowed_networks: network,
    default_resource: options.resource,
  });
  const shown = { client_id, api_key: secret };
  return {
    json: { ...shown, name, username, permissions },
    text: [
      `credential ${name} of ${username} is made`,
      details(shown),
      'Keep the key now: it is not shown again. It is a bearer key, and the secret of the client_id.',
    ].join('\n'),
  };
}
