// A broker of Kafka, its clients in Java and by librdkafka, by what `pgrant recipe kafka` prints.
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Debian } from './debian.ts';
import { folder, startBroker, takeJars } from './kafka-broker.ts';
import { senderByLibrdkafka } from './kafka-librdkafka.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://broker.example.com';
const id = 'broker-producer';
const classes = 'org.apache.kafka.common.security.oauthbearer';
const forbidden = 'Not authorized to access topics: [orders]';
const refused = '"status":"invalid_token"';

export async function tryKafka(debian: Debian, world: World, jars: string): Promise<Steps> {
  const { pgrant, machine } = world;
  const version = takeJars(debian, jars);
  const recipeOf = async (tenant: string): Promise<string> => {
    const line = `recipe kafka --tenant ${tenant} --resource ${resource} --name broker --apply`;
    return (await pgrant(line)).text;
  };
  const [text, foreign] = [await recipeOf('acme'), await recipeOf('other')];
  // The next key is published two minutes before it signs.
  const refresh = 'sasl.oauthbearer.jwks.endpoint.refresh.ms=60000';
  const settings = `${linesOf(text, 'server.properties')}\n${refresh}\n`;
  const broker = await startBroker(debian, version, {
    options: [linesOf(text, 'At the broker')],
    settings,
  });
  await broker.administer('TopicCommand', '--create', '--topic', 'orders');
  const allow = (principal: string) => {
    const acl = linesOf(text, 'What a principal may').replace("'<its topic>'", 'orders');
    return broker.administer('AclCommand', ...acl.replace(id, principal).split(' '));
  };

  /** What comes of a message that a client sends. */
  const send = async (message: string, client: string, ...options: string[]) => {
    const file = `${folder}/client.properties`;
    debian.write(
      file,
      `${client}\nssl.truststore.type=PEM\nssl.truststore.location=${folder}/broker.crt\n`,
    );
    const words = ['--sync', '--topic', 'orders', '--command-config', file];
    const command = broker.command(options, 'ConsoleProducer', ...words);
    const pipe = 'm=$1; shift; echo "$m" | "$@" 2>&1';
    const said = await debian
      .run('sh', '-c', pipe, 'sh', message, ...command)
      .catch(({ stdout }) => `${stdout}`);
    const [fault] = /Not authorized.*|"status":"\w+"|\{"\w+" - ".*"\}/.exec(said) ?? [];
    // Where no library for logs is among the jars.
    return fault ?? (said.replaceAll(/^SLF4J: .*$/gm, '').trim() || 'sent');
  };
  const inJava = linesOf(text, 'client.properties');
  const url = linesOf(text, 'At a client in Java');
  const as = (client_id: string, secret: string) =>
    inJava
      .replace(/(client\.id=).*/, `$1${client_id}`)
      .replace(/(client\.secret=).*/, `$1${secret}`);
  const add = async (client_id: string, ...more: string[]) => {
    const line = `client add --tenant acme --client-id ${client_id} --name Other --scope kafka`;
    return pgrant(line, ...more);
  };
  /** Sends by a token that the client has from a file. */
  const present = (message: string, token: string) => {
    const file = `${folder}/token`;
    debian.write(file, token);
    const client = `${inJava.replace(/(token\.endpoint\.url=).*/, `$1file://${file}`)}
sasl.oauthbearer.jwt.retriever.class=${classes}.FileJwtRetriever`;
    const allowed = '-Dorg.apache.kafka.sasl.oauthbearer.allowed';
    return send(message, client, `${allowed}.urls=file://${file}`, `${allowed}.files=${file}`);
  };
  /** Sends as the recipe has a client do it that signs. */
  const sign = async (message: string) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const keys = JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] });
    const more = ['--grant-type', grant, '--set', `default_resource=${resource}`, '--jwks', keys];
    await add('broker-signer', ...more);
    await allow('broker-signer');
    const file = `${folder}/signer.pem`;
    debian.write(file, `${privateKey.export({ format: 'pem', type: 'pkcs8' })}`);
    const signing = partOf(text, 'A client that signs').replaceAll(/^# (?!sasl).*\n|^# /gm, '');
    const client = `${inJava.replaceAll(/^.*client\.credentials.*\n/gm, '')}
${signing
  .replaceAll('<its client_id>', 'broker-signer')
  .replace(/<ES256.*>/, 'ES256')
  .replace(/<its key.*>/, file)}`;
    const allowed = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${file}`;
    return send(message, client, url, allowed);
  };

  const [, secret = ''] = /client\.secret=(.*)/.exec(text) ?? [];
  const token = () => machine(id, secret);
  const own = ['--grant-type', 'client_credentials'];
  const unbound = await add('unbound', ...own, '--access-token-format', 'jwt');
  const byLibrdkafka = senderByLibrdkafka(debian, broker.address);
  const forLibrdkafka = linesOf(text, 'At a client with librdkafka');
  const steps: Steps['steps'] = [
    ['no ACL', await send('unallowed', inJava, url), forbidden],
    [
      'no ACL by librdkafka',
      await byLibrdkafka('unallowed', forLibrdkafka),
      'Topic authorization failed',
    ],
  ];
  await allow(id);
  steps.push(
    ['right token', await send('right', inJava, url), 'sent'],
    ['by librdkafka', await byLibrdkafka('by librdkafka', forLibrdkafka), 'sent'],
    ['of a client that signs', await sign('signed'), 'sent'],
    [
      'a wrong secret',
      await send('wrong', as(id, 'wrong'), url),
      '{"invalid_client" - "Client authentication failed."}',
    ],
    [
      "another tenant's",
      await send(
        'foreign',
        linesOf(foreign, 'client.properties'),
        linesOf(foreign, 'At a client in'),
      ),
      refused,
    ],
    [
      "another tenant's by librdkafka",
      await byLibrdkafka('foreign', linesOf(foreign, 'At a client with librdkafka')),
      refused,
    ],
    ['for no resource', await send('unbound', as('unbound', unbound.client_secret), url), refused],
  );
  const set = `resource set ${resource} --tenant acme --title Kafka --access-token-format jwt`;
  await pgrant(`${set} --access-token-scope array --access-token-lifetime 5s`);
  const brief = await token();
  await pgrant(`${set} --access-token-scope array`);
  const first = await token();
  await pgrant('key rotate --tenant acme --alg ES256');
  await sleep(125_000);
  steps.push(
    ['expired', await present('expired', brief), refused],
    ['after a rotation: old key', await present('old key', first), 'sent'],
    ['new key', await send('new key', inJava, url), 'sent'],
    ['new key by librdkafka', await byLibrdkafka('another new key', forLibrdkafka), 'sent'],
  );
  await pgrant(`client disable ${id} --tenant acme`);
  steps.push([
    'of a client that is disabled',
    await send('disabled', inJava, url),
    '{"invalid_client" - "Client authentication failed."}',
  ]);
  const words = ['--topic', 'orders', '--from-beginning', '--max-messages', '6'];
  const read = await broker.administer(
    'consumer.ConsoleConsumer',
    ...words,
    '--timeout-ms',
    '60000',
  );
  steps.push([
    'what is read',
    read.trim().split('\n').join(', '),
    'right, by librdkafka, signed, old key, new key, another new key',
  ]);
  await broker.stop();
  return { version, steps };
}

/** A part of the recipe, after its heading. */
function partOf(text: string, heading: string): string {
  const part = text.split('\n\n').find((part) => part.startsWith(`# ${heading}`)) ?? '';
  return part.slice(part.indexOf('\n') + 1);
}

/** The lines of a part that are no comment. */
function linesOf(text: string, heading: string): string {
  return partOf(text, heading).replaceAll(/^#.*\n/gm, '');
}
