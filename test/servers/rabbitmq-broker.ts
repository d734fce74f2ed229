// A broker of RabbitMQ, and what it asks: pgrant behind a certificate that it trusts.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import { proxyAddress } from './world.ts';

const asRabbit = ['setpriv', '--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups'];

/** Makes a certificate authority, and a certificate for localhost. */
const authority = `set -e; cd /etc/rabbitmq
openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Authority of the test' -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tried.key -out tried.csr
printf 'subjectAltName=DNS:localhost' > tried.ext
openssl x509 -req -in tried.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile tried.ext -out tried.crt
chown rabbitmq tried.key`;

/** The broker takes no issuer that is not https: pgrant behind a proxy with a certificate of the test's own. */
export async function startHttps(debian: Debian, target: string) {
  const port = await freePort();
  await debian.run('sh', '-c', authority);
  const read = (name: string) => readFileSync(join(debian.folder, `etc/rabbitmq/tried.${name}`));
  const server = createServer({ key: read('key'), cert: read('crt') }, (req, res) => {
    const { method, url } = req;
    const headers = { ...req.headers, 'x-forwarded-proto': 'https' };
    const sent = { method, headers, localAddress: proxyAddress };
    const onward = request(`${target}${url}`, sent, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const host = `localhost:${port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { host, origin: `https://${host}`, stop };
}

/** Starts a broker with the settings of a recipe, beside what any broker needs. */
export async function startBroker(
  debian: Debian,
  port: number,
  plugins: string[],
  settings: string,
): Promise<() => Promise<void>> {
  debian.write(
    'etc/rabbitmq/tried.conf',
    `listeners.tcp.local = 127.0.0.1:${port}
auth_oauth2.https.cacertfile = /etc/rabbitmq/ca.crt
${settings}`,
  );
  debian.write('etc/rabbitmq/tried.plugins', `[${plugins.join(',')}].\n`);
  await debian.run('rm', '-rf', '/var/lib/rabbitmq/tried');
  const settled = {
    HOME: '/var/lib/rabbitmq',
    RABBITMQ_NODENAME: 'tried@localhost',
    RABBITMQ_CONFIG_FILE: '/etc/rabbitmq/tried.conf',
    RABBITMQ_ENABLED_PLUGINS_FILE: '/etc/rabbitmq/tried.plugins',
    RABBITMQ_MNESIA_BASE: '/var/lib/rabbitmq/tried',
    RABBITMQ_LOGS: '-',
    RABBITMQ_DIST_PORT: `${await freePort()}`,
    ERL_EPMD_PORT: `${await freePort()}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  const given = Object.entries(settled).map(([name, value]) => `${name}=${value}`);
  const as = [...asRabbit, 'env', ...given];
  const stop = await debian.start(port, ...as, '/usr/lib/rabbitmq/bin/rabbitmq-server');
  return async () => {
    await stop();
    // The broker has started it as a daemon.
    await debian.run(...as, 'epmd', '-kill');
  };
}
