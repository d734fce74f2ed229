// What copies of the audit say after a restore: enough to do it again.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { seal } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);
const folder = mkdtempSync(join(tmpdir(), 'pgrant-lost-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('which role was withdrawn and what was set is told, as text and with --json', async () => {
  const lines = [
    'tenant add acme --issuer https://id.example/acme',
    'user add --tenant acme --username ada',
    'role add deploy --tenant acme --title Deploy',
    'role add audit --tenant acme --title Audit',
    'role assign deploy ada --tenant acme',
    'role assign audit ada --tenant acme',
    'role withdraw deploy ada --tenant acme',
    'role withdraw audit ada --tenant acme',
    'tenant set acme access_token_lifetime=5m',
  ];
  for (const line of lines) expect([line, (await pgrant(line.split(' '))).err]).toEqual([line, '']);
  await seal(database);
  await document(`audit copy --to ${folder}`);
  await database.sql`delete from pgrant.audit_events where action in ('role.withdraw', 'tenant.set')`;
  const files = readdirSync(join(folder, 'acme')).map((file) => join(folder, 'acme', file));
  const told = await pgrant(['audit', 'lost', ...files, '--json']);
  expect(told.code).toBe(1);
  const rows: Record<string, unknown>[] = JSON.parse(told.out);
  expect(rows.map(({ action, detail }) => [action, detail])).toEqual([
    ['role.withdraw', { role: 'deploy' }],
    ['role.withdraw', { role: 'audit' }],
    ['tenant.set', expect.objectContaining({ access_token_lifetime: 300 })],
  ]);
  const { out } = await pgrant(['audit', 'lost', ...files]);
  expect(out.split('\n')[0]).toMatch(/ LAST AT +DETAIL$/);
  expect(out).toMatch(/ role\.withdraw .* \{"role":"deploy"\}\n/);
});
