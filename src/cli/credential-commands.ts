import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import { collect, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { details, table, withTimes } from './text.ts';

type Named = { tenant: string };
type AddOptions = Named & {
  username: string;
  name: string;
  permission: string[];
  network?: string[];
  expiresIn?: number;
};

/** Adds the commands of API credentials; they are disabled and removed as clients. */
export function credentialCommands(program: Command): void {
  const credential = program
    .command('credential')
    .description('API credentials: keys that people make for applications of their own');
  credential
    .command('add')
    .description('make a credential and show its key, once')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .requiredOption('--username <name>', 'whose it is, and whose roles bound it')
    .requiredOption('--name <text>', 'what it is for')
    .requiredOption('--permission <role>', 'a role that the person has; repeatable', collect())
    .option(
      '--network <cidr>',
      'from where it may be used, else from anywhere; repeatable',
      collect(),
    )
    .option('--expires-in <time>', 'e.g. 90d; without it the key does not expire', duration)
    .action(withSession(add));
  credential
    .command('list')
    .description('the credentials of a tenant: what each may do now, used last when')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .option('--username <name>', 'of this person only')
    .action(withSession(list));
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

async function list(session: Session, options: Named & { username?: string }): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { username } = options;
  const rows = await callAll(session.database, ops.credential_list, { tenant, username });
  const columns = ['client_id', 'name', 'username', 'permissions', 'effective', 'last_used_at'];
  const empty = 'there are no such credentials: pgrant credential add';
  return { json: rows, text: table(withTimes(rows), [...columns, 'next_expiry'], empty) };
}
