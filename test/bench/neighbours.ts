// What a flood at one tenant costs the clients of another.
import { assembleToken, newSecret } from '../../src/protocol/secrets.ts';
import type { Bench } from './bench.ts';
import { Connection } from './http.ts';
import { quantile } from './measure.ts';

/** How many connections a flood has. */
const attackers = 32;

/** Each sends one request of the flood from an address; what comes back is nothing to it. */
const floods: Record<string, (connection: Connection, address: string) => Promise<unknown>> = {
  'refused token requests from one address': (connection) => guess(connection, '198.51.100.1'),
  'refused token requests from many addresses': guess,
  'sign-ins for unknown requests from many addresses': (connection, address) =>
    connection.post(
      '/flooded/oauth/login',
      `request=${assembleToken('request', Math.floor(Date.now() / 1000) + 600, newSecret().secret)}&username=person0&password=wrong`,
      `X-Forwarded-For: ${address}\r\n`,
    ),
};

function guess(connection: Connection, address: string) {
  return connection.post(
    '/flooded/oauth/token',
    'grant_type=client_credentials&client_id=nobody&client_secret=guessed',
    `X-Forwarded-For: ${address}\r\n`,
  );
}

/** The p99 of the neighbour's token requests without a flood and under each; one line each. */
export async function measureNeighbours(
  bench: Bench,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<string[]> {
  const cell = { target: 'pgrant', scenario: 'client_credentials opaque' } as const;
  // A neighbour that asks now and then, and does not fill the server itself.
  const p99 = async () => (await bench.measure(cell, seconds, { rest: 100 })).p99;
  const all = new Map<string, number[]>();
  const note = (name: string, value: number) => all.set(name, [...(all.get(name) ?? []), value]);
  for (let round = 0; round < rounds; round++) {
    note('none', await p99());
    for (const [name, send] of Object.entries(floods)) {
      const stop = startFlood(bench.origin, send);
      note(name, await p99());
      console.error(`${name}: ${await stop()} requests`);
    }
  }
  const median = (values: number[]) => quantile(Float64Array.from(values).sort(), 0.5);
  const quiet = median(all.get('none') ?? []);
  return [...all].map(([name, values]) => {
    const value = median(values);
    return `${value.toFixed(1).padStart(8)} ms p99  x ${(value / quiet).toFixed(2)}  flood: ${name}`;
  });
}

function startFlood(
  origin: string,
  send: (connection: Connection, address: string) => Promise<unknown>,
): () => Promise<number> {
  let going = true;
  let requests = 0;
  const attack = async () => {
    const connection = new Connection(origin);
    while (going) {
      requests += 1;
      await send(connection, `10.0.${requests % 250}.${Math.floor(requests / 250) % 250}`);
    }
    connection.close();
  };
  const all = Array.from({ length: attackers }, attack);
  return async () => {
    going = false;
    await Promise.all(all);
    return requests;
  };
}
