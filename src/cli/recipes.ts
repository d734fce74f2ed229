// Recipes: what to do at pgrant and at a server that takes its tokens, a template for each.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import nunjucks from 'nunjucks';
import type { eventTypes } from '../protocol/lists.ts';
import type { Server } from './recipe-faults.ts';
import { readSteps, type Step } from './recipe-steps.ts';

const folder = fileURLToPath(new URL('../../templates/recipes', import.meta.url));

/** What recipes are filled with. */
export type Facts = {
  tenant: string;
  tenant_id: string;
  issuer: string;
  resource: string;
  /** Where people open the server, without a slash at the end; by default where the resource is. */
  at?: string | undefined;
  /** What the names of clients begin with. */
  name: string;
  roles_claim: string;
  /** The keys that are published. */
  kids: { alg: string; kid: string }[];
  /** Those that were just made, by client_id. */
  secrets: Map<string, string>;
};

export type Recipe = {
  text: string;
  steps: Step[];
  server: Server;
  /** Whether a command names a place that is an example. */
  needsPlace: boolean;
  /** Whether the server reads a list, in which a resource with a comma would be two audiences. */
  splitsAud: boolean;
};

/** Events after which introspection may say otherwise of a token: that it is good, for which scopes, or whose it is. */
export const endingEvents: readonly (typeof eventTypes)[number][] = [
  'client.approved',
  'client.disabled',
  'client.removed',
  'client.suspended',
  'client.updated',
  'code.reused',
  'grant.revoked',
  'grant.updated',
  'group.member_changed',
  'group.updated',
  'incident.revoked',
  'refresh_token.reused',
  'role.disabled',
  'role.withdrawn',
  'session.ended',
  'token.revoked',
  'user.disabled',
  'user.password_changed',
  'user.removed',
  'user.second_factor_changed',
  'user.updated',
];

const example = 'https://server.example.com';

/** Every recipe, and what it is about: the first line of its template. */
export function listRecipes(): { recipe: string; about: string }[] {
  return readdirSync(folder)
    .sort()
    .map((file) => ({
      recipe: file.replace('.njk', ''),
      about: /^\{# (.*) #\}/.exec(readFileSync(`${folder}/${file}`, 'utf8'))?.[1] ?? '',
    }));
}

/** The recipe for a tenant and a server, and pgrant's part of it as steps. */
export function renderRecipe(recipe: string, facts: Facts): Recipe {
  // No HTML: of what is filled in a resource alone may have characters that mean something in the files that are printed,
  // and where they do the template says it by a filter.
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
  });
  environment.addFilter('shell', (word: string) =>
    /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  environment.addFilter('json', (text: string) => JSON.stringify(text));
  environment.addFilter('property', (text: string) => text.replaceAll('\\', '\\\\'));
  environment.addFilter('haproxy', (text: string) => text.replaceAll("'", "\\'"));
  const source = readFileSync(`${folder}/${recipe}.njk`, 'utf8');
  const place = placeOf(facts, /^\{# at: (\S+) #\}$/m.exec(source)?.[1]);
  const text = environment.render(`${recipe}.njk`, {
    ...facts,
    ...place,
    ending: endingEvents,
    secret: (client_id: string) => facts.secrets.get(client_id) ?? `<secret of ${client_id}>`,
  });
  const steps = readSteps(text);
  const guessed = place.placeholder === example;
  const remark = `# ${example} is an example: give by --at where people open the server.\n`;
  return {
    text: (guessed && text.includes(new URL(example).host) ? remark : '') + text.trim(),
    steps,
    server: { placeholder: place.placeholder, oneAud: /^\{# one aud #\}$/m.test(source) },
    splitsAud: /^\{# splits aud #\}$/m.test(source),
    needsPlace: guessed && steps.some(({ words }) => words.some((word) => word.includes(example))),
  };
}

type Place = {
  origin: string;
  /** As URLs have it, and as libpq has it. */
  host: string;
  libpq: string;
  path: string;
  /** Where RabbitMQ has its management UI. */
  ui: string;
  /** The origin, where nobody has said it. */
  placeholder: string | undefined;
};

/** Where the server is, for those that people open: what a URN leaves open is for people to say. */
function placeOf({ resource, at }: Facts, usual: string | undefined): Place {
  const named = new URL(resource);
  const web = /^https?:$/.test(named.protocol);
  const origin = at ?? usual ?? (web ? `${named.protocol}//${named.host}` : example);
  const { hostname, port } = named.host === '' ? new URL(origin) : named;
  const guessed = at === undefined && (usual !== undefined || !web);
  return {
    origin,
    host: hostname,
    libpq: `host=${hostname.replaceAll(/[[\]]/g, '')}${port && ` port=${port}`}`,
    path: named.host === '' ? '/' : named.pathname,
    ui: at ?? `https://${hostname}:15671`,
    placeholder: guessed ? origin : undefined,
  };
}
