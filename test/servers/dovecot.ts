// Dovecot, by what `pgrant recipe dovecot` prints: OAUTHBEARER (RFC 7628) as a mail program sends it.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://mail.example.com';

export async function tryDovecot(debian: Debian, { pgrant, person }: World): Promise<Steps> {
  const recipe = (tenant: string) => `recipe dovecot --tenant ${tenant} --resource ${resource}`;
  const { text } = (await pgrant(`${recipe('acme')} --apply`)) as { text: string };
  await pgrant(`${recipe('other')} --apply`);
  const port = await freePort();
  debian.write('etc/dovecot/dovecot.conf', configuration(port, text));
  const stop = await debian.start(port, 'dovecot', '-F');
  const login = (token: string, name = 'ada') => logIn(port, name, token);
  const scope = 'openid imap';
  const token = await person('dovecot-mail', scope);
  const right = await login(token.access_token);
  const wrong = await login('garbage');
  const somebodyElse = await login(token.access_token, 'bob');
  const narrow = await login((await person('dovecot-mail', 'openid')).access_token);
  const foreign = await login((await person('dovecot-mail', scope, 'other')).access_token);
  await token.revoke();
  const revoked = await login(token.access_token);
  await stop();
  return {
    version: await debian.version('dovecot-core'),
    steps: [
      ['right token', right, 'OK'],
      ['garbage', wrong, 'invalid_token'],
      ['for another name', somebodyElse, 'invalid_token'],
      ['a scope too few', narrow, 'insufficient_scope'],
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

/** The settings of the recipe, beside what any Dovecot needs. */
function configuration(port: number, text: string): string {
  const [, settings = ''] = /# At Dovecot 2\.4.*\n((?:.*\n)*?)\n# At Dovecot 2\.3/.exec(text) ?? [];
  return `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
ssl = no
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = /tmp/mail/%{user}
first_valid_uid = 1
log_path = /dev/stderr
service imap-login {
  inet_listener imap {
    listen = 127.0.0.1
    port = ${port}
  }
}
userdb static {
  fields {
    uid = nobody
    gid = nogroup
    home = /tmp
  }
}
${settings}
`;
}
