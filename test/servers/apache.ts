// Apache with mod_oauth2, by what `pgrant recipe apache` prints.
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://www.example.com';

export async function tryApache(debian: Debian, { pgrant, machine }: World): Promise<Steps> {
  const { text } = (await pgrant(`recipe apache --tenant acme --resource ${resource} --apply`)) as {
    text: string;
  };
  await pgrant(`resource set ${resource} --tenant other --title Site`);
  const callerOf = async (
    tenant: string,
    format: string,
    more = `default_resource=${resource}`,
  ) => {
    const add = `client add --tenant ${tenant} --client-id ${format}-${more.length} --name caller`;
    const options = `--grant-type client_credentials --access-token-format ${format}`;
    const { client_id, client_secret } = await pgrant(`${add} ${options} --set ${more}`);
    return await machine(client_id, client_secret, '', tenant);
  };
  const port = await freePort();
  debian.write('etc/apache2/pgrant.conf', configuration(port, text));
  debian.write('var/www/html/api', 'here');
  const stop = await debian.start(
    port,
    'apache2',
    '-DFOREGROUND',
    '-f',
    '/etc/apache2/pgrant.conf',
  );
  const ask = async (bearer?: string) => {
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    return String((await fetch(`http://127.0.0.1:${port}/api`, { headers })).status);
  };
  const right = await ask(await callerOf('acme', 'jwt'));
  const opaque = await ask(await callerOf('acme', 'opaque'));
  const none = await ask();
  const forged = await ask(
    `${(await callerOf('acme', 'jwt', 'require_pkce=true')).slice(0, -4)}AAAA`,
  );
  const elsewhere = await ask(await callerOf('acme', 'opaque', 'consent=never'));
  const foreign = await ask(await callerOf('other', 'jwt'));
  await stop();
  return {
    version: await debian.version('libapache2-mod-oauth2'),
    steps: [
      ['right JWT', right, '200'],
      ['right opaque token', opaque, '200'],
      ['no token', none, '401'],
      ['forged', forged, '401'],
      ['for another resource', elsewhere, '401'],
      ["another tenant's", foreign, '401'],
    ],
  };
}

/** The part of mod_oauth2 in a server that has what it needs and no more. */
function configuration(port: number, text: string): string {
  const [location = ''] = /<Location \/api>[\s\S]*?<\/Location>/.exec(text) ?? [];
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'oauth2'];
  return [
    'ServerRoot /etc/apache2',
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    'PidFile /tmp/apache.pid',
    'ErrorLog /tmp/apache.log',
    'User www-data',
    'Group www-data',
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    'DocumentRoot /var/www/html',
    location,
    '',
  ].join('\n');
}
