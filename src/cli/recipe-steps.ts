// pgrant's part of a recipe: commands as they are printed, each of which makes one thing.
import { Command } from 'commander';
import type { Session } from './operator-session.ts';
import { runWithin } from './run.ts';

/** A command of a recipe, and what it makes. */
export type Step = {
  words: string[];
  kind: 'scope' | 'role' | 'resource' | 'client';
  name: string;
  options: Record<string, string[]>;
  /** The thing in words. */
  what: string;
};

/** A thing as the functions of pgrant_ops show it. */
export type There = Record<string, unknown>;

/** The commands of a text: lines that begin with pgrant, with those that a backslash joins to them. */
export function readSteps(text: string): Step[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.filter((line) => line.startsWith('pgrant ')).map(readStep);
}

function readStep(line: string): Step {
  const words = wordsOf(line).slice(1);
  const [kind, , ...rest] = words;
  const options: Step['options'] = {};
  const names: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const [word = '', next] = rest.slice(at);
    if (!word.startsWith('--')) names.push(word);
    else if (next === undefined || next.startsWith('--')) options[word.slice(2)] = [];
    else {
      options[word.slice(2)] = [...(options[word.slice(2)] ?? []), next];
      at++;
    }
  }
  const name = kind === 'client' ? options['client-id']?.[0] : names[0];
  return { words, kind: kind as Step['kind'], name: name ?? '', options, what: `${kind} ${name}` };
}

/** The words of a command line, without their quotation marks. */
function wordsOf(line: string): string[] {
  const words = line.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g);
  return [...words].map(([word]) => word.replaceAll(/'([^']*)'|\\(')/g, '$1$2'));
}

/** The commands that recipes have. */
const groups: Record<Step['kind'], () => Promise<{ declareCommands: (group: Command) => void }>> = {
  scope: () => import('./scope-commands.ts'),
  role: () => import('./role-commands.ts'),
  resource: () => import('./resource-commands.ts'),
  client: () => import('./client-commands.ts'),
};

/** Runs the command, as somebody would who typed it; gives its document, and throws its refusal. */
export async function runStep(session: Session, { words, kind }: Step): Promise<There> {
  const group = new Command(kind).exitOverride().configureOutput({ outputError: () => {} });
  const { declareCommands } = await groups[kind]();
  declareCommands(group);
  const run = () => group.parseAsync(words.slice(1), { from: 'user' });
  return (await runWithin(session, run)).json as There;
}
