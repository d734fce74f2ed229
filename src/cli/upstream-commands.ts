import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import {
  type UpstreamSecrets,
  upstreamRedirectUri,
} from '../identity-providers/identity-provider.ts';
import { UsageError } from './faults.ts';
import { readObject, readPassword } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf, tenantCommand } from './subject.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };
type WithSecrets = Named & { secretsStdin?: boolean; settings?: string };
type AddOptions = WithSecrets & { kind: string; issuer?: string; clientId: string };

const kinds = ['oidc', 'oauth2', 'discord'];

export function declareCommands(group: Command): void {
  const upstream = subjectOf(group, { noun: 'upstream', key: 'name' });
  const withSecrets = (command: Command) =>
    command
      .option('--settings <json>', 'columns of pgrant.upstreams as a JSON object')
      .option('--secrets-stdin', 'read {"client_secret": …, "bot_token": …} from stdin');

  withSecrets(upstream.one('add', 'offer an identity provider on the login page'))
    .addOption(new Option('--kind <kind>', 'what it speaks').choices(kinds).makeOptionMandatory())
    .requiredOption('--client-id <id>', 'what it has registered this tenant as')
    .option('--issuer <url>', 'issuer of an OpenID Connect provider')
    .action(withSession(add));
  withSecrets(upstream.one('set', 'change its settings or secrets')).action(withSession(set));
  listCommand(group, 'the identity providers of a tenant', ops.upstream_list, {
    columns: ['name', 'kind', 'title', 'accounts', 'unanswered', 'disabled_at'],
    empty: (tenant) => `tenant ${tenant} has no upstreams`,
  });
  upstream.show('all that is known of one but its secrets', ops.upstream_show, (record) =>
    JSON.stringify(record, null, 2),
  );
  upstream
    .one('accounts', 'who signs in with it, and what the last check found')
    .action(withSession(accounts));
  tenantCommand(group, 'link <name> <subject> <username>', 'say whose an account is').action(
    withSession(link),
  );
  const unlinked = 'take an account and its groups from a person';
  tenantCommand(group, 'unlink <name> <subject>', unlinked).action(withSession(unlink));
  upstream.disable(
    ops.upstream_disable,
    { disable: 'offer it no longer; the groups it gave are gone', enable: 'offer it again' },
    (name, disabled) =>
      disabled
        ? `upstream ${name} is disabled, and the groups that it gave are gone`
        : `upstream ${name} is enabled`,
  );
  upstream.remove(ops.upstream_remove, {
    description: 'remove it with its accounts; the users stay',
    what: (name) => `the upstream ${name} with its accounts`,
  });
}

async function sealed(session: Session, tenant: string, name: string, options: WithSecrets) {
  if (!options.secretsStdin) return {};
  const secrets = readObject(
    await readPassword(),
    '--secrets-stdin',
    '{"client_secret": "…"}',
  ) as UpstreamSecrets;
  const unknown = Object.keys(secrets).find((key) => !['client_secret', 'bot_token'].includes(key));
  if (unknown) throw new UsageError(`--secrets-stdin has no ${unknown}: client_secret, bot_token`);
  const { sealSecrets } = await import('../identity-providers/identity-providers.ts');
  return { sealed_secrets: sealSecrets(await session.secret(), tenant, name, secrets) };
}

function settingsOf({ settings }: WithSecrets) {
  return settings === undefined
    ? {}
    : readObject(settings, '--settings', '{"scopes": ["openid", "email"]}');
}

async function add(session: Session, name: string, options: AddOptions): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { kind, issuer, clientId: client_id } = options;
  const own = { client_id, ...(issuer !== undefined && { issuer }) };
  const { upstream_add } = await call(session.database, ops.upstream_add, {
    tenant,
    name,
    kind,
    settings: { ...own, ...settingsOf(options) },
    ...(await sealed(session, tenant, name, options)),
  });
  const callback = upstreamRedirectUri(await issuerOf(session, options.tenant), name);
  const text = `upstream ${name} is offered on the login page; register this redirect URI there:\n${callback}`;
  return { json: { ...(upstream_add as object), redirect_uri: callback }, text };
}

async function issuerOf({ database }: Session, tenant: string): Promise<string> {
  const rows = await callAll(database, ops.tenant_list, {});
  return rows.find(({ name }) => name === tenant)?.issuer ?? '';
}

async function set(session: Session, name: string, options: WithSecrets): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { upstream_set } = await call(session.database, ops.upstream_set, {
    tenant,
    name,
    settings: settingsOf(options),
    ...(await sealed(session, tenant, name, options)),
  });
  return { json: upstream_set, text: `upstream ${name} is changed; its people are checked again` };
}

async function accounts(session: Session, name: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.upstream_account_list, { tenant, name });
  const columns = ['subject', 'username', 'groups', 'checked_at', 'lost_at', 'last_error'];
  return { json: rows, text: table(withTimes(rows), columns, `upstream ${name} has no accounts`) };
}

async function link(
  session: Session,
  name: string,
  subject: string,
  username: string,
  options: Named,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.upstream_link, { tenant, name, subject, username });
  return { json: { name, subject, username }, text: `account ${subject} is ${username}` };
}

async function unlink(
  session: Session,
  name: string,
  subject: string,
  options: Named,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.upstream_unlink, { tenant, name, subject });
  return { json: { name, subject }, text: `account ${subject} is nobody's` };
}
