import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { hasSecret } from '../protocol/client-metadata.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import { UsageError } from './faults.ts';
import { duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';
import { details, formatDuration, table, withTimes } from './text.ts';

type Named = { tenant: string };
type Client = {
  token_endpoint_auth_method: string;
  secrets: { secret_id: string; created_at: string; expires_at: string | null }[];
};

export function secretCommands(group: Command): void {
  const secrets = group
    .command('secret')
    .description('live secrets of a client, several at once while one replaces another');
  tenantCommand(secrets, 'add <client_id>', 'make a secret and show it, once')
    .option('--expires-in <time>', 'e.g. 90d; without it the secret does not expire', duration)
    .option('--retire-others-after <time>', 'have the other secrets expire, e.g. 24h', duration)
    .action(withSession(add));
  tenantCommand(secrets, 'list <client_id>', 'the secrets of a client by id').action(
    withSession(list),
  );
  tenantCommand(secrets, 'remove <client_id> <secret_id>', 'remove a secret at once').action(
    withSession(remove),
  );
}

async function add(
  session: Session,
  client_id: string,
  options: Named & { expiresIn?: number; retireOthersAfter?: number },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { token_endpoint_auth_method: method } = await find(session, tenant, client_id);
  if (method === 'none') throw new UsageError(`client ${client_id} is public: it has no secrets`);
  if (!hasSecret(method)) {
    throw new UsageError(`client ${client_id} authenticates by ${method}: it has no secrets`);
  }
  const { secret, hash } = newLastingSecret('client_secret');
  const { client_secret_add: secret_id } = await call(session.database, ops.client_secret_add, {
    tenant,
    client_id,
    secret_hash: hash,
    lifetime: options.expiresIn,
    retire_others_after: options.retireOthersAfter,
  });
  const { secrets } = await find(session, tenant, client_id);
  const { expires_at = null } = secrets.find((held) => held.secret_id === secret_id) ?? {};
  const shown = { client_id, client_secret: secret, secret_id, expires_at };
  const { retireOthersAfter: after } = options;
  return {
    json: shown,
    text: [
      details({ ...withTimes(shown), ...(expires_at === null && { expires_at: 'never' }) }),
      ...(after === undefined ? [] : [`The others expire in ${formatDuration(after)}.`]),
      'Keep the secret now: it is not shown again.',
    ].join('\n'),
  };
}

async function list(session: Session, client_id: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { secrets } = await find(session, tenant, client_id);
  const columns = ['secret_id', 'created_at', 'expires_at'];
  const empty = `client ${client_id} has no secrets`;
  return { json: secrets, text: table(withTimes(secrets), columns, empty) };
}

async function remove(
  session: Session,
  client_id: string,
  secret_id: string,
  options: Named,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.client_secret_remove, { tenant, client_id, secret_id });
  return {
    json: { client_id, secret_id, removed: true },
    text: `secret ${secret_id} of client ${client_id} is removed`,
  };
}

async function find({ database }: Session, tenant: string, client_id: string): Promise<Client> {
  const { client_show } = await call(database, ops.client_show, { tenant, client_id });
  return client_show as unknown as Client;
}
