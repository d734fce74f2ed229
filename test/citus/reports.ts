// Whatever else can be asked: each report, as an auditor of all tenants and of one, and each list of operators.
import type { Sql } from 'postgres';
import type { Binding } from '../../src/db/binding.ts';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import type { Database } from '../../src/db/connect.ts';
import type { Story } from '../support/story.ts';

/** The worker is one that says who is behind it. */
export type Asking = { worker: Database; acme: Story; all: Sql; one: Sql };

/** What an argument without a default gets. */
const specimen = (argument: string, { withRole }: Story): string | undefined =>
  ({
    tenant: 'acme',
    at: withRole,
    what: 'openid',
    username: 'ada',
    client_id: 'portal',
    scopes: '{openid}',
    kind: 'client',
    id: 'portal',
    table: 'tenants',
    // Of what is not there; that it is not there is an answer.
    name: 'nothing',
    type: 'nothing',
  })[argument];
const nothing = Buffer.alloc(32);

/** How many were asked, and those that failed, a line each. */
export async function askAll(asking: Asking): Promise<{ asked: number; failed: string[] }> {
  const failed: string[] = [];
  const asks = [...(await reports(asking)), ...lists(asking)];
  for (const { what, run } of asks) {
    await run().catch((error: Error & { code?: string }) => {
      if (error.code !== 'OA001') failed.push(`${what}: ${error.message}`);
    });
  }
  return { asked: asks.length, failed };
}

type Ask = { what: string; run: () => Promise<unknown> };

/** Each view, and each function that takes the name of a tenant; those that may do without are asked of all, too. */
async function reports({ acme, all, one }: Asking): Promise<Ask[]> {
  const given = (argument: string) =>
    `${argument} => '${specimen(argument.replace('p_', ''), acme)}'`;
  const views = await all<{ name: string; bounded: boolean }[]>`
    select c.relname as name, bool_or(a.attname = 'tenant') as bounded
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v'
     group by 1`;
  const functions = await all<{ name: string; required: string[]; optional: string[] }[]>`
    select p.proname as name, p.proargnames[:p.pronargs - p.pronargdefaults] as required,
           p.proargnames[p.pronargs - p.pronargdefaults + 1:p.pronargs] as optional
      from pg_proc p join pg_type t on t.oid = p.proargtypes[array_position(p.proargnames, 'p_tenant') - 1]
     where p.pronamespace = 'pgrant_report'::regnamespace and t.typname = 'text'`;
  const queries = [
    ...views.flatMap(({ name, bounded }) =>
      bounded ? [name, `${name} where tenant = 'acme'`] : [name],
    ),
    ...functions.flatMap(({ name, required, optional }) => {
      const calls = [
        required,
        ...(optional.includes('p_tenant') ? [[...required, 'p_tenant']] : []),
      ];
      return calls.map((args) => `${name}(${args.map(given).join(', ')})`);
    }),
  ];
  return [all, one].flatMap((sql, at) =>
    queries.map((query) => ({
      what: `${at === 0 ? 'all' : 'one'}: ${query}`,
      run: () => sql.unsafe(`select * from pgrant_report.${query}`),
    })),
  );
}

/** Each function of operators that shows something of a tenant, asked in a transaction that says who asks. */
function lists({ worker, acme }: Asking): Ask[] {
  const shown = Object.entries(ops).filter(([name]) =>
    /_(list|list_as_of|show|counts)$/.test(name),
  );
  return shown.map(([name, bound]) => {
    const binding = bound as Binding<Record<string, unknown>, unknown>;
    const required = binding.encoders.filter(({ optional }) => !optional);
    const args = required.map(({ argument, type }) => [
      argument,
      argument === 'tenant' ? acme.tenant : type === 'bytea' ? nothing : specimen(argument, acme),
    ]);
    return { what: name, run: () => callAll(worker, binding, Object.fromEntries(args)) };
  });
}
