import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { signingAlgs } from '../protocol/lists.ts';
import { collect, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { withoutRepeats } from './settings.ts';
import { listCommand, subjectOf } from './subject.ts';

type SetOptions = {
  tenant: string;
  title: string;
  scope?: string[];
  accessTokenFormat?: string;
  accessTokenAlg?: string;
  accessTokenTyp?: string;
  accessTokenLifetime?: number;
  audience?: string[];
  accessTokenScope?: string;
  accessTokenClaim?: string[];
};

export function declareCommands(group: Command): void {
  const resource = subjectOf(group, { noun: 'resource', key: 'resource', argument: 'uri' });
  resource
    .one('set', 'register a resource, or change it')
    .requiredOption('--title <text>', 'its name for users')
    .option('--scope <scope>', 'what means something there, else all; repeatable', collect())
    .addOption(new Option('--access-token-format <format>').choices(['jwt', 'opaque']))
    .addOption(new Option('--access-token-alg <alg>').choices(signingAlgs))
    .addOption(new Option('--access-token-typ <typ>').choices(['at+jwt', 'JWT']))
    .option('--access-token-lifetime <time>', 'e.g. 5m', duration)
    .option('--audience <name>', 'what else aud has, no URI; repeatable', collect())
    .addOption(new Option('--access-token-scope <form>').choices(['string', 'array']))
    .option(
      '--access-token-claim <name[=text]>',
      'a claim of the person, or text with one {claim} in it; repeatable',
      collect(),
    )
    .action(withSession(set));
  listCommand(group, 'the resources of a tenant', ops.resource_list, {
    columns: [
      'resource',
      'title',
      'scopes',
      'access_token_format',
      'access_token_alg',
      'access_token_typ',
      'access_token_lifetime',
    ],
    empty: (tenant) => `tenant ${tenant} has no resources: pgrant resource set`,
  });
  resource.remove(ops.resource_remove, {
    description: 'give out no more tokens for it',
    what: (uri) => `resource ${uri}`,
  });
}

async function set(session: Session, uri: string, options: SetOptions): Promise<Output> {
  const { title, scope: scopes } = options;
  const tenant = await findTenant(session, options.tenant);
  const { resource_set } = await call(session.database, ops.resource_set, {
    tenant,
    resource: uri,
    title,
    scopes,
    access_token_format: options.accessTokenFormat,
    access_token_alg: options.accessTokenAlg,
    access_token_typ: options.accessTokenTyp,
    access_token_lifetime: options.accessTokenLifetime,
    audiences: options.audience,
    access_token_scope: options.accessTokenScope,
    access_token_claims: options.accessTokenClaim && readClaims(options.accessTokenClaim),
  });
  const { resource } = resource_set as { resource: string };
  const text = `resource ${resource} is registered: that is the aud of its tokens`;
  return { json: { resource, title, scopes: scopes ?? null }, text };
}

/** `jid={preferred_username}@chat.example`; a name alone is the claim of that name. */
export function readClaims(claims: readonly string[]): Record<string, string> {
  return withoutRepeats(
    claims.map((claim) => {
      const [, name = claim, text = `{${claim}}`] = /^([^=]*)=(.*)$/s.exec(claim) ?? [];
      return [name, text];
    }),
  );
}
