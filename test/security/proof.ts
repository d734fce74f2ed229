// What npm run prove-isolation finds out, and how it says so.
import type { Sql } from 'postgres';
import { proposals } from './arguments.ts';
import {
  type Attempt,
  type Callable,
  callables,
  callOf,
  type Outcome,
  type Query,
  trials,
} from './attempts.ts';
import { fingerprintQuery, identifiersOf, markers, snapshot, tablesOf } from './foreign.ts';
import { functionRules } from './function-rules.ts';
import { plans, type Told } from './plans.ts';
import { inTenant, type Reached, reach } from './reach.ts';
import { roleRules } from './role-rules.ts';
import { everyFault, reported } from './rule.ts';
import { tableRules } from './table-rules.ts';
import { callsThrough, callsUndone, endingLast } from './ways.ts';

export type Pair = {
  /** The tenant at which every call is made. */
  at: string;
  /** The tenant to which the identifiers belong. */
  other: string;
  /** Fresh arguments for a function of pgrant_api that are all good at the first tenant. */
  own: (names: string[]) => Promise<Record<string, unknown>>;
  /** Where calls are not undone: the same with another first tenant, once they have left too little of it. */
  anew?: () => Promise<Pair>;
};

export type Proof = {
  rules: { rule: string; faults: string[] }[];
  identifiers: string[];
  functions: { role: string; names: string[] }[];
  attempts: Attempt[];
  /** Rows of the other tenant that a role has read, changed or removed without a function; null = not tried. */
  reached: Reached[] | null;
  /** What the plan of a query tells an auditor of the first tenant; null = not asked. */
  told: Told[] | null;
};

/** Where the proof is made, of several nodes. */
export type Place = 'node' | 'coordinator';

const logins = new Set(['pgrant_web', 'pgrant_worker']);
const callers = ['pgrant_web', 'pgrant_product', 'pgrant_resource_server', 'pgrant_worker'];

/** The rules that the catalogs break, each with the objects that break it. */
export async function lint(query: Query): Promise<Proof['rules']> {
  const rules = [...tableRules, ...functionRules, ...roleRules];
  const told = (await query(everyFault)) as { rule: string; object: string }[];
  return Promise.all(
    rules.map(async ({ name, query: text }) => {
      if (text === reported(name).query) {
        return {
          rule: name,
          faults: told.filter(({ rule }) => rule === name).map(({ object }) => object),
        };
      }
      const rows = (await query(text)) as Record<string, unknown>[];
      return { rule: name, faults: rows.map((row) => Object.values(row).join(' ')) };
    }),
  );
}

/**
 * Tries everything; `progress` is told of each function. Whatever the calls do is undone. `only` leaves out functions
 * whose name it does not match, `relations` tables and reports that nobody is to reach or to ask for. `place`: where
 * tables are distributed, a node that has both tenants, or the coordinator, where the calls are not undone.
 */
export async function prove(
  sql: Sql,
  pair: Pair,
  {
    progress = () => {},
    only = /./,
    relations = /./,
    place,
  }: {
    progress?: (text: string) => void;
    only?: RegExp;
    relations?: RegExp;
    place?: Place;
  } = {},
): Promise<Proof> {
  const query: Query = (text) => sql.unsafe(text);
  const through = place === 'coordinator';
  let { at, own } = pair;
  const { other, anew } = pair;
  const [here, there] = through ? [query, query] : [inTenant(sql, at), inTenant(sql, other)];
  await own([]);
  let secrets = markers(await snapshot(here, at), await snapshot(there, other));
  const foreign = await identifiersOf(there, other);
  let known = await identifiersOf(here, at);
  const proof: Proof = {
    rules: await lint(query),
    identifiers: foreign.map(({ column }) => column),
    ...{ functions: [], attempts: [] },
    reached: through ? null : await reach(sql, at, other, relations),
    told: place ? null : await plans(sql, at, other, relations),
  };
  const tables = await tablesOf(query, other, place === 'node');
  const whole = fingerprintQuery(tables, other);
  const look = async () => String(((await there(whole)) as { md5: string }[])[0]?.md5);
  const way = await (through
    ? callsThrough(sql, { other, look, last: await look() })
    : callsUndone(sql, other, tables));
  try {
    // Nodes are reached as whoever calls: as members of the others, by logins of their own.
    for (const role of through ? callers.filter((one) => logins.has(one)) : callers) {
      const found = (await callables(query, role)).filter(({ name }) => only.test(name));
      const functions = through ? endingLast(found) : found;
      proof.functions.push({ role, names: functions.map(nameOf) });
      for (const callable of functions) {
        progress(`${role} ${nameOf(callable)}`);
        const values = await goodValues(callable, known, own).catch(async (error) => {
          if (!anew) throw error;
          ({ at, own } = await anew());
          known = await identifiersOf(here, at);
          return goodValues(callable, known, own);
        });
        for (const trial of trials(callable, values, foreign)) {
          const call = callOf(callable, at, trial.values, values);
          const outcome = await way.call(role, call);
          proof.attempts.push(judge({ role, call, outcome, secrets, from: trial.from }));
          // What a call has left there is no secret of the other tenant's any more.
          if (through) secrets = secrets.filter((secret) => !call.includes(secret));
        }
        if (await way.hasChanged()) proof.attempts.push(changedBy(role, nameOf(callable)));
      }
    }
  } finally {
    await way.end();
  }
  return proof;
}

/** One of the calls of a function. */
const changedBy = (role: string, call: string): Attempt => ({
  ...{ role, call, foreign: [], error: null, told: [] },
  changed: true,
});

const nameOf = ({ schema, name }: Callable) => `${schema}.${name}`;

function judge({
  role,
  call,
  outcome: { answer, error, changed },
  secrets,
  from,
}: {
  role: string;
  call: string;
  outcome: Outcome;
  secrets: string[];
  from: { column: string }[];
}): Attempt {
  const [first] = (error ? [] : JSON.parse(answer || '[]')) as { error?: string | null }[];
  return {
    role,
    call,
    foreign: from.map(({ column }) => column),
    error: error ?? first?.error ?? null,
    told: secrets.filter((secret) => answer.includes(secret) && !call.includes(secret)),
    changed,
  };
}

/** For an operator's function: what the first tenant has under the names of the arguments. */
async function goodValues(
  { schema, parameters }: Callable,
  known: { column: string; value: string }[],
  own: Pair['own'],
) {
  const names = parameters.map(([name]) => name);
  // What the function stores is new, or it would be refused for that.
  if (schema === 'pgrant_api') return { ...(await own(names)), ...proposals(names) };
  const pairs = names.flatMap((name) => {
    const found = known.find(({ column }) => column.endsWith(`.${name}`));
    return found ? [[name, found.value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** What speaks against isolation, a line each. */
export function failures({ rules, attempts, reached, told }: Proof): string[] {
  return [
    ...rules.flatMap(({ rule, faults }) => faults.map((fault) => `rule broken: ${rule}: ${fault}`)),
    ...(reached ?? []).map(
      ({ role, table, verb, rows }) =>
        `${role} can ${verb} ${table} of another tenant: ${rows} rows`,
    ),
    ...(told ?? []).map(
      ({ relation, column, how }) =>
        `an auditor is told values of ${relation}.${column} of another tenant by how a query runs ${how}`,
    ),
    ...attempts
      .filter(({ told }) => told.length > 0)
      .map(
        ({ role, call, told }) =>
          `${role} was told ${told.join(', ')} of another tenant by ${call}`,
      ),
    ...attempts
      .filter(({ changed }) => changed)
      .map(({ role, call }) => `${role} changed rows of another tenant by ${call}`),
  ];
}
