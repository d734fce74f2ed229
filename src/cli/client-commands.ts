import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { hasSecret } from '../protocol/client-metadata.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import {
  checkGrants,
  checkKeys,
  checkUris,
  type MetadataOptions,
  metadataOptions,
  readMetadata,
} from './client-options.ts';
import { secretCommands } from './client-secret-commands.ts';
import { collect } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { settingsHelp, warnings } from './settings.ts';
import { listCommand, subjectOf, tenantCommand } from './subject.ts';
import { details, inOrder, isDuration, table, withTimes } from './text.ts';

type Named = { tenant: string };
type Row = Record<string, unknown>;
type AddOptions = MetadataOptions &
  Named & { name: string; clientId?: string; public?: boolean; set?: string[] };

export function declareCommands(group: Command): void {
  const client = subjectOf(group, { noun: 'client', key: 'client_id' });
  metadataOptions(tenantCommand(group, 'add', 'register a client and show its secret, once'))
    .requiredOption('--name <text>', 'what users see at consent')
    .option('--client-id <id>', 'default: one is made')
    .option('--public', 'a client that can keep no secret: a browser or native application')
    .option(
      '--set <setting=value>',
      'any other setting (see client set --help); repeatable',
      collect(),
    )
    .action(withSession(add));
  listCommand(group, 'the clients of a tenant', ops.client_list, {
    columns: [
      'client_id',
      'name',
      'token_endpoint_auth_method',
      'grant_types',
      'created_at',
      'disabled_at',
    ],
    empty: (tenant) => `tenant ${tenant} has no clients: pgrant client add`,
  });
  client.show('all that is known of a client', ops.client_show, describeClient);
  const changed = 'change settings; lists as a whole';
  metadataOptions(client.one('set', changed, ' [setting=value...]'))
    .option('--name <text>', 'what users see at consent')
    .addHelpText('after', settingsHelp('clients'))
    .action(withSession(set));
  client.disable(ops.client_disable, {
    disable: 'refuse the client and its tokens',
    enable: 'accept them again',
  });
  client.remove(ops.client_remove, {
    description: 'remove the client with its secrets, grants and tokens',
    check: ops.client_show,
    what: (client_id) => `client ${client_id} with its secrets, grants and tokens`,
  });
  secretCommands(group);
}

async function add(session: Session, options: AddOptions): Promise<Output> {
  const { name, clientId: client_id = randomUUID() } = options;
  const metadata: Record<string, unknown> = {
    name,
    ...(options.public && { token_endpoint_auth_method: 'none' }),
    ...readMetadata(options, options.set ?? []),
  };
  checkGrants(metadata);
  checkUris(metadata);
  checkKeys(metadata);
  const tenant = await findTenant(session, options.tenant);
  const method = metadata.token_endpoint_auth_method;
  const secretive = hasSecret(method);
  const { secret, hash } = newLastingSecret('client_secret');
  const { tenant_show } = await call(session.database, ops.tenant_show, { tenant });
  const { client_add } = await call(session.database, ops.client_add, {
    tenant,
    client_id,
    metadata,
    secret_hash: secretive ? hash : undefined,
  });
  const { issuer } = tenant_show as { issuer: string };
  const shown = {
    client_id,
    ...(secretive && { client_secret: secret }),
    issuer,
    metadata: `${issuer}/.well-known/openid-configuration`,
  };
  return {
    json: { ...(client_add as object), ...shown },
    text: [
      `client ${name} of tenant ${options.tenant} is registered`,
      details(shown),
      ...(secretive ? ['Keep the secret now: it is not shown again.'] : []),
      ...duties(client_add as Record<string, unknown>),
    ].join('\n'),
    warnings: warnings(client_add as Record<string, unknown>),
  };
}

const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?=[:/?]|$)/;
const ports =
  'On 127.0.0.1 and [::1] any port is good (RFC 8252 7.3), on localhost too where none is registered.';

/** What whoever configures the application has to see to. */
function duties({ grant_types, redirect_uris, require_pkce, ...rest }: Row): string[] {
  const codes = (grant_types as string[]).includes('authorization_code');
  const method = String(rest.token_endpoint_auth_method);
  const proofs: Record<string, string> = {
    none: 'It authenticates by its client_id alone (token_endpoint_auth_method none).',
    private_key_jwt: 'It signs at the token endpoint (private_key_jwt).',
    tls_client_auth: 'It shows its certificate at the token endpoint (tls_client_auth).',
    self_signed_tls_client_auth:
      'It shows a certificate with its key at the token endpoint (self_signed_tls_client_auth).',
  };
  return [
    proofs[method] ??
      'It sends the secret at the token endpoint, in the Authorization header or the body.',
    ...(codes
      ? [
          require_pkce
            ? 'It must send PKCE: code_challenge with code_challenge_method=S256 (RFC 7636).'
            : 'It should send PKCE (S256), and need not: require_pkce is false.',
          `It is sent to ${(redirect_uris as string[]).join(' or ')}, which it repeats character by character.`,
          ...((redirect_uris as string[]).some((uri) => loopback.test(uri)) ? [ports] : []),
        ]
      : []),
  ];
}

async function set(
  session: Session,
  client_id: string,
  pairs: string[],
  options: MetadataOptions & Named & { name?: string },
): Promise<Output> {
  const changes = {
    ...(options.name !== undefined && { name: options.name }),
    ...readMetadata(options, pairs),
  };
  const tenant = await findTenant(session, options.tenant);
  const { client_show } = await call(session.database, ops.client_show, { tenant, client_id });
  const changed = { ...(client_show as object), ...changes };
  checkUris(changed);
  checkKeys(changed);
  const { client_set } = await call(session.database, ops.client_set, {
    tenant,
    client_id,
    settings: changes,
  });
  const client = client_set as Record<string, unknown>;
  return { json: client, text: describeClient(client), warnings: warnings(client) };
}

function describeClient(json: Record<string, unknown>): string {
  const { secrets = [], ...client } = withTimes(json);
  const described = Object.entries(client).map(([name, value]) => [
    name,
    value ?? (isDuration(name) ? "the tenant's" : name === 'scopes' ? 'every scope' : null),
  ]);
  const ordered = inOrder(
    Object.fromEntries(described),
    'client_id',
    'name',
    'tenant_id',
    'created_at',
    'disabled_at',
  );
  const rows = secrets as Record<string, unknown>[];
  const held = table(rows, ['secret_id', 'created_at', 'expires_at'], 'it has no secrets');
  return `${details(ordered)}\n\n${held}`;
}
