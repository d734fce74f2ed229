import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newPassword } from '../protocol/password.ts';
import { UsageError } from './faults.ts';
import { count, readObject, readPassword } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type Person = { tenant: string; username: string; passwordStdin?: boolean };

/** Adds the commands of people. */
export function userCommands(program: Command): void {
  const user = program.command('user').description('people who can sign in');
  const sub = (name: string, description: string) =>
    user
      .command(name)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');
  const one = (name: string, description: string) =>
    sub(name, description).requiredOption('--username <name>', 'who');

  one('add', 'add a person')
    .option('--password-stdin', 'read the password from stdin; without it there is none')
    .option('--claims <json>', `standard claims of OpenID Connect, e.g. '{"email": "a@b.example"}'`)
    .action(withSession(add));
  sub('list', 'the people of a tenant')
    .option('--after <username>', 'begin after this one')
    .option('--limit <count>', 'most rows', count, 100)
    .action(withSession(list));
  one('disable', 'end the sessions of a person and revoke their tokens').action(
    withSession((session, options: Person) => disable(session, options, true)),
  );
  one('enable', 'let the person sign in again').action(
    withSession((session, options: Person) => disable(session, options, false)),
  );
  one('password', 'set the password of a person, which ends their sessions')
    .option('--password-stdin', 'read the password from stdin: there is no other way')
    .action(withSession(setPassword));
}

async function add(session: Session, options: Person & { claims?: string }): Promise<Output> {
  const { username } = options;
  const claims = readObject(options.claims ?? '{}', '--claims');
  const tenant = await findTenant(session, options.tenant);
  const { user_add: user_id } = await call(session.database, ops.user_add, {
    tenant,
    username,
    claims,
    ...(options.passwordStdin && (await derive())),
  });
  return {
    json: { user_id, username, claims },
    text: `user ${username} is added; sub ${user_id}`,
  };
}

async function derive() {
  const { salt, parameters, verifier } = await newPassword(await readPassword());
  return { password_salt: salt, password_params: parameters, password_hash: verifier };
}

async function list(
  session: Session,
  options: { tenant: string; after?: string; limit: number },
): Promise<Output> {
  const { after, limit } = options;
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.user_list, { tenant, after, limit });
  const columns = ['username', 'user_id', 'claims', 'created_at', 'disabled_at'];
  const empty = after === undefined ? 'has no users: pgrant user add' : 'has no more users';
  const text = table(withTimes(rows), columns, `tenant ${options.tenant} ${empty}`);
  const more = rows.length === limit ? `\nmore: --after ${rows.at(-1)?.username}` : '';
  return { json: rows, text: text + more };
}

async function disable(
  session: Session,
  { tenant: name, username }: Person,
  disabled: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, name);
  await call(session.database, ops.user_disable, { tenant, username, disabled });
  return {
    json: { username, disabled },
    text: `user ${username} is ${disabled ? 'disabled' : 'enabled'}`,
  };
}

async function setPassword(session: Session, options: Person): Promise<Output> {
  const { username } = options;
  if (!options.passwordStdin) {
    throw new UsageError('a password comes by stdin only: add --password-stdin');
  }
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.user_password, { tenant, username, ...(await derive()) });
  return {
    json: { username, changed: true },
    text: `user ${username} has a new password and no sessions`,
  };
}
