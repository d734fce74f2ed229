// Kafka's clients by librdkafka (kcat), by what `pgrant recipe kafka` prints. What one presents to a broker is looked at as
// the recipe has a broker do it: Debian has none, and one whose jars are brought along is in kafka-java.ts.
import { generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import { listenForToken } from './kafka-sasl.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://kafka.example.com';

export async function tryLibrdkafka(debian: Debian, { origin, pgrant }: World): Promise<Steps> {
  const issuer = `${origin}/acme`;
  const recipe = `recipe kafka --tenant acme --resource ${resource} --apply`;
  const { text } = (await pgrant(recipe)) as { text: string };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await pgrant(
    `client add --tenant acme --client-id signer --name Signer --grant-type urn:ietf:params:oauth:grant-type:jwt-bearer --scope kafka --set default_resource=${resource} --jwks`,
    JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }),
  );
  debian.write('etc/signer.pem', `${privateKey.export({ format: 'pem', type: 'pkcs8' })}`);
  const [, settings = '', signing = ''] =
    /# At a client with librdkafka.*\n((?:.+\n)*)\n# One .*\n# server .*\n((?:# .*\n?)*)/.exec(
      text,
    ) ?? [];
  const bySecret = await connect(debian, settings);
  const withoutSecret = settings.replace(/^.*client\.(id|secret)=.*\n/gm, '');
  const byKey = await connect(
    debian,
    withoutSecret +
      signing
        .replace(/^# /gm, '')
        .replaceAll('<its client_id>', 'signer')
        .replace('<its key>', '/etc/signer.pem'),
  );
  const wrong = await connect(debian, settings.replace(/(client\.secret=).*/, '$1wrong'));
  const unknown = await connect(debian, settings.replace(/(scope=).*/, '$1kafak'));

  /** What the broker of the recipe makes of a token: its principal, and the scope that must be a list. */
  const principal = async (token: string) => {
    if (token.includes(' ')) return token;
    const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks.json`));
    const { payload } = await jwtVerify(token, keys, { issuer, audience: resource });
    return `User:${payload.sub} ${JSON.stringify(payload.scope)}`;
  };
  return {
    version: await debian.version('librdkafka1'),
    steps: [
      ['right token', await principal(bySecret), 'User:kafka-producer ["kafka"]'],
      ['by a key in place of a secret', await principal(byKey), 'User:signer ["kafka"]'],
      ['a wrong secret', wrong, 'Client authentication failed.'],
      ['a scope that is none', unknown, 'A requested scope is invalid or unknown: kafak'],
    ],
  };
}

/** The token that a client presents at a broker, or why it got none, in the words of its log. */
async function connect(debian: Debian, settings: string): Promise<string> {
  const port = await freePort();
  const broker = await listenForToken(port);
  const plain = settings.replace('SASL_SSL', 'SASL_PLAINTEXT');
  debian.write('etc/kcat.conf', `${plain}\nbootstrap.servers=127.0.0.1:${port}\n`);
  // It goes on until it knows the topics, which nobody tells it.
  const log = debian.run('kcat', '-F', '/etc/kcat.conf', '-L', '-m', '5').then(
    () => 'it has ended well',
    ({ stderr }) => /"error_description":"([^"]*)"/.exec(stderr)?.[1] ?? stderr,
  );
  const said = await Promise.race([broker.token, log]);
  await log;
  broker.stop();
  return said;
}
