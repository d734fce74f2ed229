import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { makeKey, setOf } from '../support/signing.ts';
import { operator } from './cli.ts';

const { pgrant, document } = operator(await createDatabase());
const at = ['--tenant', 'acme'];
const audience = 'https://chat.example';
const issuer = 'https://idp.example';

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  await document('scope add chat.read --tenant acme --title Read');
  const client = 'client add --tenant acme --name';
  await document(
    `${client} Wiki --client-id wiki --grant-type urn:ietf:params:oauth:grant-type:token-exchange`,
  );
  await document(
    `${client} Chat --client-id chat --grant-type urn:ietf:params:oauth:grant-type:jwt-bearer`,
  );
});

/** A command that is refused in one line. */
async function refused(command: string, words: string) {
  const { code, out, err } = await pgrant([...command.split(' '), ...at]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(words);
  expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
}

test('identity-assertion-policy set, list and remove', async () => {
  const policy = `identity-assertion-policy set wiki --tenant acme --audience ${audience}`;
  expect(
    await document(`${policy} --audience-client-id w --scope chat.read --scope chat.write`),
  ).toMatchObject({ client_id: 'wiki', audience, scopes: ['chat.read', 'chat.write'] });
  await document(`${policy} --audience-client-id w2 --scope chat.read`);
  expect(await document('identity-assertion-policy list --tenant acme')).toMatchObject([
    { client_id: 'wiki', audience, audience_client_id: 'w2', scopes: ['chat.read'], resources: [] },
  ]);
  await document(`identity-assertion-policy remove wiki --tenant acme --audience ${audience}`);
  const listed = await pgrant(['identity-assertion-policy', 'list', ...at]);
  expect(listed.out).toContain('identity-assertion-policy set');
});

test('identity-assertion-issuer set, allow, list, deny and remove', async () => {
  const jwks = JSON.stringify(setOf(await makeKey()));
  const set = await pgrant(['identity-assertion-issuer', 'set', issuer, ...at, '--jwks', jwks]);
  expect(set).toMatchObject({ code: 0, err: '' });
  const allow = `identity-assertion-issuer allow ${issuer} --tenant acme --client chat`;
  await document(`${allow} --scope chat.read`);
  expect(await document('identity-assertion-issuer list --tenant acme')).toMatchObject([
    { issuer, jwks_uri: null, upstream: null, clients: { chat: ['chat.read'] } },
  ]);
  await document(`identity-assertion-issuer deny ${issuer} --tenant acme --client chat`);
  await document(`identity-assertion-issuer remove ${issuer} --tenant acme --yes`);
  expect(await document('identity-assertion-issuer list --tenant acme')).toEqual([]);
});

test('what is not known, or not possible, is refused in one line', async () => {
  const policy = `--audience ${audience} --audience-client-id w --scope x`;
  await refused(`identity-assertion-policy set nobody ${policy}`, 'there is no client nobody');
  await refused(`identity-assertion-policy set chat ${policy}`, 'is not registered for');
  await refused(
    `identity-assertion-policy set wiki ${policy} --subject-client nobody`,
    'there is no client nobody',
  );
  await refused(
    'identity-assertion-policy set wiki --audience http://localhost:3000/acme --audience-client-id w --scope x',
    'this tenant itself',
  );
  await refused(
    'identity-assertion-policy set wiki --audience chat --audience-client-id w --scope x',
    'must be an issuer identifier',
  );
  await refused(`identity-assertion-policy remove wiki --audience ${audience}`, 'has no policy');
  await refused(`identity-assertion-issuer set ${issuer}`, 'one of jwks_uri and jwks');
  await refused(
    `identity-assertion-issuer set ${issuer} --jwks-uri ${issuer}/jwks --upstream nobody`,
    'there is no identity provider nobody',
  );
  const allow = `identity-assertion-issuer allow ${issuer} --client`;
  await refused(`${allow} chat --scope chat.read`, 'are not taken');
  await document(`identity-assertion-issuer set ${issuer} --tenant acme --jwks-uri ${issuer}/jwks`);
  await refused(`${allow} wiki --scope chat.read`, 'is not registered for');
  await refused(`${allow} chat --scope unknown`, 'has no scope unknown');
  await refused(`identity-assertion-issuer deny ${issuer} --client chat`, 'may not present');
  await refused('identity-assertion-issuer remove https://x.example --yes', 'are not taken');
});
