// A broker of Kafka and its own tools: no release of Debian has them, so the jars are brought along.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';

export const folder = '/opt/kafka';

/** A certificate of the broker, in one file with its key as Kafka reads it. */
const certificate = `set -e; cd ${folder}; rm -rf data
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout broker.key -out broker.crt
cat broker.key broker.crt > broker.pem`;

/** Takes the jars of a folder, or those that an unpacked Kafka has in `libs`, into the release; gives their version. */
export function takeJars(debian: Debian, from: string): string {
  const jars = existsSync(join(from, 'libs')) ? join(from, 'libs') : from;
  const [, version] = /kafka-server-common-([\d.]+)\.jar/.exec(readdirSync(jars).join(' ')) ?? [];
  if (version === undefined) throw new Error(`there is no kafka-server-common jar in ${jars}`);
  mkdirSync(join(debian.folder, folder), { recursive: true });
  cpSync(jars, join(debian.folder, folder, version), { recursive: true });
  return version;
}

/** Starts a broker that is its own controller, with the settings of a recipe beside what any broker needs. */
export async function startBroker(
  debian: Debian,
  version: string,
  { options, settings }: { options: string[]; settings: string },
) {
  const [port, inside, controller] = [await freePort(), await freePort(), await freePort()];
  await debian.run('sh', '-c', certificate);
  const listeners = `SASL_SSL://localhost:${port},INSIDE://localhost:${inside}`;
  const properties = `${folder}/server.properties`;
  debian.write(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:${controller}
controller.listener.names=CONTROLLER
listeners=${listeners},CONTROLLER://localhost:${controller}
advertised.listeners=${listeners}
listener.security.protocol.map=SASL_SSL:SASL_SSL,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
super.users=User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location=${folder}/broker.pem
log.dirs=${folder}/data
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
${settings}`,
  );
  const java = (...words: string[]) => [
    'java',
    '-Xmx512m',
    '-cp',
    `${folder}/${version}/*`,
    ...words,
  ];
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'pgrant-tries-kafka-1',
    '-c',
    properties,
  ];
  await debian.run(...java(...format));
  const stop = await debian.start(port, ...java(...options, 'kafka.Kafka', properties));
  const tool = (name: string) => `org.apache.kafka.tools.${name}`;
  return {
    stop,
    address: `localhost:${port}`,
    /** The command of a tool for a client of the listener, with options of Java. */
    command: (options: string[], name: string, ...words: string[]) =>
      java(...options, tool(name), '--bootstrap-server', `localhost:${port}`, ...words),
    /** Runs a tool by the listener that asks nobody who they are. */
    administer: (name: string, ...words: string[]) =>
      debian.run(...java(tool(name), '--bootstrap-server', `localhost:${inside}`, ...words)),
  };
}
