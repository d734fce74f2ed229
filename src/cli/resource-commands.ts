import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { collect, confirm, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };
type SetOptions = Named & {
  title: string;
  scope?: string[];
  accessTokenFormat?: string;
  accessTokenLifetime?: number;
};

/** Adds the commands of resources. */
export function resourceCommands(program: Command): void {
  const resource = program
    .command('resource')
    .description('APIs that tokens are for (resource indicators)');
  const sub = (usage: string, description: string) =>
    resource
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');

  sub('set <uri>', 'register a resource, or change it')
    .requiredOption('--title <text>', 'its name for people')
    .option('--scope <scope>', 'what means something there, else all; repeatable', collect())
    .addOption(new Option('--access-token-format <format>').choices(['jwt', 'opaque']))
    .option('--access-token-lifetime <time>', 'e.g. 5m', duration)
    .action(withSession(set));
  sub('list', 'the resources of a tenant').action(withSession(list));
  sub('remove <uri>', 'give out no more tokens for it')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
}

async function set(session: Session, uri: string, options: SetOptions): Promise<Output> {
  const { title, scope: scopes, accessTokenFormat, accessTokenLifetime } = options;
  const tenant = await findTenant(session, options.tenant);
  const { resource_set: resource } = await call(session.database, ops.resource_set, {
    tenant,
    resource: uri,
    title,
    scopes,
    access_token_format: accessTokenFormat,
    access_token_lifetime: accessTokenLifetime,
  });
  const text = `resource ${resource} is registered: that is the aud of its tokens`;
  return { json: { resource, title, scopes: scopes ?? null }, text };
}

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.resource_list, { tenant });
  const columns = ['resource', 'title', 'scopes', 'access_token_format', 'access_token_lifetime'];
  const empty = `tenant ${options.tenant} has no resources: pgrant resource set`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function remove(
  session: Session,
  uri: string,
  options: Named & { yes?: boolean },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await confirm(uri, `resource ${uri}`, options);
  await call(session.database, ops.resource_remove, { tenant, resource: uri });
  return { json: { resource: uri, removed: true }, text: `resource ${uri} is removed` };
}
