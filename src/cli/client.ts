import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import {
  checkGrants,
  checkKeys,
  checkUris,
  type MetadataOptions,
  metadataOptions,
  readMetadata,
} from './client-metadata.ts';
import { secretCommands } from './client-secret.ts';
import { collect, confirm } from './input.ts';
import { withSession } from './run.ts';
import { findTenant, type Output, type Session } from './session.ts';
import { settingsHelp } from './settings.ts';
import { details, inOrder, isDuration, table, withTimes } from './text.ts';

type Named = { tenant: string };
type AddOptions = MetadataOptions &
  Named & { name: string; clientId?: string; public?: boolean; set?: string[] };

/** Adds the commands of clients. */
export function clientCommands(program: Command): void {
  const client = program.command('client').description('applications that may ask for tokens');
  const sub = (usage: string, description: string) =>
    client
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');

  metadataOptions(sub('add', 'register a client and show its secret, once'))
    .requiredOption('--name <text>', 'what people see at consent')
    .option('--client-id <id>', 'default: one is made')
    .option('--public', 'a client that can keep no secret: a browser or native application')
    .option(
      '--set <setting=value>',
      'any other setting (see client set --help); repeatable',
      collect(),
    )
    .action(withSession(add));
  sub('list', 'the clients of a tenant').action(withSession(list));
  sub('show <client_id>', 'all that is known of a client').action(withSession(show));
  metadataOptions(sub('set <client_id> [setting=value...]', 'change settings; lists as a whole'))
    .option('--name <text>', 'what people see at consent')
    .addHelpText('after', settingsHelp('clients'))
    .action(withSession(set));
  sub('disable <client_id>', 'refuse the client and its tokens').action(
    withSession((session, id: string, options: Named) => disable(session, id, options, true)),
  );
  sub('enable <client_id>', 'accept them again').action(
    withSession((session, id: string, options: Named) => disable(session, id, options, false)),
  );
  sub('remove <client_id>', 'remove the client with its secrets, grants and tokens')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
  secretCommands(client);
}

async function add(session: Session, options: AddOptions): Promise<Output> {
  const { name, clientId: client_id = randomUUID() } = options;
  const metadata: Record<string, unknown> = {
    name,
    ...(options.public && { token_endpoint_auth_method: 'none' }),
    ...readMetadata(options, options.set ?? []),
  };
  checkGrants(metadata);
  checkUris(metadata);
  checkKeys(metadata);
  const tenant = await findTenant(session, options.tenant);
  const method = metadata.token_endpoint_auth_method;
  const secretless = method === 'none' || method === 'private_key_jwt';
  const { secret, hash } = newLastingSecret('client_secret');
  const { client_add } = await call(session.database, ops.client_add, {
    tenant,
    client_id,
    metadata,
    secret_hash: secretless ? undefined : hash,
  });
  const shown = { client_id, ...(!secretless && { client_secret: secret }) };
  return {
    json: { ...(client_add as object), ...shown },
    text: [
      `client ${name} of tenant ${options.tenant} is registered`,
      details(shown),
      ...(secretless ? [] : ['Keep the secret now: it is not shown again.']),
    ].join('\n'),
  };
}

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.client_list, { tenant });
  const columns = [
    'client_id',
    'name',
    'token_endpoint_auth_method',
    'grant_types',
    'created_at',
    'disabled_at',
  ];
  const empty = `tenant ${options.tenant} has no clients: pgrant client add`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function show(session: Session, client_id: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { client_show } = await call(session.database, ops.client_show, { tenant, client_id });
  return settings(client_show);
}

async function set(
  session: Session,
  client_id: string,
  pairs: string[],
  options: MetadataOptions & Named & { name?: string },
): Promise<Output> {
  const changes = {
    ...(options.name !== undefined && { name: options.name }),
    ...readMetadata(options, pairs),
  };
  const tenant = await findTenant(session, options.tenant);
  const { client_show } = await call(session.database, ops.client_show, { tenant, client_id });
  const changed = { ...(client_show as object), ...changes };
  checkUris(changed);
  checkKeys(changed);
  const { client_set } = await call(session.database, ops.client_set, {
    tenant,
    client_id,
    settings: changes,
  });
  return settings(client_set);
}

function settings(json: unknown): Output {
  const { secrets = [], ...client } = withTimes(json) as Record<string, unknown>;
  const described = Object.entries(client).map(([name, value]) => [
    name,
    value ?? (isDuration(name) ? "the tenant's" : name === 'scopes' ? 'every scope' : null),
  ]);
  const ordered = inOrder(
    Object.fromEntries(described),
    'client_id',
    'name',
    'tenant_id',
    'created_at',
    'disabled_at',
  );
  const rows = secrets as Record<string, unknown>[];
  const held = table(rows, ['secret_id', 'created_at', 'expires_at'], 'it has no secrets');
  return { json, text: `${details(ordered)}\n\n${held}` };
}

async function disable(
  session: Session,
  client_id: string,
  options: Named,
  disabled: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.client_disable, { tenant, client_id, disabled });
  return {
    json: { client_id, disabled },
    text: `client ${client_id} is ${disabled ? 'disabled' : 'enabled'}`,
  };
}

async function remove(
  session: Session,
  client_id: string,
  options: Named & { yes?: boolean },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.client_show, { tenant, client_id });
  await confirm(client_id, `client ${client_id} with its secrets, grants and tokens`, options);
  await call(session.database, ops.client_remove, { tenant, client_id });
  return { json: { client_id, removed: true }, text: `client ${client_id} is removed` };
}
