// The run: requests in lanes, each judged, with what the process needed for them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { breaksOff, bytesOf } from './draft.ts';
import { faultOf } from './judge.ts';
import { requestOf } from './requests.ts';
import { obtainStock, type Stock } from './stock.ts';
import { canary } from './values.ts';
import { exchange } from './wire.ts';
import { startWorld, type Urls, type World } from './world.ts';

export type Finding = { request: number; fault: string; bytes: string; answer: string };

export type Figures = {
  seed: number;
  requests: number;
  seconds: number;
  findings: Finding[];
  /** How often each status was answered; `closed` without any. */
  statuses: Record<string, number>;
  /** Milliseconds until the slowest answer. */
  slowest: number;
  /** Bytes of the heap, collected: after the first tenth and after the last. */
  heap: [first: number, last: number];
};

export type FuzzOptions = {
  seed: number;
  requests: number;
  /** The first request of the seed that is sent. */
  first?: number;
  progress?: (done: number, figures: Figures) => void;
};

const lanes = 8;
const deadline = 15_000;
/** After how many requests there are new tokens. */
const renewal = 500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Sends the requests of a seed to a web process of its own on the database. */
export async function fuzz(urls: Urls, options: FuzzOptions): Promise<Figures> {
  const { seed, requests, first = 0, progress = () => {} } = options;
  const log = watchLog();
  const world = await startWorld(urls, log.write);
  const figures: Figures = {
    ...{ seed, requests, seconds: 0, findings: [], statuses: {}, slowest: 0 },
    heap: [0, 0],
  };
  const begin = performance.now();
  const [end, tenth] = [first + requests, first + Math.ceil(requests / 10)];
  try {
    for (let next = first; next < end; ) {
      const stock = await obtainStock(seed, next, world);
      log.forbid(stock.goods);
      const marks = [next + renewal, end, ...(next < tenth ? [tenth] : [])];
      const until = Math.min(...marks);
      await sendAll(next, until, (number) => sendOne(number, stock, { seed, world, figures, log }));
      next = until;
      if (next === tenth) figures.heap[0] = heap();
      progress(next - first, figures);
    }
    figures.heap[1] = heap();
    figures.seconds = (performance.now() - begin) / 1000;
    // Of requests whose answer nobody has waited for.
    for (const [fault, line] of log.rest()) note(figures, -1, fault, Buffer.alloc(0), line);
    return figures;
  } finally {
    await world.stop();
  }
}

async function sendAll(
  first: number,
  end: number,
  send: (number: number) => Promise<void>,
): Promise<void> {
  let next = first;
  const lane = async () => {
    while (next < end) await send(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function sendOne(
  number: number,
  stock: Stock,
  { seed, world, figures, log }: { seed: number; world: World; figures: Figures; log: LogWatch },
): Promise<void> {
  const draft = requestOf(seed, number, stock);
  const bytes = bytesOf(draft);
  const answer = await exchange(world.port, bytes, { deadline, abort: breaksOff(draft) });
  const answered = typeof answer === 'object' ? answer : undefined;
  const status = String(answered?.status ?? answer ?? 'closed');
  figures.statuses[status] = (figures.statuses[status] ?? 0) + 1;
  figures.slowest = Math.max(figures.slowest, answered?.milliseconds ?? 0);
  const fault = faultOf(draft, answer);
  if (fault) note(figures, number, fault, bytes, answered?.body ?? '');
  const logged = log.of(answered?.headers.get('x-request-id'));
  if (logged) note(figures, number, logged[0], bytes, logged[1]);
}

function note(
  { findings }: Figures,
  request: number,
  fault: string,
  sent: Buffer,
  answer: string,
): void {
  const text = JSON.stringify(sent.toString('latin1'));
  const bytes = text.length > 1500 ? `${text.slice(0, 1500)}… (${sent.length} bytes)` : text;
  findings.push({ request, fault, bytes, answer: answer.slice(0, 1500) });
}

type LogWatch = ReturnType<typeof watchLog>;

/** Keeps the lines that must not be: of errors, and with a secret of a request in them. */
function watchLog() {
  let secrets: string[] = [];
  const lines = new Map<string, [fault: string, line: string]>();
  return {
    write: (line: string): void => {
      const leak = line.includes(canary) || secrets.some((one) => line.includes(one));
      if (!leak && !line.includes('"level":50')) return;
      const fault = leak ? 'a secret is in the log' : 'an error was logged';
      lines.set(JSON.parse(line).request_id ?? '', [fault, line]);
    },
    forbid: (goods: Stock['goods']): void => {
      const names = ['client_secret', 'access_token', 'refresh_token', 'csrf', 'code', 'password'];
      secrets = names.map((name) => goods[name] ?? '').filter((one) => one !== '');
    },
    /** What was written for a request. */
    of: (id = ''): [fault: string, line: string] | undefined => {
      const found = lines.get(id);
      lines.delete(id);
      return found;
    },
    rest: () => lines.values(),
  };
}

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
