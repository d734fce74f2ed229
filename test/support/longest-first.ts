// The files that take longest begin first, or one of them ends alone on one of the cores.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'main',
  'readme',
  'browser/console',
  'security/prove',
  'db/pool',
  'db/release-rights',
  'db/call',
  'security/isolation',
  'cli/cli',
  'cli/audit-archive',
  'security/vanish',
  'browser/console-branding',
  'sql/sets',
  'crash/crash',
  'cli/recipe',
  'cli/recipe-check',
  'cli/key-export',
  'browser/passkeys',
  'browser/keyboard',
  'db/settings',
  'package/package',
  'cli/people',
  'http/limits',
  'browser/session-management',
  'cli/backup',
  'sql/refusals',
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
