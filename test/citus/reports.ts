// Whatever else can be asked: each report, as an auditor of all tenants, of one and of none, and each list of operators.
import type { Sql } from 'postgres';
import type { Binding } from '../../src/db/binding.ts';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import type { Database } from '../../src/db/connect.ts';
import type { Story } from '../support/story.ts';

/** The worker is one that says who is behind it. */
export type Asking = { worker: Database; acme: Story; all: Sql; one: Sql; none: Sql };

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
    action: 'user.add',
    text: 'nothing',
    first: '1',
    last: '1',
    month: '2026-11-01',
  })[argument];
const ids = ({ tenant }: Story): Record<string, string> => ({
  p_tenant: tenant,
  p_tenant_id: tenant,
});
const nothing = Buffer.alloc(32);

/** How many were asked, and those that failed, a line each. */
export async function askAll(asking: Asking): Promise<{ asked: number; failed: string[] }> {
  const failed: string[] = [];
  const asks = [...(await reports(asking)), ...lists(asking), ...common(asking)];
  for (const { what, run } of asks) {
    await run().catch((error: Error & { code?: string }) => {
      if (error.code !== 'OA001') failed.push(`${what}: ${error.message}`);
    });
  }
  return { asked: asks.length, failed };
}

type Ask = { what: string; run: () => Promise<unknown> };

/** Each view, and each function that an auditor may give what it takes; those that may do without a tenant are asked of all, too. */
async function reports({ acme, all, one, none }: Asking): Promise<Ask[]> {
  const given = (argument: string) => {
    const [name = '', type] = argument.split(' ');
    const value = type === 'uuid' ? ids(acme)[name] : specimen(name.replace('p_', ''), acme);
    return value === undefined ? '' : `${name} => '${value}'`;
  };
  const views = await all<{ name: string; bounded: boolean }[]>`
    select c.relname as name, bool_or(a.attname = 'tenant') as bounded
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'pgrant_report'::regnamespace and c.relkind = 'v'
     group by 1`;
  const functions = await all<{ name: string; required: string[]; optional: string[] }[]>`
    select p.proname as name, a.names[:p.pronargs - p.pronargdefaults] as required,
           a.names[p.pronargs - p.pronargdefaults + 1:p.pronargs] as optional
      from pg_proc p
     cross join lateral (select array_agg(n.name || ' ' || t.typname order by n.at) as names
                           from unnest(p.proargnames, p.proargtypes) with ordinality n (name, type, at)
                           join pg_type t on t.oid = n.type) a
     -- What returns nothing is there to be raised.
     where p.pronamespace = 'pgrant_report'::regnamespace and p.prorettype <> 'void'::regtype`;
  const queries = [
    ...views.flatMap(({ name, bounded }) =>
      bounded ? [name, `${name} where tenant = 'acme'`] : [name],
    ),
    ...functions.flatMap(({ name, required, optional }) => {
      const calls = [
        required ?? [],
        ...(optional?.includes('p_tenant text') ? [[...(required ?? []), 'p_tenant text']] : []),
      ].map((args) => args.map(given));
      // The rest are pieces of these.
      return calls.flatMap((args) => (args.includes('') ? [] : [`${name}(${args.join(', ')})`]));
    }),
  ];
  return Object.entries({ all, one, none }).flatMap(([who, sql]) =>
    queries.map((query) => ({
      what: `${who}: ${query}`,
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

/** What is the same for all tenants: asked, and changed, which each tenant's audit hears of. */
function common({ worker }: Asking): Ask[] {
  const ask = <Args, Row>(binding: Binding<Args, Row>, args: Args): Ask => ({
    what: `${binding.name} ${JSON.stringify(args)}`,
    run: () => callAll(worker, binding, args),
  });
  return [
    ask(ops.audit_retention, {}),
    ask(ops.audit_retention_set, { months: 24 }),
    ask(ops.audit_retention_set, { months: 13 }),
    ask(ops.partition_plan_set, { table: 'refusals', ahead: '5 days' }),
    ask(ops.tenant_presets, {}),
    ask(ops.check_words, { table: 'tenants', constraint: 'tenants_refusal_limit_check' }),
  ];
}
