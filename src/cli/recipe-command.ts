import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { canonicalResource, isResource } from '../protocol/scope.ts';
import { readWebUrl } from '../protocol/uri.ts';
import { describeFault, Refused, UsageError } from './faults.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { lacking } from './recipe-faults.ts';
import { runStep, type Step, type There } from './recipe-steps.ts';
import { type Facts, listRecipes, type Recipe, renderRecipe } from './recipes.ts';
import { withoutSession, withSession } from './run.ts';
import { table } from './text.ts';

type Options = {
  tenant?: string;
  resource?: string;
  name?: string;
  at?: string;
  apply?: boolean;
  check?: boolean;
};

export function declareCommands(command: Command): void {
  command
    .argument('[recipe]', 'which; without it they are listed')
    .option('--tenant <name>', 'name of the tenant')
    .option('--resource <uri>', 'the server, which is the aud of its tokens')
    .option('--name <prefix>', 'what its clients are called at pgrant (default: as the recipe)')
    .option('--at <url>', 'where people open it (default: --resource, where that is https)')
    .option('--apply', "do pgrant's part, as far as it is missing")
    .option('--check', "say what of pgrant's part is missing")
    .action((recipe?: string, ...rest: unknown[]) =>
      recipe === undefined
        ? withoutSession(async () => list())(...rest)
        : withSession(print)(recipe, ...rest),
    );
}

function list(): Output {
  const json = listRecipes();
  return { json, text: table(json, ['recipe', 'about'], 'there are none') };
}

async function print(session: Session, recipe: string, options: Options): Promise<Output> {
  const names = listRecipes().map((one) => one.recipe);
  if (!names.includes(recipe)) {
    throw new UsageError(`there is no recipe ${recipe}: choose among ${names.join(', ')}`);
  }
  const { tenant, resource, name = recipe, apply, check } = options;
  if (apply && check) throw new UsageError('give --apply or --check, not both');
  if (tenant === undefined) throw new UsageError('say for which --tenant');
  if (resource === undefined || !isResource(resource) || !URL.canParse(resource)) {
    throw new UsageError(
      'say by --resource what the server is called: a URI such as https://server.example.com',
    );
  }
  // One that begins with a hyphen would be an option of the commands that are printed.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new UsageError(
      '--name must be 1 to 64 letters, digits, dots, hyphens and underscores, of which the first is a letter or digit',
    );
  }
  const facts = await factsOf(session, {
    tenant,
    resource: canonicalResource(resource),
    name,
    at: readPlace(options.at),
  });
  const rendered = renderRecipe(recipe, facts);
  if (rendered.splitsAud && resource.includes(',')) {
    throw new UsageError(`${recipe} splits audiences at commas: choose a --resource without one`);
  }
  if (apply) return await applied(session, recipe, rendered, facts);
  if (check) return await checked(session, rendered, facts);
  const commands = rendered.steps.map(({ words }) => ['pgrant', ...words].join(' '));
  return { json: { recipe, commands, text: rendered.text }, text: rendered.text };
}

function readPlace(at: string | undefined): string | undefined {
  const url = at === undefined ? undefined : readWebUrl(at);
  const fault = url instanceof URL && url.search !== '' ? 'it has a query' : url;
  if (typeof fault === 'string') {
    throw new UsageError(`--at must be a URL such as https://server.example.com: ${fault}`);
  }
  return at?.replace(/\/+$/, '');
}

async function applied(
  session: Session,
  recipe: string,
  { steps, server, needsPlace }: Recipe,
  facts: Facts,
): Promise<Output> {
  const done: string[] = [];
  const left: string[] = [];
  let at = '';
  try {
    // All of it or nothing: what was made before a step that fails goes with it.
    await session.database.transaction(async (database) => {
      for (const step of steps) {
        at = step.what;
        const fault = lacking(step, await find({ database }, facts, step), server);
        if (fault !== undefined && fault !== 'missing') left.push(`${step.what}: ${fault}`);
        if (fault !== 'missing') continue;
        const { client_id, client_secret } = await runStep({ ...session, database }, step);
        if (client_secret) facts.secrets.set(String(client_id), String(client_secret));
        done.push(step.what);
      }
    });
  } catch (error) {
    const { error: message, hint } = await describeFault(error, session);
    throw new Refused(`${at}: ${message}`, hint ?? 'nothing was changed');
  }
  const { text } = renderRecipe(recipe, facts);
  const json = { recipe, done, left, client_secrets: Object.fromEntries(facts.secrets), text };
  const said = done.length === 0 ? ['nothing was missing'] : [`made: ${done.join(', ')}`];
  if (left.length > 0) said.push(`not as above, and left as it is: ${left.join('; ')}`);
  const guessed = `${facts.resource} says not where people open ${recipe}: the example is registered until client set gives another --redirect-uri`;
  return {
    json,
    text: [text, ...said.map((line) => `# ${line}`)].join('\n'),
    warnings: needsPlace ? [`# ${guessed}`] : [],
  };
}

async function checked(session: Session, { steps, server }: Recipe, facts: Facts): Promise<Output> {
  const faults: string[] = [];
  for (const step of steps) {
    const fault = lacking(step, await find(session, facts, step), server);
    if (fault !== undefined) faults.push(`${step.what}: ${fault}`);
  }
  if (faults.length > 0) {
    throw new Refused(
      faults.join('; '),
      '--apply makes what is missing; what is there and not as it should be is changed by its own command',
    );
  }
  const there = steps.map(({ what }) => what);
  return { json: { there }, text: `all of it is there: ${there.join(', ')}` };
}

async function factsOf(
  session: Session,
  asked: Pick<Facts, 'tenant' | 'resource' | 'name' | 'at'>,
): Promise<Facts> {
  const { database } = session;
  const tenant_id = await findTenant(session, asked.tenant);
  const { tenant_show } = await call(database, ops.tenant_show, { tenant: tenant_id });
  const keys = await callAll(database, ops.key_list, { tenant: tenant_id });
  const { issuer, roles_claim } = tenant_show as { issuer: string; roles_claim: string };
  const kids = keys.map(({ alg, kid }) => ({ alg: String(alg), kid: String(kid) }));
  return { ...asked, tenant_id, issuer, roles_claim, kids, secrets: new Map() };
}

/** What of the kind is there by the name, as the functions of pgrant_ops show it. */
async function find(
  { database }: Pick<Session, 'database'>,
  { tenant_id: tenant }: Facts,
  { kind, name }: Step,
): Promise<There | undefined> {
  if (kind === 'client') {
    const clients = await callAll(database, ops.client_list, { tenant });
    if (!clients.some(({ client_id }) => client_id === name)) return undefined;
    const { client_show } = await call(database, ops.client_show, { tenant, client_id: name });
    return client_show as There;
  }
  if (kind === 'resource') {
    const resources: There[] = await callAll(database, ops.resource_list, { tenant });
    return resources.find(({ resource }) => resource === name);
  }
  // A role is a scope that not everybody may have.
  const roles: There[] = await callAll(database, ops.role_list, { tenant });
  const role = roles.find((one) => one.role === name);
  const scopes: There[] = await callAll(database, ops.scope_list, { tenant });
  const scope = scopes.find((one) => one.scope === name);
  if (kind === 'role') return role ?? (scope && { ...scope, other_kind: 'scope' });
  return role ? { ...role, other_kind: 'role' } : scope;
}
