// tenant_add called in SQL holds the rules that the command line does.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { parseIssuer } from '../../src/protocol/issuer.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

const issuers = [
  'https://id.example.com',
  'https://id.example.com/db/container',
  'https://id.example.com:8443/A_b-c.d~e',
  'https://[2001:db8::1]:8443/a',
  'https://192.0.2.7/a',
  'http://localhost:3000/demo',
  'http://127.0.0.1:3000/demo',
  'http://[::1]:3000/demo',
  'ftp://id.example.com/f',
  'http://id.example.com/x',
  'https://id.example.com/',
  'https://id.example.com/a/',
  'https://id.example.com?x=1',
  'https://id.example.com/a?x',
  'https://id.example.com/a#b',
  'https://u:p@id.example.com',
  'https://ID.example.com',
  'HTTPS://id.example.com/b',
  'https://id.example.com:443',
  'https://id.example.com:0443/a',
  'https://id.example.com:70000/a',
  'http://localhost:80/a',
  'https://id.example.com//a',
  'https://id.example.com/a/../b',
  'https://id.example.com/./b',
  'https://id.example.com/%2e/b',
  'https://id.example.com/a%20b',
  'https://id.example.com/a;b',
  'https://id.example.com/.well-known',
  'https://id.example.com/.WELL-KNOWN/x',
  'https://id.example.com/oauth',
  'https://id.example.com/oauth/x',
  'https://id.example.com/x/OAuth',
  'https://id.example.com/a\n',
  'https://id.exämple.com',
  'https://id_x.example.com',
  'https://192.0.2.07/b',
  'https://192.0.7',
  'https://0x7f.1',
  'https://[2001:DB8::1]/b',
  'https://[2001:db8:0::1]/c',
  `https://id.example.com/${'a'.repeat(255)}`,
];

/** Split as bluntly as somebody in psql may do it. */
function blunt(issuer: string): [string, string] {
  const [, host = '', path = ''] = /^[a-z]+:\/\/([^/?#]*)([\s\S]*)$/i.exec(issuer) ?? [];
  return [host, path];
}

test.each(issuers)(
  '%j is an issuer to SQL where it is one to the command line [RFC 8414 2]',
  async (issuer) => {
    let good = true;
    try {
      parseIssuer(issuer);
    } catch {
      good = false;
    }
    const [host, path] = blunt(issuer);
    const name = `t${crypto.randomUUID().slice(0, 8)}`;
    const added = call(database.worker, ops.tenant_add, { name, issuer, host, path });
    if (good) expect(await added).toMatchObject({ tenant_add: expect.any(String) });
    else await expect(added).rejects.toMatchObject({ code: 'OA003' });
    // Whoever writes the table meets the same rule.
    const [row] =
      await database.sql`select pgrant.issuer_fault(${issuer}, ${host}, ${path}) is null as good`;
    expect(row?.good).toBe(good);
  },
);
