import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import { collect, count, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf, tenantCommand } from './subject.ts';
import { details, table, withTimes } from './text.ts';

type Named = { tenant: string };
type AddOptions = Named & {
  name: string;
  uses?: number;
  expiresIn?: number;
  machineScope?: string[];
};

/** `tenant set` opens registration. */
export function declareCommands(group: Command): void {
  const description = 'who registered from where, used last when, and until when it lives';
  tenantCommand(group, 'list', description).action(withSession(list));
  const tokens = group
    .command('token')
    .description('initial access tokens: who has one may register clients');
  tenantCommand(tokens, 'add', 'make an initial access token and show it, once')
    .requiredOption('--name <text>', 'who gets it')
    .option('--uses <number>', 'how many clients it may register, else any number', count)
    .option('--expires-in <time>', 'e.g. 24h; without it the token does not expire', duration)
    .option(
      '--machine-scope <scope>',
      'what its clients may have by client_credentials, else not that grant; repeatable',
      collect(),
    )
    .action(withSession(add));
  const listed = 'the initial access tokens of a tenant by id';
  listCommand(tokens, listed, ops.registration_token_list, {
    columns: ['token_id', 'name', 'used', 'uses_left', 'machine_scopes', 'expires_at'],
    empty: (tenant) => `tenant ${tenant} has no initial access tokens`,
  });
  subjectOf(tokens, { noun: 'initial access token', key: 'token_id' }).remove(
    ops.registration_token_remove,
    { description: 'remove an initial access token; its clients stay' },
  );
}

async function list(session: Session, options: Named): Promise<Output> {
  const { database } = session;
  const tenant = await findTenant(session, options.tenant);
  const clients = await callAll(database, ops.registration_list, { tenant });
  const [counts] = await callAll(database, ops.registration_counts, { tenant });
  const columns = [
    'client_id',
    'name',
    'registered_from',
    'registered_at',
    'last_used_at',
    'expires_at',
  ];
  const summary = `${counts?.live} of at most ${counts?.quota} live, ${counts?.unused} never used`;
  const rows = table(withTimes(clients), columns, 'no client has registered itself');
  return { json: { ...counts, clients }, text: `${rows}\n${summary}` };
}

async function add(session: Session, options: AddOptions): Promise<Output> {
  const { name, uses, expiresIn: lifetime, machineScope: machine_scopes } = options;
  const tenant = await findTenant(session, options.tenant);
  const { secret, hash } = newLastingSecret('initial_access');
  const { registration_token_add: token_id } = await call(
    session.database,
    ops.registration_token_add,
    { tenant, name, token_hash: hash, uses, lifetime, machine_scopes },
  );
  const shown = { token_id, initial_access_token: secret };
  return {
    json: { ...shown, name },
    text: `${details(shown)}\nKeep the token now: it is not shown again.`,
  };
}
