// What it costs that each decision is recorded (audit, outbox) and remembered (history), in one run.
import type { Sql } from 'postgres';
import type { Bench } from './bench.ts';
import type { Cell, Scenario } from './cells.ts';
import type { Result } from './report.ts';

const scenarios: Scenario[] = ['refresh opaque', 'client_credentials opaque', 'code flow'];

type Settings = { seconds: number; rounds: number };

/** Measures with the functions that record, and with others in their place that do nothing, by turns. */
export async function measureRecord(
  bench: Bench,
  { seconds, rounds }: Settings,
): Promise<Result[]> {
  const results = scenarios.flatMap((scenario) =>
    ['recorded', 'not recorded'].map(
      (note): Result => ({ target: 'pgrant', scenario, note, rounds: [] }),
    ),
  );
  const functions = await recording(bench.sql);
  for (let round = 0; round < rounds; round += 1) {
    // The first of a pair is the second of the next one: what the machine does meanwhile meets both.
    for (const result of round % 2 === 0 ? results : results.toReversed()) {
      await bench.sql.unsafe(functions[result.note === 'recorded' ? 'real' : 'idle'].join(';\n'));
      result.rounds.push(await bench.measure(result as Cell, seconds));
      console.error(`round ${round + 1}/${rounds}  ${result.scenario}, ${result.note}`);
    }
  }
  await bench.sql.unsafe(functions.real.join(';\n'));
  return results;
}

/** The functions of pgrant_rules that record and return nothing: as they are, and without a body. */
async function recording(sql: Sql): Promise<{ real: string[]; idle: string[] }> {
  const rows = await sql<{ definition: string; body: string }[]>`
    select pg_get_functiondef(p.oid) as definition, p.prosrc as body from pg_proc p
     where p.pronamespace = 'pgrant_rules'::regnamespace and p.prorettype = 'void'::regtype
       and (p.proname = 'audit' or p.proname like '%\\_remember')`;
  if (rows.length < 2) throw new Error('the functions that record have other names');
  return {
    real: rows.map(({ definition }) => definition),
    idle: rows.map(({ definition, body }) => definition.replace(body, () => '\nbegin\nend\n')),
  };
}

/** The requests that are left of those that would be answered without a record, by scenario. */
export function recordLines(
  results: readonly Result[],
  median: (result: Result) => number,
): string {
  const lines = scenarios.flatMap((scenario) => {
    const of = (note: string) =>
      results.find((one) => one.scenario === scenario && one.note === note);
    const [recorded, not] = [of('recorded'), of('not recorded')];
    if (!recorded || !not) return [];
    return `${scenario}: recording costs ${((1 - median(recorded) / median(not)) * 100).toFixed(0)} % of the requests (aim: at most 15)`;
  });
  return lines.join('\n');
}
