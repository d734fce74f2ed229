// What npm run prove-isolation finds out, and how it says so.
import type { Sql } from 'postgres';
import {
  type Attempt,
  attempt,
  type Callable,
  callables,
  callText,
  dropLook,
  makeLook,
  type Outcome,
  type Query,
  trials,
} from './attempts.ts';
import { fingerprintQuery, identifiersOf, markers, snapshot } from './foreign.ts';
import { functionRules } from './function-rules.ts';
import { plans, type Told } from './plans.ts';
import { inTenant, type Reached, reach } from './reach.ts';
import { roleRules } from './role-rules.ts';
import { tableRules } from './table-rules.ts';

export type Pair = {
  /** The tenant at which every call is made. */
  at: string;
  /** The tenant to which the identifiers belong. */
  other: string;
  /** Fresh arguments for a function of pgrant_api that are all good at the first tenant. */
  own: (names: string[]) => Promise<Record<string, unknown>>;
};

export type Proof = {
  rules: { rule: string; faults: string[] }[];
  identifiers: string[];
  functions: { role: string; names: string[] }[];
  attempts: Attempt[];
  /** Rows of the other tenant that a role has read, changed or removed without a function. */
  reached: Reached[];
  /** What the plan of a query tells an auditor of the first tenant; null = not asked. */
  told: Told[] | null;
};

const callers = ['pgrant_web', 'pgrant_worker', 'pgrant_product', 'pgrant_resource_server'];

/** The rules that the catalogs break, each with the objects that break it. */
export async function lint(query: Query): Promise<Proof['rules']> {
  const rules = [...tableRules, ...functionRules, ...roleRules];
  return Promise.all(
    rules.map(async ({ name, query: text }) => {
      const rows = (await query(text)) as Record<string, unknown>[];
      return { rule: name, faults: rows.map((row) => Object.values(row).join(' ')) };
    }),
  );
}

/**
 * Tries everything; `progress` is told of each function. Whatever the calls do is undone. `only` leaves out functions
 * whose name it does not match, `relations` tables and reports that no auditor is to ask for. `distributed`: at a node of
 * several, which has both tenants.
 */
export async function prove(
  sql: Sql,
  { at, other, own }: Pair,
  {
    progress = () => {},
    only = /./,
    relations = /./,
    distributed = false,
  }: {
    progress?: (text: string) => void;
    only?: RegExp;
    relations?: RegExp;
    distributed?: boolean;
  } = {},
): Promise<Proof> {
  const query: Query = (text) => sql.unsafe(text);
  const [here, there] = [inTenant(sql, at), inTenant(sql, other)];
  await own([]);
  const secrets = markers(await snapshot(here, at), await snapshot(there, other));
  const foreign = await identifiersOf(there, other);
  const known = await identifiersOf(here, at);
  const proof: Proof = {
    rules: await lint(query),
    identifiers: foreign.map(({ column }) => column),
    functions: [],
    attempts: [],
    reached: await reach(sql, at, other),
    told: distributed ? null : await plans(sql, at, other, relations),
  };
  const fingerprint = await fingerprintQuery(query, other, distributed);
  const [state] = (await there(fingerprint)) as { md5: string }[];
  const session = await sql.reserve();
  try {
    await session.unsafe(makeLook(fingerprint));
    const ground = { session, other, before: state?.md5 ?? '' };
    for (const role of callers) {
      const functions = (await callables(query, role)).filter(({ name }) => only.test(name));
      proof.functions.push({ role, names: functions.map(nameOf) });
      for (const callable of functions) {
        progress(`${role} ${nameOf(callable)}`);
        const values = await goodValues(callable, known, own);
        for (const trial of trials(callable, values, foreign)) {
          const call = callText(callable, at, trial.values, values);
          const outcome = await attempt(ground, role, call);
          proof.attempts.push(judge({ role, call, outcome, secrets, from: trial.from }));
        }
      }
    }
  } finally {
    await session.unsafe(dropLook);
    session.release();
  }
  return proof;
}

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
  if (schema === 'pgrant_api') return own(names);
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
    ...reached.map(
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
