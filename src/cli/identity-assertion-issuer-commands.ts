import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { isPublicJwkSet } from '../protocol/jwk-set.ts';
import { UsageError } from './faults.ts';
import { collect, readObject } from './input.ts';
import { listCommand, subjectOf } from './subject.ts';

export function declareCommands(group: Command): void {
  const issuer = subjectOf(group, { noun: 'issuer', key: 'issuer' });
  const set = issuer
    .one('set', 'take the identity assertions that an issuer signs')
    .option('--jwks-uri <url>', 'where its public keys are, or')
    .option('--jwks <json>', 'its public keys as a JWK set')
    .option(
      '--upstream <name>',
      'identity provider by whose accounts users are found, else subject',
    );
  issuer.act(set, async ({ ask, name, options }) => {
    const settings = {
      jwks_uri: (options.jwksUri ?? null) as string | null,
      jwks: options.jwks === undefined ? null : readJwks(String(options.jwks)),
      upstream: (options.upstream ?? null) as string | null,
    };
    await ask(ops.identity_assertion_issuer_set, settings);
    return {
      json: { issuer: name, ...settings },
      text: `assertions of ${name} are taken: identity-assertion-issuer allow ${name} --client …`,
    };
  });
  const allow = issuer
    .one('allow', 'let a client present them')
    .requiredOption('--client <client_id>', 'which client')
    .requiredOption('--scope <scope>', 'what its tokens may have; repeatable', collect());
  issuer.act(allow, async ({ ask, name, options }) => {
    const allowed = { client_id: String(options.client), scopes: options.scope as string[] };
    await ask(ops.identity_assertion_client_allow, allowed);
    return {
      json: { issuer: name, ...allowed },
      text: `client ${allowed.client_id} may present assertions of ${name}`,
    };
  });
  const deny = issuer
    .one('deny', 'take that back')
    .requiredOption('--client <client_id>', 'which client');
  issuer.act(deny, async ({ ask, name, options }) => {
    const client_id = String(options.client);
    await ask(ops.identity_assertion_client_deny, { client_id });
    return {
      json: { issuer: name, client_id, removed: true },
      text: `client ${client_id} may not present assertions of ${name} any more`,
    };
  });
  listCommand(group, 'whose assertions are taken', ops.identity_assertion_issuer_list, {
    columns: ['issuer', 'jwks_uri', 'upstream', 'clients', 'last_error'],
    empty: (tenant) => `tenant ${tenant} takes none: pgrant identity-assertion-issuer set`,
  });
  issuer.remove(ops.identity_assertion_issuer_remove, {
    description: 'take none of them any more',
    what: (name) => `issuer ${name}`,
  });
}

function readJwks(json: string): Record<string, unknown> {
  const jwks = readObject(json, '--jwks', '{"keys": [{"kty": "EC", …}]}');
  if (!isPublicJwkSet(jwks)) throw new UsageError('--jwks must be a JWK set of public keys');
  return jwks;
}
