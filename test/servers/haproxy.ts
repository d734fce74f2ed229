// HAProxy, by what `pgrant recipe haproxy` prints.
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import type { World } from './world.ts';

const resource = 'https://api.example.com';
const recipe = `recipe haproxy --tenant acme --resource ${resource}`;

export async function tryHaproxy(debian: Debian, { pgrant, machine }: World): Promise<Steps> {
  await pgrant(`${recipe} --apply`);
  const secrets: Record<string, string> = {};
  for (const tenant of ['acme', 'other']) {
    if (tenant === 'other') await pgrant(`resource set ${resource} --tenant other --title API`);
    const add = `client add --tenant ${tenant} --client-id caller --name caller`;
    const more = `--grant-type client_credentials --set default_resource=${resource}`;
    secrets[tenant] = (await pgrant(`${add} ${more}`)).client_secret;
  }
  const token = (tenant = 'acme') => machine('caller', secrets[tenant] ?? '', '', tenant);
  const port = await freePort();

  /** Exports the keys, and starts HAProxy with the rules as they are now. */
  const restart = async () => {
    await pgrant(`key export --tenant acme --alg ES256 --into ${debian.folder}/etc/haproxy/keys`);
    const { text } = (await pgrant(recipe)) as { text: string };
    debian.write('etc/haproxy/haproxy.cfg', configuration(port, text));
    return await debian.start(port, 'haproxy', '-db', '-f', '/etc/haproxy/haproxy.cfg');
  };
  const ask = async (bearer?: string) => {
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers });
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  let stop = await restart();
  const first = await token();
  const right = await ask(first);
  const none = (await ask()).slice(0, 3);
  const forged = (await ask(`${first.slice(0, -4)}AAAA`)).slice(0, 3);
  const foreign = (await ask(await token('other'))).slice(0, 3);
  await pgrant(
    `resource set ${resource} --tenant acme --title API`,
    '--access-token-lifetime',
    '1s',
  );
  const brief = await token();
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const expired = (await ask(brief)).slice(0, 3);
  await pgrant(`resource set ${resource} --tenant acme --title API`);
  // The next key is published two minutes before it signs.
  await pgrant('key rotate --tenant acme --alg ES256');
  await stop();
  stop = await restart();
  await new Promise((resolve) => setTimeout(resolve, 125_000));
  const rotated = [await ask(first), await ask(await token())].join(', ');
  await stop();
  return {
    version: await debian.version('haproxy'),
    steps: [
      ['right token', right, '200 caller'],
      ['no token', none, '401'],
      ['forged', forged, '401'],
      ["another tenant's", foreign, '401'],
      ['expired', expired, '401'],
      ['after a rotation: old and new key', rotated, '200 caller, 200 caller'],
    ],
  };
}

/** The rules of the recipe in a frontend that answers itself. */
function configuration(port: number, text: string): string {
  const rules = text.split('\n').filter((line) => line.startsWith('http-request '));
  return [
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 5s',
    '  timeout server 5s',
    'frontend api',
    `  bind 127.0.0.1:${port}`,
    ...rules.map((rule) => `  ${rule}`),
    '  http-request return status 200 content-type text/plain lf-string "%[req.hdr(X-Subject)]"',
    '',
  ].join('\n');
}
