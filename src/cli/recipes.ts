// Recipes: what to do at pgrant and at a server that takes its tokens, a template for each.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import nunjucks from 'nunjucks';
import { readSteps, type Step } from './recipe-steps.ts';

const folder = fileURLToPath(new URL('../../templates/recipes', import.meta.url));

/** What recipes are filled with. */
export type Facts = {
  tenant: string;
  tenant_id: string;
  issuer: string;
  resource: string;
  /** What the names of clients begin with. */
  name: string;
  roles_claim: string;
  /** The keys that are published. */
  kids: { alg: string; kid: string }[];
  /** Those that were just made, by client_id. */
  secrets: Map<string, string>;
};

export type Recipe = { text: string; steps: Step[] };

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
  // No HTML: what is filled in has no character that means something in the files that are printed.
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
  });
  environment.addFilter('shell', (word: string) => `'${word.replaceAll("'", `'\\''`)}'`);
  const text = environment.render(`${recipe}.njk`, {
    ...facts,
    ...placeOf(facts.resource),
    secret: (client_id: string) => facts.secrets.get(client_id) ?? `<secret of ${client_id}>`,
  });
  return { text: text.trim(), steps: readSteps(text) };
}

/** Where the server is, for those that people open: what a URN leaves open is for people to fill in. */
function placeOf(resource: string): { origin: string; host: string; path: string } {
  const { protocol, host, hostname, pathname } = new URL(resource);
  return host === ''
    ? { origin: 'https://server.example.com', host: 'server.example.com', path: '/' }
    : { origin: `${protocol}//${host}`, host: hostname, path: pathname };
}
