import { AsyncLocalStorage } from 'node:async_hooks';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../settings/config.ts';
import { describeFault, type Fault } from './faults.ts';
import type { Output, Session } from './operator-session.ts';
import { withTimes } from './text.ts';

/** The session of a command that runs others as parts of itself, and what the last of them gave. */
const lent = new AsyncLocalStorage<{ session: Session; output?: Output }>();

/** Runs a command within another, on its session: gives what it would print, and throws what it would complain of. */
export async function runWithin(session: Session, run: () => Promise<unknown>): Promise<Output> {
  const loan: { session: Session; output?: Output } = { session };
  await lent.run(loan, run);
  return loan.output ?? { json: {}, text: '' };
}

/**
 * A commander action that runs the handler on the database and prints what it gives. The handler
 * gets the arguments and options of its command, without the command itself.
 */
export function withSession<Args extends unknown[]>(
  handler: (session: Session, ...args: Args) => Promise<Output>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const loan = lent.getStore();
    if (loan) {
      loan.output = await handler(loan.session, ...(args.slice(0, -1) as Args));
      return;
    }
    let session: Session | undefined;
    try {
      const { openSession } = await import('./operator-session.ts');
      const { reason } = (args.at(-1) as Command).optsWithGlobals<{ reason?: string }>();
      session = openSession(loadConfig(), reason);
      print(await handler(session, ...(args.slice(0, -1) as Args)));
    } catch (error) {
      complain(await describeFault(error, session && { ...session, list: listBeside(args) }));
    } finally {
      await session?.database.end();
    }
  };
}

/** The command of the same group that lists what the others are about. */
function listBeside(args: unknown[]): string | undefined {
  const { parent } = args.at(-1) as Command;
  const list = parent?.commands.find((command) => command.name() === 'list');
  if (!list) return undefined;
  const names = [];
  for (let at: Command | null = list; at; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/** The same for a command that opens no database, or another; `setting` names what it works on. */
export function withoutSession<Args extends unknown[]>(
  handler: (config: Config, ...args: Args) => Promise<Output>,
  setting = 'DATABASE_URL',
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    try {
      print(await handler(loadConfig(), ...(args.slice(0, -1) as Args)));
    } catch (error) {
      complain(await describeFault(error, { setting }));
    }
  };
}

/** Writes the text, or with --json the document, to stdout. */
function print({ json, text, warnings = [] }: Output): void {
  if (!wantsJson()) {
    console.log([text, ...warnings].join('\n'));
    return;
  }
  console.log(JSON.stringify(withTimes(json), null, 2));
  for (const warning of warnings) console.error(warning);
}

/** Whoever reads the output may have had enough, as head has; output that is lost in any other way is a failure. */
export function mindOutput(): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') complain({ error: `stdout cannot be written: ${message}`, exit: 1 });
  });
  process.stderr.on('error', () => {});
}

/** Whether --json is there, before commander has come as far as to know. */
export function wantsJson(): boolean {
  return process.argv.includes('--json');
}

/** Says on stderr how a command is getting on. */
export function remark(line: string): void {
  console.error(wantsJson() ? JSON.stringify({ remark: line }) : `pgrant: ${line}`);
}

/** Writes the fault to stderr and sets the exit code. */
export function complain({ exit, ...fault }: Fault): void {
  process.exitCode = exit;
  if (exit === 0) return;
  if (wantsJson()) console.error(JSON.stringify(fault));
  else console.error(`pgrant: ${fault.error}${fault.hint ? `\n  ${fault.hint}` : ''}`);
}
