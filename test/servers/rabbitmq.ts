// RabbitMQ 4 and 3.10, by what `pgrant recipe rabbitmq` prints: a machine's token is its password.
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { declareQueue } from './amqp.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import { startBroker, startHttps } from './rabbitmq-broker.ts';
import { type Management, manage } from './rabbitmq-people.ts';
import type { World } from './world.ts';

const resource = 'https://rabbit.example.com';

type Version = {
  tenant: string;
  /** What the recipe prints for it. */
  settings: RegExp;
  plugins: string[];
  management?: Management;
  /** What becomes of a connection that is open past its token. */
  ended: string;
  /** What else aud has. */
  audience?: string;
};

export const tryRabbitmq = async (debian: Debian, world: World) =>
  attempt(debian, world, {
    tenant: 'mq',
    settings: /# At the broker, .*\n((?:.*\n)*?)\n# At a broker of 3\.10/,
    plugins: ['rabbitmq_management', 'rabbitmq_auth_backend_oauth2'],
    management: await manage(),
    ended: '320 CONNECTION_FORCED',
  });

export const tryRabbitmq310 = (debian: Debian, world: World) =>
  attempt(debian, world, {
    tenant: 'mq310',
    settings: /# At a broker of 3\.10, .*\n((?:.*\n)*?)\n# At an application/,
    plugins: ['rabbitmq_auth_backend_oauth2'],
    ended: 'still open',
    audience: 'rabbitmq',
  });

async function attempt(debian: Debian, world: World, version: Version): Promise<Steps> {
  const { pgrant, machine } = world;
  const { tenant, management } = version;
  const https = await startHttps(debian, world.origin);
  const recipes: Record<string, string> = {};
  for (const name of [tenant, `${tenant}-other`]) {
    await world.addTenant(name, `${https.origin}/${name}`);
    const recipe = `recipe rabbitmq --tenant ${name} --resource ${resource} --apply`;
    const { text } = (await pgrant(recipe)) as { text: string };
    recipes[name] = text;
    for (const [, more = ''] of (version.settings.exec(text)?.[0] ?? '').matchAll(
      /^# {3}pgrant (.*)$/gm,
    )) {
      await pgrant(more.replaceAll("'", ''));
    }
  }
  const token = (scope = '', of = tenant) => {
    const secret = /-u rabbitmq-app:(\S+)/.exec(recipes[of] ?? '')?.[1] ?? '';
    return machine('rabbitmq-app', secret, scope, of, https.host);
  };
  const port = await freePort();
  const [, settings = ''] = version.settings.exec(recipes[tenant] ?? '') ?? [];
  const stop = await startBroker(
    debian,
    port,
    version.plugins,
    (management?.settings ?? '') + settings,
  );
  const people: Steps['steps'] = [];
  if (management) {
    const nobody = await management.signIn();
    await pgrant(`role assign rabbitmq.tag:administrator ada --tenant ${tenant}`);
    const administrator = await management.signIn();
    people.push(
      ['a person without a role at the management UI', nobody, 'Not authorized'],
      ['with the role of an administrator', administrator, 'User ada, Admin'],
    );
  }
  const answer = async (bearer: string) => {
    const { said, leave } = await declareQueue(port, bearer);
    leave();
    return said;
  };
  const right = await answer(await token());
  const garbage = await answer('garbage');
  const narrow = await answer(await token('rabbitmq.read:*/*'));
  const foreign = await answer(await token('', `${tenant}-other`));
  const plain = await pgrant(
    `client add --tenant ${tenant} --client-id plain --name Plain --grant-type client_credentials --scope rabbitmq.read:*/* --access-token-format jwt`,
  );
  const unaimed = await answer(await machine('plain', plain.client_secret, '', tenant, https.host));
  const lifetime = (time: string) => {
    const set = `resource set ${resource} --tenant ${tenant} --title MQ --access-token-format jwt`;
    const more = version.audience === undefined ? '' : ` --audience ${version.audience}`;
    return pgrant(`${set} --access-token-lifetime ${time}${more}`);
  };
  await lifetime('4s');
  const brief = await declareQueue(port, await token());
  const ended = await Promise.race([brief.closed, sleep(12_000, 'still open')]);
  brief.leave();
  await lifetime('5m');
  await pgrant(`key rotate --tenant ${tenant} --alg ES256`);
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
      ['an open connection past its token', ended, version.ended],
      ['after a rotation: old and new key', rotated, 'declared, declared'],
      ...people,
    ],
  };
}
