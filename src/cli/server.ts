import type { Command } from 'commander';

/** Adds the commands that run the server's processes; what they need is loaded by the one that runs. */
export function serverCommands(program: Command): void {
  const add = (name: string, description: string) => program.command(name).description(description);
  const run = async (name: string, part?: string) => (await import('../main.ts')).run(name, part);

  add(
    'start',
    'start everything in one process, with a database of its own where none is set',
  ).action(() => run('start'));
  add('web', 'start the web process, with DATABASE_URL').action(() => run('web'));
  add('worker', 'start the worker, with DATABASE_WORKER_URL').action(() => run('worker'));
  add('health', 'say by the exit code whether a process is well')
    .argument('<process>', 'web or worker')
    .action((part: string) => run('health', part));
}
