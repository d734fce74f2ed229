// The run: requests in lanes, each judged, with what the process needed for them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { breaksOff, bytesOf } from './draft.ts';
import { faultOf } from './judge.ts';
import { requestOf } from './requests.ts';
import { canary } from './values.ts';
import { exchange } from './wire.ts';
import { type Goods, startWorld } from './world.ts';

export type Finding = { request: number; fault: string; bytes: string; answer: string };

export type Figures = {
  seed: number;
  requests: number;
  seconds: number;
  findings: Finding[];
  /** How often each status was answered; `closed` without any. */
  statuses: Record<string, number>;
  /** Requests that each route was asked. */
  slowest: number;
  /** Bytes of the heap, collected: after the first tenth and after the last. */
  heap: [first: number, last: number];
};

const lanes = 8;
const deadline = 15_000;
const renewal = 500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Sends the requests of a seed, from `first` on. */
export async function fuzz(
  urls: { web: string; worker: string },
  { seed, requests, first = 0, progress = () => {} }: FuzzOptions,
): Promise<Figures> {
  // What is wrong with the log, by the request that it was written for.
  const told = new Map<string, [fault: string, line: string]>();
  let secrets: string[] = [];
  const world = await startWorld(urls, (line) => {
    const leak = line.includes(canary) || secrets.some((one) => line.includes(one));
    const fault = leak ? 'a secret is in the log' : 'an error was logged';
    if (leak || line.includes('"level":50')) {
      told.set(JSON.parse(line).request_id ?? '', [fault, line]);
    }
  });
  let goods: Goods = { ...(await world.renew()), host: world.host };
  const figures: Figures = {
    ...{ seed, requests, seconds: 0, findings: [], statuses: {}, slowest: 0 },
    heap: [0, 0],
  };
  const begin = performance.now();
  let next = first;
  const end = first + requests;

  async function one(number: number): Promise<void> {
    const made = requestOf(seed, number, { goods, base: world.base });
    const bytes = bytesOf(made.draft);
    const answer = await exchange(world.port, bytes, {
      deadline,
      abort: breaksOff(made.draft),
    });
    const fault = faultOf(made, answer);
    const status = typeof answer === 'object' ? String(answer.status) : (answer ?? 'closed');
    figures.statuses[status] = (figures.statuses[status] ?? 0) + 1;
    if (fault) note(number, fault, bytes, typeof answer === 'object' ? answer.body : '');
    if (typeof answer !== 'object') return;
    figures.slowest = Math.max(figures.slowest, answer.milliseconds);
    const id = answer.headers.get('x-request-id') ?? '';
    const logged = told.get(id);
    if (logged) note(number, logged[0], bytes, logged[1]);
    told.delete(id);
  }

  function note(request: number, fault: string, bytes: Buffer, answer: string): void {
    figures.findings.push({
      request,
      fault,
      bytes: printable(bytes),
      answer: answer.slice(0, 1500),
    });
  }

  async function work(until: number): Promise<void> {
    const lane = async () => {
      while (next < until) await one(next++);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  try {
    await run();
  } finally {
    await world.stop();
  }
  return figures;

  async function run(): Promise<void> {
    const tenth = first + Math.ceil(requests / 10);
    while (next < end) {
      const marks = [next + renewal - (next % renewal), end, ...(next < tenth ? [tenth] : [])];
      await work(Math.min(...marks));
      if (next === tenth) figures.heap[0] = heap();
      if (next % renewal === 0 && next < end)
        goods = { ...(await world.renew()), host: world.host };
      secrets = [goods.client_secret, goods.access_token, goods.refresh_token, goods.csrf].filter(
        (one) => one !== undefined,
      );
      progress(next - first, figures);
    }
    figures.heap[1] = heap();
    // Of requests whose answer nobody has waited for.
    for (const [fault, line] of told.values()) note(-1, fault, Buffer.alloc(0), line);
    figures.seconds = (performance.now() - begin) / 1000;
  }
}

export type FuzzOptions = {
  seed: number;
  requests: number;
  first?: number;
  progress?: (done: number, figures: Figures) => void;
};

function printable(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('latin1'));
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${bytes.length} bytes)` : text;
}
