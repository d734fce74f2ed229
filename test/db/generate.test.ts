import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generate } from '../../src/release/generate.ts';
import { createDatabase } from '../support/database.ts';

test('the generated files are what sql/ says, and come out the same twice', async () => {
  const { url } = await createDatabase();
  const first = await generate(url('postgres'));
  expect(await generate(url('postgres'))).toEqual(first);
  for (const [file, content] of first) {
    expect(content, file).toBe(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
  }
});
