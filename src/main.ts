// Every command on one screen; each loads what it needs, and no more.
import { Command } from 'commander';
import { complain, mindOutput, wantsJson } from './cli/run.ts';

type Declaration = { declareCommands: (command: Command) => void };

const commands: [name: string, description: string, load: () => Promise<Declaration>][] = [
  [
    'start',
    'everything in one process, with a PostgreSQL of its own where none is given',
    () => import('./processes/start-command.ts'),
  ],
  ['web', 'answer requests', () => import('./processes/web-command.ts')],
  ['worker', 'do what is due', () => import('./processes/worker-command.ts')],
  [
    'release',
    'bring the database to what sql/ says, with DATABASE_OWNER_URL',
    () => import('./cli/release-command.ts'),
  ],
  [
    'health',
    'exit code 0 where a process does its work: web answers, or no task of the worker is late',
    () => import('./cli/health-command.ts'),
  ],
  ['tenant', 'tenants, each with its issuer', () => import('./cli/tenant-commands.ts')],
  [
    'admin',
    'people and programs that administer a tenant',
    () => import('./cli/admin-commands.ts'),
  ],
  ['client', 'applications that may ask for tokens', () => import('./cli/client-commands.ts')],
  ['user', 'users, who can sign in', () => import('./cli/user-commands.ts')],
  [
    'second-factor',
    'what users show beside a password (tenant set <name> second_factor=optional)',
    () => import('./cli/second-factor-commands.ts'),
  ],
  ['scope', 'what may be asked for, in words for people', () => import('./cli/scope-commands.ts')],
  ['role', 'roles of users; each is a scope at once', () => import('./cli/role-commands.ts')],
  ['group', 'groups of users, and the roles they bring', () => import('./cli/group-commands.ts')],
  [
    'credential',
    'API credentials: keys that users make for applications of their own',
    () => import('./cli/credential-commands.ts'),
  ],
  [
    'resource',
    'APIs that tokens are for (resource indicators)',
    () => import('./cli/resource-commands.ts'),
  ],
  [
    'explain',
    'which scopes a token would have, and why not the others; before there is one too',
    () => import('./cli/explain-command.ts'),
  ],
  [
    'refusals',
    'scopes that the clients of a tenant asked for in vain: how often, since when, why',
    () => import('./cli/refusals-command.ts'),
  ],
  [
    'errors',
    'what the clients of a tenant were refused lately, and why',
    () => import('./cli/errors-command.ts'),
  ],
  ['grant', 'what users have allowed clients', () => import('./cli/grant-commands.ts')],
  [
    'who',
    'who can reach a scope or a resource, or could at a moment of the past, and through what',
    () => import('./cli/who-command.ts'),
  ],
  [
    'authorization-details-type',
    'what clients may ask for beside scopes (RFC 9396)',
    () => import('./cli/authorization-details-type-commands.ts'),
  ],
  [
    'exchange',
    'which clients may exchange tokens of users for others (RFC 8693)',
    () => import('./cli/exchange-commands.ts'),
  ],
  [
    'identity-assertion-policy',
    'which clients may have identity assertions for other servers (ID-JAG)',
    () => import('./cli/identity-assertion-policy-commands.ts'),
  ],
  [
    'identity-assertion-issuer',
    'whose identity assertions are taken, and from which clients (ID-JAG)',
    () => import('./cli/identity-assertion-issuer-commands.ts'),
  ],
  [
    'upstream',
    'identity providers: users sign in with an account that they have elsewhere',
    () => import('./cli/upstream-commands.ts'),
  ],
  [
    'registration',
    'clients that register themselves (tenant set <name> registration=open)',
    () => import('./cli/registration-commands.ts'),
  ],
  [
    'webhook',
    'where the events of a tenant are sent to (Standard Webhooks)',
    () => import('./cli/webhook-commands.ts'),
  ],
  [
    'logout',
    'which clients were told that a session is over (backchannel_logout_uri)',
    () => import('./cli/logout-commands.ts'),
  ],
  [
    'document',
    'clients whose client_id is the URL of their metadata (client_documents=open)',
    () => import('./cli/document-commands.ts'),
  ],
  ['logo', 'copies of the logos that the pages show', () => import('./cli/logo-commands.ts')],
  ['key', 'signing keys, which the worker rotates', () => import('./cli/key-commands.ts')],
  [
    'recipe',
    'what to set here and there for a server that takes tokens',
    () => import('./cli/recipe-command.ts'),
  ],
  [
    'developer',
    'applications that people brought to the developer portal, and their reviews',
    () => import('./cli/developer-commands.ts'),
  ],
  [
    'review',
    'what was reviewed of clients, secrets and grants, and what is due',
    () => import('./cli/review-commands.ts'),
  ],
  [
    'backup',
    'a dump that can be proven whole after it was restored',
    () => import('./cli/backup-commands.ts'),
  ],
  ['incident', 'after a leak', () => import('./cli/incident-commands.ts')],
  ['audit', 'the audit of a tenant, which is sealed', () => import('./cli/audit-commands.ts')],
  [
    'partition',
    'tables that are cut by time, and for how long they are kept',
    () => import('./cli/partition-commands.ts'),
  ],
  [
    'auditor',
    'roles of the database that read pgrant_report',
    () => import('./cli/auditor-commands.ts'),
  ],
];

const program = new Command('pgrant')
  .description('An OAuth 2.1 and OpenID Connect server: its processes, and what operators do.')
  .option('--json', 'one JSON document on stdout, errors as JSON on stderr')
  .option('--reason <text>', 'why a command changes something, for the audit')
  .helpCommand(false)
  .configureHelp({ showGlobalOptions: true })
  // complain() shows what is wrong, in the form that --json asks for.
  .configureOutput({ outputError: () => {}, ...(wantsJson() && { writeErr: () => {} }) })
  .exitOverride();

for (const [name, description] of commands) program.command(name).description(description);
program.hook('preSubcommand', async (_program, command) => {
  const [, , load] = commands.find(([name]) => name === command.name()) ?? [];
  (await load?.())?.declareCommands(command);
});

mindOutput();

// `pgrant help client`: the help of a group is there once its file is loaded.
const [first, ...rest] = process.argv.slice(2);
const words = first === 'help' ? [...rest, '--help'] : process.argv.slice(2);

try {
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  const { describeFault } = await import('./cli/faults.ts');
  complain(await describeFault(error));
}
