import { describe, expect, test } from 'vitest';
import { table } from '../../src/cli/text.ts';

describe('a table in a terminal', () => {
  test('is aligned by what its texts look like, not by how many characters they have', () => {
    const rows = [
      { name: '日本語', of: 1 },
      { name: 'e\u0301clair', of: 2 },
      { name: '👩‍🚀', of: 3 },
    ];
    expect(table(rows, ['name', 'of'], '')).toBe(
      ['NAME    OF', '日本語  1', 'e\u0301clair  2', '👩‍🚀      3'].join('\n'),
    );
  });

  test('shows what a terminal would obey: a name cannot clear the screen or add a line', () => {
    const rows = [{ name: 'n8n\u001b[2J\n\u202egnol' }];
    expect(table(rows, ['name'], '')).toBe('NAME\nn8n\\u001b[2J\\u000a\\u202egnol');
  });
});
