import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { UpstreamSecrets } from '../identity-providers/identity-provider.ts';
import { sealSecrets } from '../identity-providers/identity-providers.ts';
import { UsageError } from './faults.ts';
import { confirm, readObject, readPassword } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };
type WithSecrets = Named & { secretsStdin?: boolean; settings?: string };
type AddOptions = WithSecrets & { kind: string; issuer?: string; clientId: string };

const kinds = ['oidc', 'oauth2', 'discord'];

/** Adds the commands of upstreams. */
export function upstreamCommands(program: Command): void {
  const upstream = program
    .command('upstream')
    .description('where people sign in with an account that they have elsewhere');
  const sub = (usage: string, description: string) =>
    upstream
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');
  const withSecrets = (command: Command) =>
    command
      .option('--settings <json>', 'columns of pgrant.upstreams as a JSON object')
      .option('--secrets-stdin', 'read {"client_secret": …, "bot_token": …} from stdin');

  withSecrets(sub('add <name>', 'offer an upstream on the login page'))
    .addOption(new Option('--kind <kind>', 'what it speaks').choices(kinds).makeOptionMandatory())
    .requiredOption('--client-id <id>', 'what it has registered this tenant as')
    .option('--issuer <url>', 'issuer of an OpenID Connect provider')
    .action(withSession(add));
  withSecrets(sub('set <name>', 'change its settings or secrets')).action(withSession(set));
  sub('list', 'the upstreams of a tenant').action(withSession(list));
  sub('show <name>', 'all that is known of one but its secrets').action(withSession(show));
  sub('accounts <name>', 'who signs in with it, and what the last check found').action(
    withSession(accounts),
  );
  sub('link <name> <subject> <username>', 'say whose an account is').action(withSession(link));
  sub('unlink <name> <subject>', 'take an account and its groups from a person').action(
    withSession(unlink),
  );
  sub('disable <name>', 'offer it no longer; the groups it gave are gone').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, true)),
  );
  sub('enable <name>', 'offer it again').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, false)),
  );
  sub('remove <name>', 'remove it with its accounts; the users stay')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
}

async function sealed(session: Session, tenant: string, name: string, options: WithSecrets) {
  if (!options.secretsStdin) return {};
  const secrets = readObject(await readPassword(), '--secrets-stdin') as UpstreamSecrets;
  const unknown = Object.keys(secrets).find((key) => !['client_secret', 'bot_token'].includes(key));
  if (unknown) throw new UsageError(`--secrets-stdin has no ${unknown}: client_secret, bot_token`);
  return { sealed_secrets: sealSecrets(session.secret(), tenant, name, secrets) };
}

function settingsOf({ settings }: WithSecrets) {
  return settings === undefined ? {} : readObject(settings, '--settings');
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
  const callback = `${await issuerOf(session, options.tenant)}/oauth/upstream/callback`;
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

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.upstream_list, { tenant });
  const columns = ['name', 'kind', 'title', 'accounts', 'unanswered', 'disabled_at'];
  const empty = `tenant ${options.tenant} has no upstreams`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function show(session: Session, name: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { upstream_show } = await call(session.database, ops.upstream_show, { tenant, name });
  return { json: upstream_show, text: JSON.stringify(upstream_show, null, 2) };
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

async function disable(
  session: Session,
  name: string,
  options: Named,
  disabled: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.upstream_disable, { tenant, name, disabled });
  const text = disabled
    ? `upstream ${name} is disabled, and the groups that it gave are gone`
    : `upstream ${name} is enabled`;
  return { json: { name, disabled }, text };
}

async function remove(
  session: Session,
  name: string,
  options: Named & { yes?: boolean },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await confirm(name, `the upstream ${name} with its accounts`, options);
  await call(session.database, ops.upstream_remove, { tenant, name });
  return { json: { name }, text: `upstream ${name} is removed` };
}
