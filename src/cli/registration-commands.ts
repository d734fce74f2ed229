import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import { collect, count, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { details, table, withTimes } from './text.ts';

type Named = { tenant: string };
type AddOptions = Named & {
  name: string;
  uses?: number;
  expiresIn?: number;
  machineScope?: string[];
};

/** Adds the commands of clients that register themselves; `tenant set` opens registration. */
export function registrationCommands(program: Command): void {
  const registration = program
    .command('registration')
    .description('clients that register themselves (tenant set <name> registration=open)');
  registration
    .command('list')
    .description('who registered from where, used last when, and until when it lives')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(list));
  const token = registration
    .command('token')
    .description('initial access tokens: who has one may register clients');
  token
    .command('add')
    .description('make an initial access token and show it, once')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .requiredOption('--name <text>', 'who gets it')
    .option('--uses <number>', 'how many clients it may register, else any number', count)
    .option('--expires-in <time>', 'e.g. 24h; without it the token does not expire', duration)
    .option(
      '--machine-scope <scope>',
      'what its clients may have by client_credentials, else not that grant; repeatable',
      collect(),
    )
    .action(withSession(add));
  token
    .command('list')
    .description('the initial access tokens of a tenant by id')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(listTokens));
  token
    .command('remove <token_id>')
    .description('remove an initial access token; its clients stay')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(remove));
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

async function listTokens(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.registration_token_list, { tenant });
  const columns = ['token_id', 'name', 'used', 'uses_left', 'machine_scopes', 'expires_at'];
  const empty = `tenant ${options.tenant} has no initial access tokens`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function remove(session: Session, token_id: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.registration_token_remove, { tenant, token_id });
  return {
    json: { token_id, removed: true },
    text: `initial access token ${token_id} is removed`,
  };
}
