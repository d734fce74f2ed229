// The lists that SQL has and that src/protocol reads: it may not ask a database.
import type { Sql } from 'postgres';

type Listed = { error: string; status: number; description: string };
type Claim = { claim: string; scope: string | null };
type Scope = { scope: string; title: string; description: string };

/** The text of src/protocol/lists.ts. */
export async function generateLists(sql: Sql): Promise<string> {
  const [lists] = await sql<Record<string, string[]>[]>`
    select pgrant.grant_types() as "grantTypes", pgrant.auth_methods() as "authMethods",
           pgrant.signing_algs() as "signingAlgs", pgrant.client_algs() as "clientAlgs",
           pgrant.page_languages() as "pageLanguages", pgrant_rules.event_types() as "eventTypes"`;
  const claims = await sql<Claim[]>`select claim, scope from pgrant_rules.standard_claims()`;
  const errors = await sql<
    Listed[]
  >`select error, status, description from pgrant_rules.public_errors()`;
  const scopes = await sql<
    Scope[]
  >`select scope, title, description from pgrant_report.standard_scope_texts()`;
  const named = Object.entries({ ...lists, claims: claims.map(({ claim }) => claim) });
  return [
    '// GENERATED from sql/ by `npm run generate`. Do not edit.',
    '',
    ...named.map(([name, values]) => `export const ${name} = ${array(values)} as const;\n`),
    '/** The scopes that every tenant begins with, in words for people. */',
    `export const standardScopes = {\n${scopes.map(scopeEntry).join('')}} as const;\n`,
    '/** What the public sees for each error code: HTTP status and a constant text. */',
    `export const publicErrors = {\n${errors.map(entry).join('')}} as const;\n`,
  ].join('\n');
}

function array(values: string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

function entry({ error, status, description }: Listed): string {
  return `  ${error}: { status: ${status}, description: ${JSON.stringify(description)} },\n`;
}

function scopeEntry({ scope, title, description }: Scope): string {
  return `  ${scope}: { title: ${JSON.stringify(title)}, description: ${JSON.stringify(description)} },\n`;
}
