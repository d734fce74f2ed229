// What was measured, as a table, as ratios and as JSON.
import { aims, type Cell, nameOf, type Scenario, type Target } from './cells.ts';
import { type Measurement, spread } from './measure.ts';
import type { RoundTrips } from './round-trips.ts';

export type Result = Cell & { rounds: Measurement[]; note?: string };

/** Medians over the rounds of a cell; CPU in microseconds per request, memory in MiB. */
export function summary({ rounds }: Result) {
  const of = (read: (round: Measurement) => number | undefined) =>
    spread(rounds.map(read).filter((value) => value !== undefined));
  return {
    perSecond: of((round) => round.perSecond),
    p50: of((round) => round.p50).median,
    p99: of((round) => round.p99).median,
    app: of((round) => round.cpu?.app).median,
    database: of((round) => round.cpu?.database).median,
    cpu: of((round) => round.cpu && round.cpu.app + round.cpu.database),
    memory: of((round) => round.memory).most,
  };
}

const whole = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(0));
const tenths = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(1));
const times = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(2));

function layOut(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return lines.join('\n');
}

/** One row per cell. */
export function table(results: readonly Result[]): string {
  const head = ['', 'per second', '(min-max)', 'p50 ms', 'p99 ms', 'CPU us', 'app', 'SQL', 'MiB'];
  const rows = results.map((result) => {
    const { perSecond, p50, p99, cpu, app, database, memory } = summary(result);
    return [
      [`${result.scenario}: ${result.target}`, result.note].filter(Boolean).join(', '),
      whole(perSecond.median),
      `(${whole(perSecond.least)}-${whole(perSecond.most)})`,
      tenths(p50),
      tenths(p99),
      whole(cpu.median),
      whole(app),
      whole(database),
      whole(memory),
    ];
  });
  return layOut([head, ...rows]);
}

/** pgrant / oidc-provider where both were measured: requests per second, and CPU per request. */
function ratios(results: readonly Result[]) {
  const of = (target: Target, scenario: Scenario) => {
    const found = results.find((one) => one.target === target && one.scenario === scenario);
    return found && summary(found);
  };
  return aims.flatMap(({ scenario, requests, cpu }) => {
    const [ours, theirs] = [of('pgrant', scenario), of('oidc-provider', scenario)];
    if (!ours || !theirs) return [];
    return [
      {
        scenario,
        requests: ours.perSecond.median / theirs.perSecond.median,
        requestsAim: requests,
        cpu: ours.cpu.median / theirs.cpu.median,
        cpuAim: cpu,
      },
    ];
  });
}

/** The ratios in words. */
export function ratioTable(results: readonly Result[]): string {
  const head = ['pgrant / oidc-provider', 'requests', 'aim', 'CPU', 'aim'];
  const rows = ratios(results).map(({ scenario, requests, requestsAim, cpu, cpuAim }) => [
    scenario,
    times(requests),
    requestsAim === undefined ? '' : `>= ${requestsAim}`,
    times(cpu),
    cpuAim === undefined ? '' : `<= ${cpuAim}`,
  ]);
  return layOut([head, ...rows]);
}

/** What a registered resource costs: round trips, and its ratio of requests per second. */
export function resourceLine(results: readonly Result[], trips: RoundTrips): string {
  const rate = (scenario: Scenario) => {
    const found = results.find((one) => one.scenario === scenario && one.target === 'pgrant');
    return found ? summary(found).perSecond.median : Number.NaN;
  };
  const ratio = rate('client_credentials resource') / rate('client_credentials opaque');
  return (
    `a registered resource: ${times(trips.with)} round trips to PostgreSQL per token request, ` +
    `${times(trips.without)} without it; ${times(ratio)} of the requests per second`
  );
}

/** Everything, for a program to read. */
export function json(
  results: readonly Result[],
  settings: object,
  trips: RoundTrips | undefined,
): string {
  const cells = results.map((result) => ({
    cell: nameOf(result),
    note: result.note,
    ...summary(result),
    rounds: result.rounds,
  }));
  const all = { settings, cells, ratios: ratios(results), round_trips: trips };
  return JSON.stringify(all, null, 2);
}
