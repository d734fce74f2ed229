// The load generator: a process of its own, told by its parent what to do.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from './cells.ts';
import { Connection } from './http.ts';
import {
  cpuOf,
  cpuPerRequest,
  type Measurement,
  memoryOf,
  type Processes,
  quantile,
} from './measure.ts';
import { type Family, type Seen, type Step, stepOf, type Visitor } from './scenarios.ts';
import { people, type Service } from './service.ts';
import { signIn } from './sign-in.ts';

export type Order = {
  name: string;
  service: Service;
  scenario: Scenario;
  /** Not measured, and measured. */
  warmSeconds: number;
  seconds: number;
  /** How long a connection pauses between two requests, in milliseconds. */
  rest: number;
  /** How many families there are whose tokens can be told from their numbers. */
  families: number;
  /** The families of each connection, instead of a connection for each person. */
  visitors?: Family[][] | undefined;
  processes: Required<Processes>;
};

export type Report = { measurement?: Measurement; failure?: string };

type Person = Awaited<ReturnType<typeof signIn>>;

/** The people of each server, who keep what they have from one cell to the next. */
const known = new Map<string, Person[]>();

/** The families of connections by what they were at first, as far as they have been refreshed. */
const rotated = new Map<string, Family[][]>();

async function peopleOf({ name, service }: Order): Promise<Person[]> {
  const found = known.get(name);
  if (found) return found;
  const signedIn: Person[] = [];
  for (let number = 0; number < people; number += 1) signedIn.push(await signIn(service, number));
  known.set(name, signedIn);
  return signedIn;
}

/** Lets every visitor repeat the step for a time; gives the latency of each, in milliseconds. */
async function repeat(
  all: Visitor[],
  step: Step,
  seconds: number,
  rest: number,
): Promise<number[]> {
  const seen: Seen = new Set();
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1000;
  const visit = async (visitor: Visitor) => {
    let begun = performance.now();
    while (begun < end) {
      await step(visitor, seen);
      const done = performance.now();
      latencies.push(done - begun);
      if (rest > 0) await sleep(rest);
      begun = rest > 0 ? performance.now() : done;
    }
  };
  await Promise.all(all.map(visit));
  return latencies;
}

/** What each connection brings; one that has families of its own needs no person. */
async function visitorsOf(order: Order): Promise<Omit<Visitor, 'connection'>[]> {
  const everybody = await peopleOf(order);
  if (!order.visitors) return everybody.map((person) => ({ ...person, families: [] }));
  const [somebody] = everybody as [Person];
  const name = JSON.stringify(order.visitors);
  const families = rotated.get(name) ?? order.visitors;
  rotated.set(name, families);
  return families.map((own) => ({ ...somebody, families: own }));
}

async function measure(order: Order): Promise<Measurement> {
  const { service, scenario, processes, warmSeconds, seconds, rest, families } = order;
  // A server closes connections that idle from one cell to the next.
  const all: Visitor[] = (await visitorsOf(order)).map((visitor) => ({
    ...visitor,
    connection: new Connection(service.origin),
  }));
  const step = stepOf(scenario, service, families);
  await repeat(all, step, warmSeconds, rest);
  const before = cpuOf(processes);
  const begun = performance.now();
  const latencies = await repeat(all, step, seconds, rest);
  const elapsed = (performance.now() - begun) / 1000;
  const cpu = cpuPerRequest(before, cpuOf(processes), latencies.length);
  const memory = memoryOf(processes.app);
  for (const { connection } of all) connection.close();
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: latencies.length,
    perSecond: latencies.length / elapsed,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    ...(cpu && { cpu }),
    ...(memory !== undefined && { memory }),
  };
}

process.on('message', async (order: Order) => {
  const report: Report = await measure(order).then(
    (measurement) => ({ measurement }),
    (error) => ({ failure: String(error?.stack ?? error) }),
  );
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
