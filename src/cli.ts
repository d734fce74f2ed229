// The `pgrant` command: the processes of the server, and what operators do by pgrant_ops.
import { Command } from 'commander';
import { auditCommands } from './cli/audit.ts';
import { auditorCommands } from './cli/auditor.ts';
import { clientCommands } from './cli/client.ts';
import { credentialCommands } from './cli/credential.ts';
import { documentCommands } from './cli/document.ts';
import { describeFault } from './cli/errors.ts';
import { explainCommands } from './cli/explain.ts';
import { grantCommands } from './cli/grant.ts';
import { groupCommands } from './cli/group.ts';
import { incidentCommands } from './cli/incident.ts';
import { keyCommands } from './cli/key.ts';
import { registrationCommands } from './cli/registration.ts';
import { releaseCommand } from './cli/release.ts';
import { resourceCommands } from './cli/resource.ts';
import { roleCommands } from './cli/role.ts';
import { complain, wantsJson } from './cli/run.ts';
import { scopeCommands } from './cli/scope.ts';
import { serverCommands } from './cli/server.ts';
import { tenantCommands } from './cli/tenant.ts';
import { upstreamCommands } from './cli/upstream.ts';
import { userCommands } from './cli/user.ts';
import { webhookCommands } from './cli/webhook.ts';
import { whoCommand } from './cli/who.ts';

const program = new Command('pgrant')
  .description('Runs pgrant, and operates the tenants of its database.')
  .option('--json', 'one JSON document on stdout, errors as JSON on stderr')
  .configureHelp({ showGlobalOptions: true })
  // complain() shows what is wrong, in the form that --json asks for.
  .configureOutput({ outputError: () => {}, ...(wantsJson() && { writeErr: () => {} }) })
  .exitOverride();

serverCommands(program);
releaseCommand(program);
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

try {
  await program.parseAsync();
} catch (error) {
  complain(await describeFault(error));
}
