// What the servers take tokens of: pgrant as it is started, two tenants, and somebody with a browser.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as client from 'openid-client';
import { insecure, obtainTokens, password } from '../support/acme.ts';
import { authority } from '../support/client-certificates.ts';
import { freePort } from '../support/free-port.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const execute = promisify(execFile);

/** Where a proxy asks from: pgrant believes nobody else about a client's certificate. */
export const proxyAddress = '127.0.0.2';

export type World = Awaited<ReturnType<typeof startWorld>>;

/** Starts pgrant with a PostgreSQL of its own in the folder. */
export async function startWorld(folder: string) {
  const port = await freePort();
  const authorities = join(folder, 'authority.pem');
  writeFileSync(authorities, authority);
  const env = {
    ...process.env,
    PORT: `${port}`,
    PGRANT_DATA: join(folder, 'pgrant'),
    METRICS_PORT: '0',
    TRUST_PROXY: proxyAddress,
    CLIENT_CERT_HEADER: 'X-SSL-Client-Cert',
    MTLS_CA: authorities,
  };
  const server = spawn(process.execPath, [main, 'start'], { env, stdio: 'ignore' });
  const origin = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${origin}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null) throw new Error('pgrant did not start');
    await sleep(200);
  }
  /** The document of a command, its words split at spaces. */
  const pgrant = async (line: string, ...more: string[]) => {
    const words = [...line.split(' '), ...more, '--json'];
    const { stdout } = await execute(process.execPath, [main, ...words], { env });
    return JSON.parse(stdout);
  };
  /** A tenant whose keys turn soon, with ada. */
  const addTenant = async (tenant: string, issuer: string) => {
    await pgrant(`tenant add ${tenant} --issuer ${issuer}`);
    await pgrant(`tenant set ${tenant} key_publish_lead=2m`);
    const child = execute(
      process.execPath,
      [main, 'user', 'add', '--tenant', tenant, '--username', 'ada', '--password-stdin'],
      { env },
    );
    child.child.stdin?.end(password);
    await child;
  };
  for (const tenant of ['acme', 'other']) await addTenant(tenant, `${origin}/${tenant}`);
  const issuerOf = (tenant: string) => `${origin}/${tenant}`;
  return {
    origin,
    pgrant,
    addTenant,
    /** What a client gets for itself; `host` is that of an issuer behind a proxy. */
    machine: async (
      client_id: string,
      client_secret: string,
      scope = '',
      tenant = 'acme',
      host?: string,
    ) => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id,
        client_secret,
      });
      if (scope !== '') body.set('scope', scope);
      return new Promise<string>((resolve, reject) => {
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          ...(host && { host }),
        };
        const asked = request(`${issuerOf(tenant)}/oauth/token`, { method: 'POST', headers });
        asked.on('error', reject).on('response', async (answer) => {
          let text = '';
          for await (const piece of answer) text += piece;
          resolve(JSON.parse(text).access_token);
        });
        asked.end(`${body}`);
      });
    },
    /** What a public client gets of ada. */
    person: async (client_id: string, scope: string, tenant = 'acme') => {
      const url = new URL(issuerOf(tenant));
      const config = await client.discovery(url, client_id, undefined, client.None(), insecure);
      const tokens = await obtainTokens(config, { scope });
      return {
        access_token: tokens.access_token,
        revoke: () => client.tokenRevocation(config, tokens.access_token),
      };
    },
    stop: async () => {
      if (server.kill()) await once(server, 'exit');
    },
  };
}
