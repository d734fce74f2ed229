// The files that take longest begin first, or one of them ends alone on one of the cores.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'db/release-rights',
  'readme',
  'main',
  'browser/console',
  'sql/sets',
  'security/prove',
  'package/package',
  'db/pool',
  'crash/crash',
  'security/vanish',
  'db/call',
  'cli/backup',
  'browser/console-branding',
  'security/isolation',
  'db/settings',
  'browser/passkeys',
  'browser/keyboard',
  'cli/cli',
  'http/limits',
  'browser/session-management',
  'sql/refusals',
  'cli/slips',
  'cli/tenant',
  'cli/client',
].map((name) => fileURLToPath(new URL(`../${name}.test.ts`, import.meta.url)));

/** Else as vitest has it: the largest first, as nobody knows how long they take. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = longest.filter((file) => !existsSync(file));
    if (gone.length > 0) throw new Error(`test/support/longest-first.ts names ${gone.join(', ')}`);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(moduleId);
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
