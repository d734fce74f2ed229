// Dovecot 2.4 and 2.3, by what `pgrant recipe dovecot` prints: OAUTHBEARER (RFC 7628) as a mail program sends it.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://mail.example.com';

/** What the recipe calls its clients, and who writes its settings, beside what any Dovecot needs. */
type Version = {
  name: string;
  configure: (debian: Debian, port: number, text: string) => void;
  /** What a mail program is told that has a scope too few. */
  narrow: string;
};

export const tryDovecot = (debian: Debian, world: World) =>
  attempt(debian, world, { name: 'dovecot', configure: configure24, narrow: 'insufficient_scope' });
export const tryDovecot23 = (debian: Debian, world: World) =>
  attempt(debian, world, { name: 'dovecot23', configure: configure23, narrow: 'invalid_token' });

async function attempt(
  debian: Debian,
  { pgrant, person }: World,
  version: Version,
): Promise<Steps> {
  const { name, configure } = version;
  const recipe = (tenant: string) =>
    `recipe dovecot --tenant ${tenant} --resource ${resource} --name ${name}`;
  const { text } = (await pgrant(`${recipe('acme')} --apply`)) as { text: string };
  await pgrant(`${recipe('other')} --apply`);
  const port = await freePort();
  configure(debian, port, text);
  const stop = await debian.start(port, 'dovecot', '-F');
  const login = (token: string, as = 'ada') => logIn(port, as, token);
  const scope = 'openid imap';
  const token = await person(`${name}-mail`, scope);
  const right = await login(token.access_token);
  const wrong = await login('garbage');
  const somebodyElse = await login(token.access_token, 'bob');
  const narrow = await login((await person(`${name}-mail`, 'openid')).access_token);
  const foreign = await login((await person(`${name}-mail`, scope, 'other')).access_token);
  await token.revoke();
  const revoked = await login(token.access_token);
  await stop();
  return {
    version: await debian.version('dovecot-core'),
    steps: [
      ['right token', right, 'OK'],
      ['garbage', wrong, 'invalid_token'],
      ['for another name', somebodyElse, 'invalid_token'],
      ['a scope too few', narrow, version.narrow],
      ["another tenant's", foreign, 'invalid_token'],
      ['revoked', revoked, 'invalid_token'],
    ],
  };
}

/** What the server says to OAUTHBEARER: OK, the status of its JSON answer, or its words. */
async function logIn(port: number, name: string, token: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const said = createInterface({ input: socket })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value } = await said.next();
    return value?.startsWith('* ') && !value.startsWith('* OK [') ? line() : String(value);
  };
  await line();
  const bearer = `n,a=${name},\x01host=localhost\x01port=${port}\x01auth=Bearer ${token}\x01\x01`;
  socket.write(`a AUTHENTICATE OAUTHBEARER ${Buffer.from(bearer).toString('base64')}\r\n`);
  let answer = await line();
  if (answer.startsWith('+ ')) {
    const { status } = JSON.parse(Buffer.from(answer.slice(2), 'base64').toString());
    socket.write('AQ==\r\n');
    await line();
    answer = String(status);
  }
  socket.destroy();
  return /^a OK/.test(answer) ? 'OK' : answer;
}

function configure24(debian: Debian, port: number, text: string): void {
  const [, settings = ''] = /# At Dovecot 2\.4.*\n((?:.*\n)*?)\n# At Dovecot 2\.3/.exec(text) ?? [];
  debian.write(
    'etc/dovecot/dovecot.conf',
    `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
ssl = no
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = /srv/mail/%{user}
first_valid_uid = 1
log_path = /dev/stderr
${listener('listen', port)}
userdb static {
  fields {
    uid = nobody
    gid = nogroup
    home = /tmp
  }
}
${settings}
`,
  );
}

function configure23(debian: Debian, port: number, text: string): void {
  const [, settings = '', introspection = ''] =
    /# At Dovecot 2\.3.*\n((?:.*\n)*?)\n# and .*\n((?:.*\n?)*)/.exec(text) ?? [];
  debian.write('etc/dovecot/oauth2.conf.ext', introspection);
  debian.write(
    'etc/dovecot/dovecot.conf',
    `protocols = imap
ssl = no
disable_plaintext_auth = no
mail_location = maildir:/srv/mail/%u
first_valid_uid = 1
log_path = /dev/stderr
${listener('address', port)}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/tmp
}
${settings}
`,
  );
}

const listener = (address: string, port: number) => `service imap-login {
  inet_listener imap {
    ${address} = 127.0.0.1
    port = ${port}
  }
}`;
