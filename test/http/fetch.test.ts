// What pgrant fetches for a tenant cannot be turned on the network that it runs in.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outboundFetch } from '../../src/outbound/guarded-fetch.ts';
import { notify } from '../../src/outbound/notice.ts';

let origin: string;
let answer: (response: ServerResponse, url: string) => void;
const server = createServer(({ url = '' }, response) => answer(response, url));
const local = outboundFetch({ allowLoopback: true });
const strict = outboundFetch({ allowLoopback: false });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a server on the internet', () => {
  test.each([
    'http://example.com/',
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[100:0:0:1::1]/',
    'https://[4000::1]/',
    'https://0.0.0.0/',
    'https://100.64.0.1/',
    'https://2130706433/',
    'https://user:password@example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
  ])('does not fetch %s', async (url) => {
    await expect(strict(url)).rejects.toThrow(/not an https|special use|credentials/);
  });
});

test('whoever names a host is not told what address it has here', async () => {
  const told = await notify('https://id.example.com', 'https://localhost/hook', () => ({
    headers: {},
    body: '',
  }));
  expect(told.error).toContain('localhost has an address of special use');
  expect(told.error).not.toMatch(/127\.0\.0\.1|::1/);
});

describe('a receiver on a loopback address', () => {
  const tell = (issuer: string) => notify(issuer, origin, () => ({ headers: {}, body: '' }));

  test.each(['http://localhost:3000/acme', 'https://localhost:3443/acme', 'https://127.0.0.1'])(
    'is told by the tenant %s, which is on one itself',
    async (issuer) => {
      answer = (response) => response.end();
      expect(await tell(issuer)).toMatchObject({ status: 200, error: null });
    },
  );

  test.each(['https://id.example.com/acme', 'https://localhost.example.com'])(
    'is told nothing by the tenant %s',
    async (issuer) => {
      expect(await tell(issuer)).toMatchObject({ status: null });
    },
  );
});

describe('a server on a loopback address', () => {
  test('fetches from its own, and still not from private networks', async () => {
    answer = (response) => response.end('{"a":1}');
    expect(await (await local(origin)).json()).toEqual({ a: 1 });
    for (const url of ['https://10.0.0.1/', 'http://10.0.0.1/', 'http://169.254.169.254/']) {
      await expect(local(url)).rejects.toThrow(/not an https|special use/);
    }
  });

  test('follows no redirect', async () => {
    answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    await expect(local(origin)).rejects.toThrow('redirect');
  });

  test('takes half a megabyte and no more, however it is packed', async () => {
    answer = (response) => response.end(Buffer.alloc(600 * 1024));
    await expect(local(origin)).rejects.toThrow('too large');
  });

  test('never puts the query, which may hold a secret, into an error', async () => {
    answer = (response) => response.destroy();
    const failure = await local(`${origin}/path?code=hidden`).catch((error: Error) => error);
    expect(String(failure)).toContain('/path');
    expect(String(failure)).not.toContain('hidden');
  });
});
