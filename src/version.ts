import { readFileSync } from 'node:fs';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** What a connection is called in pg_stat_activity: which program of pgrant, of which version. */
export function applicationName(program: string): string {
  return `pgrant-${program}/${version}`;
}
