import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const { pgrant, document } = operator(await createDatabase());

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
  await document(
    `client add --tenant acme --name Gateway --client-id gateway --grant-type ${grant}`,
  );
});

test('exchange allow, list and deny, for the tenant itself where no resource is named', async () => {
  await document('exchange allow gateway --tenant acme');
  expect(await document('exchange list --tenant acme')).toMatchObject([
    { client_id: 'gateway', resource: null, scopes: null, impersonation: false },
  ]);
  await document('exchange deny gateway --tenant acme');
  const { out } = await pgrant(['exchange', 'list', '--tenant', 'acme']);
  expect(out).toContain('pgrant exchange allow');
});
