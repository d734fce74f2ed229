import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Busy, FairQueue, type FairQueueOptions } from '../src/fair-queue.ts';
import { WaveQueue } from '../src/queues.ts';

function make(options: Partial<FairQueueOptions> = {}) {
  const queue = new FairQueue({
    name: 'work',
    concurrent: [1],
    waiting: [100],
    patience: 10_000,
    ...options,
  });
  const order: string[] = [];
  let most = 0;
  const work = (keys: string[], name = keys.join(' ')) =>
    queue.run(keys, async () => {
      most = Math.max(most, queue.stats.running);
      await sleep(1);
      order.push(name);
      return name;
    });
  return { queue, order, work, most: () => most };
}

/** What became of each: its name, or why it was refused. */
async function outcomes(all: Promise<string>[]) {
  return (await Promise.allSettled(all)).map((one) =>
    one.status === 'fulfilled' ? one.value : (one.reason as Busy),
  );
}

describe('a fair queue', () => {
  test('runs so much at once and no more, and gives what the work gives', async () => {
    const { work, most } = make({ concurrent: [3] });
    const all = Array.from({ length: 20 }, (_, n) => work(['a', 'x'], `${n}`));
    expect(await outcomes(all)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    expect(most()).toBe(3);
  });

  test('takes turns between tenants, and within each between addresses', async () => {
    const { work, order } = make();
    const flood = Array.from({ length: 12 }, () => work(['flooded', 'attacker']));
    const others = [work(['flooded', 'person']), work(['quiet', 'one']), work(['quiet', 'two'])];
    await Promise.all([...flood, ...others]);
    expect(order.indexOf('quiet one')).toBeLessThanOrEqual(2);
    expect(order.indexOf('quiet two')).toBeLessThanOrEqual(4);
    expect(order.indexOf('flooded person')).toBeLessThanOrEqual(4);
  });

  test('keeps the order in which one address came', async () => {
    const { work, order } = make();
    await Promise.all(Array.from({ length: 5 }, (_, n) => work(['a', 'x'], `${n}`)));
    expect(order).toEqual(['0', '1', '2', '3', '4']);
  });

  test('lets no tenant and no host have more at once than its share, though places are free', async () => {
    const { queue, work } = make({ concurrent: [10, 3, 2] });
    const all = [
      ...Array.from({ length: 5 }, () => work(['a', 'one'])),
      ...Array.from({ length: 5 }, () => work(['a', 'two'])),
      work(['b', 'one']),
    ];
    expect(queue.stats).toEqual({ running: 4, waiting: 7 });
    await Promise.all(all);
    expect(queue.stats).toEqual({ running: 0, waiting: 0 });
  });

  test('refuses what an address has too much of, and what comes after is served', async () => {
    const { work } = make({ waiting: [100, 50, 2] });
    const results = await outcomes(Array.from({ length: 5 }, () => work(['a', 'x'])));
    const refused = results.filter((result) => result instanceof Busy);
    expect(refused).toHaveLength(2);
    expect(refused[0]?.own).toBe(true);
    expect(await work(['a', 'x'])).toBe('a x');
  });

  test('makes room for whoever has less waiting, at the cost of who has most', async () => {
    const { work } = make({ waiting: [6] });
    const flood = outcomes(Array.from({ length: 20 }, () => work(['flooded', 'attacker'])));
    const quiet = await outcomes([work(['quiet', 'one']), work(['quiet', 'two'])]);
    expect(quiet).toEqual(['quiet one', 'quiet two']);
    const served = (await flood).filter((result) => typeof result === 'string');
    expect(served).toHaveLength(1 + 6 - 2);
  });

  test('refuses what has waited too long, and forgets it', async () => {
    const { queue, work } = make({ patience: 20 });
    const slow = queue.run(['a', 'x'], () => sleep(200));
    const [result] = await outcomes([work(['a', 'y'])]);
    expect(result).toBeInstanceOf(Busy);
    expect(queue.stats).toEqual({ running: 1, waiting: 0 });
    await slow;
    expect(await work(['a', 'y'])).toBe('a y');
  });

  test('goes on where the work fails', async () => {
    const { queue, work } = make();
    const failing = queue.run(['a', 'x'], () => Promise.reject(new Error('broken')));
    const next = work(['a', 'x']);
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('a x');
    expect(queue.stats).toEqual({ running: 0, waiting: 0 });
  });

  test('is right whatever comes in whatever order', async () => {
    const { queue, work, most } = make({ concurrent: [4, 2, 1], waiting: [30, 10, 4] });
    const names = 'abcdefgh'.split('');
    const pick = () => names[Math.floor(Math.random() * names.length)] as string;
    for (let round = 0; round < 50; round++) {
      const all = Array.from({ length: 60 }, () => work([pick(), pick()]));
      const { running, waiting } = queue.stats;
      expect(running).toBeLessThanOrEqual(4);
      expect(waiting).toBeLessThanOrEqual(30);
      const results = await outcomes(all);
      const refused = results.filter((result) => typeof result !== 'string');
      expect(refused.every((result) => result instanceof Busy)).toBe(true);
      expect(queue.stats).toEqual({ running: 0, waiting: 0 });
    }
    expect(most()).toBe(4);
  });
});

test('a wave is what came in one turn under the same keys: its results come together, failures too', async () => {
  const queue = new WaveQueue({ name: 'work', concurrent: [9], waiting: [9], patience: 10_000 });
  const gates = new Map<string, (failure?: Error) => void>();
  const told: string[] = [];
  const run = (key: string, name: string) =>
    queue
      .run([key], () => {
        return new Promise<string>((resolve, reject) => {
          gates.set(name, (failure) => (failure ? reject(failure) : resolve(name)));
        });
      })
      .then(
        (result) => told.push(result),
        (failure: Error) => told.push(failure.message),
      );
  const all = [run('a', 'one'), run('a', 'two'), run('b', 'of another')];
  await sleep(5);
  all.push(run('a', 'later'));
  await sleep(5);
  gates.get('one')?.(new Error('failed'));
  gates.get('of another')?.();
  gates.get('later')?.();
  await sleep(5);
  expect(told.sort()).toEqual(['later', 'of another']);
  gates.get('two')?.();
  await Promise.all(all);
  expect(told.slice(2).sort()).toEqual(['failed', 'two']);
});
