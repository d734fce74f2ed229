import { Argument, type Command } from 'commander';
import { checkWeb, checkWorker } from '../operations/health-check.ts';
import { address } from './operator-session.ts';
import { withoutSession } from './run.ts';

export function declareCommands(command: Command): void {
  command
    .addArgument(new Argument('[process]', 'which').choices(['web', 'worker']).default('worker'))
    .action(
      withoutSession(async (config, what: string) => {
        if (what === 'web') await checkWeb(config);
        else await checkWorker(address(config).url);
        return { json: { process: what, ready: true }, text: `${what} is ready` };
      }),
    );
}
