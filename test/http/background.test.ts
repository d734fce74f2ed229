import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Background } from '../../src/http/background.ts';

/** Requests at one process, and what was done in which order. */
function begin() {
  const background = new Background();
  const done: string[] = [];
  const note = (what: string) => async () => {
    done.push(what);
  };
  /** A request that is under way until it is told to end. */
  const foreground = (name: string) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const over = background.count({}, () => ended).then(note(name));
    return async () => {
      end();
      await over;
    };
  };
  const inBackground = (name: string, work: () => Promise<void> = note(name)) => {
    const ctx = { state: {} } as never;
    return background.count(ctx, () => background.inTurn(ctx, work)).then(note(`${name} is over`));
  };
  return { done, note, foreground, inBackground };
}

test('alone it is decided and answered at once', async () => {
  const { done, inBackground } = begin();
  inBackground('poll');
  await turn();
  expect(done).toEqual(['poll', 'poll is over']);
});

test('it begins once no other is under way', async () => {
  const { done, foreground, inBackground } = begin();
  const ends = [foreground('refresh'), foreground('login')];
  const over = [inBackground('one'), inBackground('two')];
  for (const end of ends) {
    await turn();
    await end();
  }
  await Promise.all(over);
  expect(done).toEqual(['refresh', 'login', 'one', 'two', 'one is over', 'two is over']);
});

test('it is answered after those that came while it was decided', async () => {
  const { done, note, foreground, inBackground } = begin();
  let end = async () => {};
  const over = inBackground('poll', async () => {
    end = foreground('refresh');
    await note('poll')();
  });
  await turn();
  await end();
  await over;
  expect(done).toEqual(['poll', 'refresh', 'poll is over']);
});

test('where others are under way all the time, it is decided all the same, and answered', async () => {
  const { done, foreground, inBackground } = begin();
  const end = foreground('refresh');
  await inBackground('poll');
  expect(done).toEqual(['poll', 'poll is over']);
  await end();
});

test('of many some go on in a turn of the event loop, and whoever comes between is before the rest', async () => {
  const { done, foreground, inBackground } = begin();
  const first = foreground('refresh');
  const over = Array.from({ length: 20 }, (_, at) => inBackground(`poll ${at}`));
  await first();
  await turn();
  const begun = done.length;
  expect(begun).toBeLessThan(20);
  const second = foreground('another');
  await turn();
  await turn();
  await second();
  await Promise.all(over);
  expect(done.indexOf('another')).toBeLessThan(20);
  expect(done.filter((one) => one.endsWith('is over'))).toHaveLength(20);
});

test('whoever has waited long enough goes on at once, however many these are', async () => {
  const { done, foreground, inBackground } = begin();
  const end = foreground('refresh');
  const over = Array.from({ length: 40 }, (_, at) => inBackground(`poll ${at}`));
  const late = performance.now() + 300;
  while (performance.now() < late);
  await turn();
  await turn();
  expect(done).toHaveLength(40);
  await Promise.all(over);
  await end();
});

test('an error of one in the background is told, and keeps nobody', async () => {
  const { done, foreground, inBackground } = begin();
  const failed = inBackground('poll', () => Promise.reject(new Error('authorization_pending')));
  await expect(failed).rejects.toThrow('authorization_pending');
  await foreground('refresh')();
  await inBackground('next');
  expect(done).toEqual(['refresh', 'next', 'next is over']);
});
