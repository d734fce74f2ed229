import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { newPassword } from '../protocol/password.ts';
import { UsageError } from './faults.ts';
import { readObject, readPassword } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf } from './subject.ts';

type Person = { tenant: string; username: string; passwordStdin?: boolean };

export function declareCommands(group: Command): void {
  const user = subjectOf(group, { noun: 'user', key: 'username', option: 'who' });
  user
    .one('add', 'add a person')
    .option('--password-stdin', 'read the password from stdin; without it there is none')
    .option('--claims <json>', `standard claims of OpenID Connect, e.g. '{"email": "a@b.example"}'`)
    .action(withSession(add));
  listCommand(group, 'the people of a tenant', ops.user_list, {
    columns: ['username', 'user_id', 'claims', 'created_at', 'disabled_at'],
    empty: (tenant, { after }) =>
      `tenant ${tenant} has no ${after === undefined ? 'users: pgrant user add' : 'more users'}`,
    filter: ({ after }: { after?: string }) => ({ after }),
    next: ({ username }) => `--after ${username}`,
  }).option('--after <username>', 'begin after this one');
  user.disable(ops.user_disable, {
    disable: 'end the sessions of a person and revoke their tokens',
    enable: 'let the person sign in again',
  });
  user
    .one('password', 'set the password of a person, which ends their sessions')
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
