// A tenant is removed while its applications are busy: nobody gets a 500, and nothing is left.
import { expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { operator } from '../cli/cli.ts';
import { discover, obtainTokens, startAcme } from '../support/acme.ts';
import { post, refresh } from '../support/refreshing.ts';

test('a tenant that is removed under load leaves no row, then and later, and no answer is a 500', {
  timeout: 90_000,
}, async () => {
  const acme = await startAcme();
  const { database, tenant, issuer } = acme;
  const config = await discover(acme, acme.web);
  const tokens = await Promise.all(Array.from({ length: 6 }, () => obtainTokens(config)));
  const statuses = new Map<number, number>();
  const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  let busy = true;
  const client = async (index: number) => {
    let token = tokens[index]?.refresh_token;
    while (busy) {
      if (token) {
        const answer = await refresh(acme, token);
        token = answer.refresh_token ?? token;
        count(answer.status);
      } else if (index % 2 === 0) {
        count((await post(acme, '/oauth/token', { grant_type: 'client_credentials' })).status);
      } else {
        const url = new URL(`${issuer}/oauth/authorize`);
        url.search = new URLSearchParams({
          client_id: 'web',
          response_type: 'code',
          redirect_uri: 'http://127.0.0.1:9999/callback',
          scope: 'openid',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        }).toString();
        count((await fetch(url, { redirect: 'manual' })).status);
      }
    }
  };
  const clients = Array.from({ length: 16 }, (_, index) => client(index));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const removed = await operator(database).pgrant(['tenant', 'remove', 'acme', '--yes']);
  const left = async () =>
    (await callAll(database.worker, ops.tenant_rows, { tenant })).filter(
      ({ row_count }) => row_count !== 0,
    );
  expect(removed.err).toBe('');
  expect(await left()).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  busy = false;
  await Promise.all(clients);
  expect(await left()).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(20);
  expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([]);
});
