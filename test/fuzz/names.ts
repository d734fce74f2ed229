// The names of parameters and members, from the code that reads them: a new one is fuzzed by itself.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folders = ['endpoints', 'protocol', 'http'];

function harvest(): string[] {
  const names = new Set<string>();
  for (const folder of folders) {
    const path = fileURLToPath(new URL(`../../src/${folder}`, import.meta.url));
    for (const file of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(`${path}/${file}`, 'utf8');
      for (const [, quoted, member] of text.matchAll(
        /'([a-z][a-z0-9_]{2,60})'|\b([a-z]+_[a-z_]+):/g,
      )) {
        names.add(quoted ?? member ?? '');
      }
    }
  }
  return [...names].sort();
}

export const names = harvest();
