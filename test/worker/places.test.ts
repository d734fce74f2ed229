// Whose turn it is to be told.
import { expect, test } from 'vitest';
import { Places, type Receiver } from '../../src/worker/places.ts';

/** Receivers that are served until they are told to end. */
function stage() {
  const served: Receiver[] = [];
  const ends = new Map<string, () => void>();
  const places = new Places<Receiver>(() => {});
  const fill = (due: readonly Receiver[]) =>
    places.fill(due, (receiver) => {
      served.push(receiver);
      return new Promise((resolve) => ends.set(receiver.key, resolve));
    });
  const end = async (key: string) => {
    ends.get(key)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { places, served, fill, end };
}

const receivers = (tenant: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ key: `${tenant} ${n}`, tenant }));

test('a tenant alone leaves places to others, who get them first', () => {
  const { places, served, fill } = stage();
  fill(receivers('a', 20));
  expect(served).toHaveLength(12);
  expect(places.wanted).toBe(true);
  fill([...receivers('a', 20), ...receivers('b', 20)]);
  expect(served.slice(12)).toEqual(receivers('b', 4));
});

test('who was served longest ago is served next, however much else has waited longer', async () => {
  const { served, fill, end } = stage();
  const all = receivers('a', 14);
  fill(all);
  await end('a 0');
  fill(all);
  await end('a 1');
  fill(all);
  await end('a 2');
  fill(all);
  expect(served.slice(12).map(({ key }) => key)).toEqual(['a 12', 'a 13', 'a 0']);
});

test('where nobody waits, nobody has to make room', async () => {
  const { places, fill, end } = stage();
  fill(receivers('a', 13));
  expect(places.wanted).toBe(true);
  await end('a 3');
  fill(receivers('a', 13).filter(({ key }) => key !== 'a 3'));
  expect(places.wanted).toBe(false);
});
