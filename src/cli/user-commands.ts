import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newPassword } from '../protocol/password.ts';
import { Refused, UsageError } from './faults.ts';
import { confirm, readObject, readPassword } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf } from './subject.ts';
import { details, inOrder, table, withTimes } from './text.ts';

type Person = { tenant: string; username: string; passwordStdin?: boolean };

export function declareCommands(group: Command): void {
  const user = subjectOf(group, { noun: 'user', key: 'username', option: 'who' });
  user
    .one('add', 'add a person')
    .option('--password-stdin', 'read the password from stdin; without it there is none')
    .option('--claims <json>', `standard claims of OpenID Connect, e.g. '{"email": "a@b.example"}'`)
    .action(withSession(add));
  listCommand(group, 'the users of a tenant', ops.user_list, {
    columns: ['username', 'user_id', 'claims', 'created_at', 'disabled_at'],
    empty: (tenant, { after }) =>
      `tenant ${tenant} has no ${after === undefined ? 'users: pgrant user add' : 'more users'}`,
    filter: ({ after }: { after?: string }) => ({ after }),
    next: ({ username }) => `--after ${username}`,
  }).option('--after <username>', 'begin after this one');
  user.show('all that is known of a person but the password', ops.user_show, describeUser);
  user.set(
    'change username, subject, claims, or claims one by one: email_verified=true, name=null',
    ops.user_set,
    describeUser,
  );
  user.disable(ops.user_disable, {
    disable: 'end the sessions of a person and revoke their tokens',
    enable: 'let the person sign in again',
  });
  user
    .one('password', 'set the password of a person, which ends their sessions')
    .option('--password-stdin', 'read the password from stdin: there is no other way')
    .action(withSession(setPassword));
  user
    .one('sign-out', 'end the sessions of a person, and tell the clients')
    .action(withSession(signOut));
  user
    .one('remove', 'remove a person, and prove that nothing is left but the record')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
}

function describeUser(json: Record<string, unknown>): string {
  return details(withTimes(inOrder(json, 'username', 'user_id', 'subject', 'claims')));
}

async function add(session: Session, options: Person & { claims?: string }): Promise<Output> {
  const { username } = options;
  const claims = readObject(options.claims ?? '{}', '--claims', '{"email": "ada@example.com"}');
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

async function signOut(session: Session, { username, ...options }: Person): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.user_sign_out, { tenant, username });
  return { json: { username, signed_out: true }, text: `user ${username} is signed out` };
}

async function remove(session: Session, options: Person & { yes?: boolean }): Promise<Output> {
  const { username } = options;
  const { database } = session;
  const tenant = await findTenant(session, options.tenant);
  await call(database, ops.user_show, { tenant, username });
  await confirm(username, `user ${username} with sessions, grants, tokens and API keys`, options);
  const removed = await call(database, ops.user_remove, { tenant, username });
  const user_id = String(removed.user_remove);
  const rows = await callAll(database, ops.user_rows, { tenant, user_id });
  const left = rows.filter(({ is_record, row_count }) => !is_record && row_count !== 0);
  if (left.length > 0) {
    const where = left.map(({ table_name, row_count }) => `${row_count} in ${table_name}`);
    const message = `user ${username} is removed, but rows are left: ${where.join(', ')}`;
    throw new Refused(message, 'report this');
  }
  const record = rows.filter(({ is_record }) => is_record);
  const kept = record.map(({ table_name, row_count }) => ({ table: table_name, rows: row_count }));
  return {
    json: {
      username,
      user_id,
      removed: true,
      tables: rows.length - kept.length,
      rows_left: 0,
      kept,
    },
    text: [
      `user ${username} is removed: none of ${rows.length - kept.length} tables names ${user_id}`,
      'The record keeps the user_id, and no name, until the retention of the audit ends:',
      table(kept, ['table', 'rows'], ''),
    ].join('\n'),
  };
}
