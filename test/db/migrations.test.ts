// What was released once stays as it was: databases have it, and only a new migration reaches them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const tables = new URL('../../sql/tables/', import.meta.url);
const golden = new URL('../golden/migrations.txt', import.meta.url);

test('every migration has the hash it was released with', () => {
  const files = readdirSync(tables).sort();
  const lines = files.map((file) => {
    const hash = createHash('sha256').update(readFileSync(new URL(file, tables)));
    return `${hash.digest('hex')}  ${file}`;
  });
  expect(
    lines,
    'a released migration is never changed: add a new one, and its line to test/golden/migrations.txt; ' +
      "until 0.1.0 is tagged the baseline's line may be changed",
  ).toEqual(readFileSync(golden, 'utf8').trimEnd().split('\n'));
});
