import { expect, test } from 'vitest';
import { createLog } from '../src/log.ts';

/** What a logger writes at `level` info when `write` is done with it. */
function written(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog('info', { write: (line) => lines.push(line) }));
  return lines.join('');
}

test('a secret is removed, however deep the object that holds it', () => {
  const line = written((log) => {
    log.info({ token: 'hidden', body: { client_secret: 'hidden', headers: { cookie: 'hidden' } } });
  });
  expect(line).not.toContain('hidden');
  expect(line).toContain('[removed]');
});

test('an error is logged without the arguments of its query', () => {
  const error = Object.assign(new Error('no'), {
    code: '42501',
    args: ['hidden'],
    query: 'hidden',
  });
  const line = written((log) => log.error({ err: error }, 'failed'));
  expect(line).not.toContain('hidden');
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'no', errorCode: '42501' } });
});

test('a level below the set one is silent', () => {
  expect(written((log) => log.debug('nothing'))).toBe('');
});
