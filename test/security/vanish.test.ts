// A client, a person or a tenant vanishes while a function decides: it answers, and raises nothing.
import { beforeAll, expect, test } from 'vitest';
import { callAll } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { bindAny, proposals, variants } from './arguments.ts';
import { makeSpecimen, type Tenant, valuesOf } from './specimen.ts';

type Row = Record<string, unknown>;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

/** What is removed, in a transaction that is still open when the function begins. */
const removals: [string, (tenant: Tenant) => string][] = [
  ['clients', ({ tenant }) => `delete from pgrant.clients where tenant_id = '${tenant}'`],
  ['people', ({ tenant }) => `delete from pgrant.users where tenant_id = '${tenant}'`],
  [
    'tenant',
    ({ tenant }) =>
      `delete from pgrant.tenants where tenant_id = '${tenant}'; delete from pgrant.issuers where tenant_id = '${tenant}'`,
  ],
];

async function functions() {
  return database.sql<{ name: string; parameters: [string, string][] }[]>`
    select p.proname as name,
           (select jsonb_agg(jsonb_build_array(substr(p.proargnames[u.n], 3), u.t::regtype) order by u.n)
              from unnest(p.proargtypes) with ordinality u (t, n)) as parameters
      from pg_proc p where p.pronamespace = 'pgrant_api'::regnamespace and p.proargnames[1] = 'p_tenant'
     order by 1`;
}

/** Calls while the removal is not yet committed, and commits it once the call waits for it or is over. */
async function race(removal: string, call: () => Promise<Row[]>): Promise<string> {
  const remover = await database.sql.reserve();
  let over = false;
  try {
    await remover.unsafe('begin');
    await remover.unsafe(removal);
    const answer = call()
      .then(([row]) => String(row?.error ?? 'granted'))
      .catch((error: { code?: string; message: string }) => `${error.code}: ${error.message}`)
      .finally(() => {
        over = true;
      });
    while (!over) {
      const [{ waiting }] = (await database.sql`
        select exists (select from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock') as waiting`) as never as [
        Row,
      ];
      if (waiting) break;
    }
    await remover.unsafe('commit');
    return await answer;
  } finally {
    remover.release();
  }
}

test.each(removals)(
  'every function of pgrant_api answers while %s vanish',
  { timeout: 240_000 },
  async (_, removal) => {
    const answers: Record<string, string> = {};
    for (const { name, parameters } of await functions()) {
      const names = parameters.map(([argument]) => argument);
      const binding = bindAny(`pgrant_api.${name}`, parameters);
      for (const variant of variants(names)) {
        const tenant = await makeSpecimen(database, `t${crypto.randomUUID().slice(0, 8)}`);
        const values = { ...(await valuesOf(tenant, names)), ...proposals(names), ...variant };
        answers[`${name} ${Object.keys(variant)}`] = await race(removal(tenant), () =>
          callAll(database.web, binding, { ...values, tenant: tenant.tenant }),
        );
      }
    }
    expect(
      Object.entries(answers).filter(([, answer]) => /^[0-9A-Z]{5}:|^undefined/.test(answer)),
    ).toEqual([]);
  },
);
