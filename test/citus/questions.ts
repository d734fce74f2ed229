// The thirty questions of auditors, and whatever else can be asked, at the coordinator: of all tenants, and of one.
import assert from 'node:assert/strict';
import postgres, { type Sql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import type { TestDatabase } from '../support/database.ts';
import { type Asked, answersOf, dated, questions } from '../support/questions.ts';
import { makeStory } from '../support/story.ts';
import type { Cluster } from './programs.ts';
import { askAll } from './reports.ts';
import { workerTasks } from './tasks.ts';

const roles = {
  all: 'citus_auditor_of_all',
  one: 'citus_auditor_of_one',
  // A member of pgrant_auditor whom nobody has made one.
  none: 'citus_auditor_of_none',
};

/** What tests of one database take, at the coordinator. */
export function databaseOf({ coordinator, web }: Cluster): TestDatabase {
  const sql = postgres(coordinator, { max: 2, onnotice: () => {} });
  const actor = { user: 'operator', reason: undefined };
  const opened = {
    web: connect(web[0] as string, 'pgrant_web', { pool: 2 }),
    worker: connect(coordinator, 'pgrant_worker', { pool: 2, actor }),
  };
  return { ...opened, sql } as unknown as TestDatabase;
}

/** Has a story at two tenants, asks all questions about it, and removes the tenants; they have to be the only ones. */
export async function askQuestions(cluster: Cluster): Promise<string> {
  const database = databaseOf(cluster);
  const { sql, worker } = database;
  const tenants: string[] = [];
  try {
    const acme = await makeStory(database, 'acme');
    const other = await makeStory(database, 'other');
    tenants.push(acme.tenant, other.tenant);
    await workerTasks(cluster, { expire: false });
    await sql.unsafe('analyze');
    for (const role of Object.values(roles)) {
      await makeLogin(cluster, sql, role);
      await sql.unsafe(`grant pgrant_auditor to ${role}`);
    }
    await call(worker, ops.auditor_add, { role: roles.all });
    await call(worker, ops.auditor_add, { role: roles.one, tenant: acme.tenant });
    const [all, one] = [login(cluster, roles.all), login(cluster, roles.one)];
    const none = login(cluster, roles.none);
    const wrong = await answers({ database, acme, all, one });
    const { asked, failed } = await askAll({ worker, acme, all, one, none });
    await Promise.all([all, one, none].map((sql) => sql.end()));
    await call(worker, ops.auditor_remove, { role: roles.one });
    assert.deepEqual([...wrong, ...failed], []);
    return `${2 * questions.length} right answers, and ${asked} reports and lists`;
  } finally {
    for (const tenant of tenants) await call(worker, ops.tenant_remove, { tenant });
    for (const role of Object.values(roles)) await sql.unsafe(`drop role if exists ${role}`);
    await Promise.all([sql.end(), worker.end(), database.web.end()]);
  }
}

/** A role that the nodes let in from one another, by the password of the coordinator's URL where there is one. */
export async function makeLogin({ coordinator }: Cluster, sql: Sql, role: string): Promise<void> {
  const password = decodeURIComponent(new URL(coordinator).password);
  if (password === '') {
    await sql.unsafe(`create role ${role} login`);
    return;
  }
  await sql.unsafe(`create role ${role} login password '${password}'`);
  await sql`
    select run_command_on_all_nodes(format('insert into pg_dist_authinfo values (0, %L, %L) on conflict do nothing',
                                           ${role}::text, ${`password=${password}`}::text))`;
}

export function login({ coordinator }: Pick<Cluster, 'coordinator'>, role: string): Sql {
  const url = new URL(coordinator);
  url.username = role;
  return postgres(url.href, { max: 1, onnotice: () => {} });
}

/** The questions that were not answered rightly, a line each. */
async function answers(asked: Asked): Promise<string[]> {
  const { acme, all, one } = asked;
  const right = answersOf(asked);
  const wrong: string[] = [];
  for (const { number, query } of questions) {
    for (const [bound, sql] of [all, one].entries()) {
      try {
        await right[number]?.(await sql.unsafe(dated(query, acme)), bound === 1);
      } catch (error) {
        wrong.push(`${number} of ${bound === 1 ? 'one' : 'all'}: ${(error as Error).message}`);
      }
    }
  }
  return wrong;
}
