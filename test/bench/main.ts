// npm run bench: pgrant beside oidc-provider and beside its own SQL functions, on this machine, now.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Bench, startBench } from './bench.ts';
import { chooseCells, nameOf } from './cells.ts';
import { citusLines, measureCitus } from './citus.ts';
import { measureCleanup } from './cleanup.ts';
import { measureDevices } from './devices.ts';
import { measureGrowth } from './growth.ts';
import { measureNeighbours } from './neighbours.ts';
import { hasPgbench } from './pgbench.ts';
import { measureRecord, recordLines } from './record.ts';
import { json, type Result, ratioTable, resourceLine, summary, table } from './report.ts';
import { measureReports } from './reports.ts';
import { largeDatabase } from './servers.ts';
import { measureSpread } from './spread.ts';

const usage = `npm run bench -- [options]
  --seconds N    length of one measurement (3)
  --rounds N     measurements of each cell (3)
  --only WORDS   comma-separated: only cells whose name has one of them, such as pgrant or refresh
  --expired N    expired families that are cleaned up during the last cells, "cleanup" (200000)
  --families N   instead: what a refresh costs before and after N families are added, and while expired ones are cleaned up
  --neighbours   instead: what a flood at one tenant costs the clients of another
  --devices      instead: what 10,000 devices that wait cost those who refresh
  --reports N    instead: what an auditor waits for at N families
  --spread       instead: what a refresh costs by 1, 32 and 256 connections, and spread over 1,000 tenants
  --citus URL    instead: what it costs to be distributed; the coordinator, by a role that may act as all of pgrant's
  --web URL      with it: the same database as pgrant_web at the coordinator, and again at each node that holds tenants
  --record       instead: what it costs that each decision is recorded, beside functions that record nothing
  --json         results as JSON`;

function options() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      expired: { type: 'string', default: '200000' },
      families: { type: 'string' },
      reports: { type: 'string' },
      citus: { type: 'string' },
      web: { type: 'string', multiple: true, default: [] },
      record: { type: 'boolean', default: false },
      spread: { type: 'boolean', default: false },
      neighbours: { type: 'boolean', default: false },
      devices: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
  const families = values.families === undefined ? undefined : Number(values.families);
  const reports = values.reports === undefined ? undefined : Number(values.reports);
  const expired = Number(values.expired);
  const counts = [rounds, expired, families ?? 1, reports ?? 1];
  const wrong = !(seconds > 0) || counts.some((count) => !(count >= 1));
  if (values.help || wrong) {
    console.log(usage);
    process.exit(values.help ? 0 : 1);
  }
  const only = values.only.split(',').filter((word) => word !== '');
  const { record, spread, neighbours, devices, json, web } = values;
  const citus = values.citus === undefined ? undefined : { coordinator: values.citus, web };
  const counted = { seconds, rounds, only, expired, families, reports, citus };
  return { ...counted, record, spread, neighbours, devices, json };
}

/** All cells in a new random order, round after round. */
async function compare(bench: Bench, settings: ReturnType<typeof options>): Promise<Result[]> {
  const { only } = settings;
  const cells = chooseCells(only, hasPgbench());
  const results: Result[] = cells.map((cell) => ({ ...cell, rounds: [] }));
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const result of shuffled(results)) {
      const measurement = await bench.measure(result, settings.seconds);
      result.rounds.push(measurement);
      const rate = measurement.perSecond.toFixed(0);
      console.error(`round ${round}/${settings.rounds}  ${nameOf(result)}: ${rate}/s`);
    }
  }
  if (only.length > 0 && !only.some((word) => 'cleanup'.includes(word))) return results;
  return [...results, ...(await measureCleanup(bench, settings))];
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

const settings = options();
const { families, reports } = settings;
const alone =
  (families ?? reports) !== undefined ||
  settings.citus !== undefined ||
  settings.record ||
  settings.spread ||
  settings.neighbours ||
  settings.devices;
const bench = await startBench({
  peer: !alone,
  ...(families !== undefined && { settings: largeDatabase }),
});
try {
  if (reports !== undefined) {
    console.log((await measureReports(bench, reports)).join('\n'));
  } else if (settings.neighbours) {
    console.log((await measureNeighbours(bench, settings)).join('\n'));
  } else if (settings.devices) {
    console.log((await measureDevices(bench, settings)).join('\n'));
  } else await measure();
} finally {
  await bench.stop();
}

async function measure() {
  const { citus } = settings;
  const results = citus
    ? await measureCitus(bench, citus, settings)
    : settings.record
      ? await measureRecord(bench, settings)
      : settings.spread
        ? await measureSpread(bench, settings)
        : families === undefined
          ? await compare(bench, settings)
          : [
              ...(await measureGrowth(bench, { ...settings, families })),
              ...(await measureCleanup(bench, settings)),
            ];
  const trips = results.some(({ scenario }) => scenario === 'client_credentials resource')
    ? await bench.roundTrips()
    : undefined;
  const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model };
  if (settings.json) {
    console.log(json(results, { ...settings, ...machine }, trips));
  } else {
    const { node, processors, model } = machine;
    const lengths = `${settings.rounds} rounds of ${settings.seconds} s`;
    console.log(`\n${lengths}; Node.js ${node}; ${processors} x ${model}\n`);
    console.log(table(results));
    if (citus) {
      console.log(`\n${citusLines(results)}`);
    } else if (settings.record) {
      console.log(`\n${recordLines(results, (result) => summary(result).perSecond.median)}`);
    } else if (families === undefined) console.log(`\n${ratioTable(results)}`);
    if (trips) console.log(`\n${resourceLine(results, trips)}`);
  }
}
