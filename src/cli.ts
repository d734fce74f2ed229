// The `pgrant` command: what operators do, by pgrant_ops.
import { Command } from 'commander';
import { auditCommands } from './cli/audit-commands.ts';
import { auditorCommands } from './cli/auditor-commands.ts';
import { clientCommands } from './cli/client-commands.ts';
import { credentialCommands } from './cli/credential-commands.ts';
import { documentCommands } from './cli/document-commands.ts';
import { explainCommands } from './cli/explain-commands.ts';
import { describeFault } from './cli/faults.ts';
import { grantCommands } from './cli/grant-commands.ts';
import { groupCommands } from './cli/group-commands.ts';
import { incidentCommands } from './cli/incident-commands.ts';
import { keyCommands } from './cli/key-commands.ts';
import { registrationCommands } from './cli/registration-commands.ts';
import { releaseCommand } from './cli/release.ts';
import { resourceCommands } from './cli/resource-commands.ts';
import { roleCommands } from './cli/role-commands.ts';
import { complain, wantsJson } from './cli/run.ts';
import { scopeCommands } from './cli/scope-commands.ts';
import { tenantCommands } from './cli/tenant-commands.ts';
import { upstreamCommands } from './cli/upstream-commands.ts';
import { userCommands } from './cli/user-commands.ts';
import { webhookCommands } from './cli/webhook-commands.ts';
import { whoCommand } from './cli/who-command.ts';

const program = new Command('pgrant')
  .description('Operates the tenants of a pgrant database.')
  .option('--json', 'one JSON document on stdout, errors as JSON on stderr')
  .configureHelp({ showGlobalOptions: true })
  // complain() shows what is wrong, in the form that --json asks for.
  .configureOutput({ outputError: () => {}, ...(wantsJson() && { writeErr: () => {} }) })
  .exitOverride();

tenantCommands(program);
clientCommands(program);
userCommands(program);
scopeCommands(program);
roleCommands(program);
groupCommands(program);
credentialCommands(program);
resourceCommands(program);
explainCommands(program);
grantCommands(program);
whoCommand(program);
upstreamCommands(program);
registrationCommands(program);
webhookCommands(program);
documentCommands(program);
keyCommands(program);
incidentCommands(program);
auditCommands(program);
auditorCommands(program);
releaseCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  complain(await describeFault(error));
}
