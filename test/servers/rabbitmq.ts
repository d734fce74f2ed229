// RabbitMQ, by what `pgrant recipe rabbitmq` prints: a machine's token is its password.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { declareQueue } from './amqp.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://rabbit.example.com';
const asRabbit = ['setpriv', '--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups'];

export async function tryRabbitmq(debian: Debian, world: World): Promise<Steps> {
  const { pgrant, machine } = world;
  const https = await startHttps(debian, world.origin);
  for (const tenant of ['mq', 'mq-other']) {
    await pgrant(`tenant add ${tenant} --issuer ${https.origin}/${tenant}`);
    await pgrant(`tenant set ${tenant} key_publish_lead=2m`);
  }
  const recipe = (tenant: string) =>
    `recipe rabbitmq --tenant ${tenant} --resource ${resource} --apply`;
  const { text } = (await pgrant(recipe('mq'))) as { text: string };
  const other = (await pgrant(recipe('mq-other'))) as { text: string };
  const secret = (of: string) => /-u rabbitmq-app:(\S+)/.exec(of)?.[1] ?? '';
  const token = (scope = '') => machine('rabbitmq-app', secret(text), scope, 'mq', https.host);
  const port = await freePort();
  const stop = await startBroker(debian, port, text);
  const answer = async (bearer: string) => {
    const { said, leave } = await declareQueue(port, bearer);
    leave();
    return said;
  };
  const right = await answer(await token());
  const garbage = await answer('garbage');
  const narrow = await answer(await token('rabbitmq.read:*/*'));
  const foreign = await answer(
    await machine('rabbitmq-app', secret(other.text), '', 'mq-other', https.host),
  );
  const plain = await pgrant(
    'client add --tenant mq --client-id plain --name Plain --grant-type client_credentials --scope rabbitmq.read:*/* --access-token-format jwt',
  );
  const unaimed = await answer(await machine('plain', plain.client_secret, '', 'mq', https.host));
  await pgrant(`resource set ${resource} --tenant mq --title MQ`, '--access-token-lifetime', '4s');
  const brief = await declareQueue(port, await token());
  const ended = await Promise.race([brief.closed, sleep(15_000, 'still open')]);
  brief.leave();
  await pgrant(`resource set ${resource} --tenant mq --title MQ`, '--access-token-lifetime', '5m');
  await pgrant('key rotate --tenant mq --alg ES256');
  const before = await token();
  await sleep(125_000);
  const rotated = [await answer(before), await answer(await token())].join(', ');
  await stop();
  https.stop();
  return {
    version: await debian.version('rabbitmq-server'),
    steps: [
      ['right token', right, 'declared'],
      ['garbage', garbage, '403 ACCESS_REFUSED'],
      ['a scope too few', narrow, '403 ACCESS_REFUSED'],
      ["another tenant's", foreign, '403 ACCESS_REFUSED'],
      ['for no resource', unaimed, '403 ACCESS_REFUSED'],
      ['an open connection past its token', ended, '320 CONNECTION_FORCED'],
      ['after a rotation: old and new key', rotated, 'declared, declared'],
    ],
  };
}

/** Makes a certificate authority, and a certificate for localhost. */
const authority = `set -e; cd /etc/rabbitmq
openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Authority of the test' -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tried.key -out tried.csr
printf 'subjectAltName=DNS:localhost' > tried.ext
openssl x509 -req -in tried.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile tried.ext -out tried.crt`;

/** The broker takes no issuer that is not https: pgrant behind a proxy with a certificate of the test's own. */
async function startHttps(debian: Debian, target: string) {
  const port = await freePort();
  await debian.run('sh', '-c', authority);
  const read = (name: string) => readFileSync(join(debian.folder, `etc/rabbitmq/tried.${name}`));
  const server = createServer({ key: read('key'), cert: read('crt') }, (req, res) => {
    const { method, url, headers } = req;
    const onward = request(`${target}${url}`, { method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const host = `localhost:${port}`;
  return { host, origin: `https://${host}`, stop: () => server.close() };
}

/** Starts a broker with the settings of the recipe. */
async function startBroker(
  debian: Debian,
  port: number,
  text: string,
): Promise<() => Promise<void>> {
  const [, settings = ''] = /# At the broker, .*\n((?:.*\n)*?)\n# Of 3\.10/.exec(text) ?? [];
  debian.write(
    'etc/rabbitmq/tried.conf',
    `listeners.tcp.local = 127.0.0.1:${port}
auth_oauth2.https.cacertfile = /etc/rabbitmq/ca.crt
management.tcp.ip = 127.0.0.1
management.tcp.port = ${await freePort()}
${settings}`,
  );
  debian.write(
    'etc/rabbitmq/tried.plugins',
    '[rabbitmq_management,rabbitmq_auth_backend_oauth2].\n',
  );
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
  return debian.start(port, ...asRabbit, 'env', ...given, '/usr/lib/rabbitmq/bin/rabbitmq-server');
}
