// What the pages list is what there is: commands with their options, endpoints, settings.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../src/app.ts';
import { settings } from '../src/settings/config.ts';
import { stored } from '../src/settings/stored.ts';
import { atStart, crontab } from '../src/worker/schedule.ts';
import { createDatabase } from './support/database.ts';
import { linesOf, pages, proseOf, root, tableOf } from './support/pages.ts';

const program = new Command('pgrant').option('--json').option('--reason <text>');

/** As main.ts does: the names on one screen, and the file of each. */
beforeAll(async () => {
  const text = readFileSync(join(root, 'src/main.ts'), 'utf8');
  const declared = text.matchAll(
    /\[\s*'([\w-]+)',\s*'(?:[^'\\]|\\.)*',\s*\(\) => import\('(.+?)'\)/g,
  );
  for (const [, name = '', file = ''] of declared) {
    const { declareCommands } = await import(/* @vite-ignore */ join(root, 'src', file));
    declareCommands(program.command(name));
  }
});

/** The words of a command up to a comment, a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/ +(?:#|<<<|\||>) /);
  const words = [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  return words.slice(words.indexOf('pgrant') + 1).filter((word) => word !== '--');
}

/** The command that the words name, and the words behind its name. */
function resolve(words: string[]): { command: Command; rest: string[] } {
  let command = program;
  let rest = words;
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (!next) return { command, rest };
    [command, rest] = [next, rest.slice(1)];
  }
}

/** What is wrong with the command as it is written; `whole` = it can be typed like that. */
function faultsOf(line: string, whole: boolean): string[] {
  const { command, rest } = resolve(wordsOf(line));
  if (command === program) return [`no such command: ${line}`];
  const given = rest.filter((word) => word.startsWith('--'));
  const known = [...command.options, ...program.options].map(({ long }) => long);
  const faults = given.filter((word) => !known.includes(word) && word !== '--help');
  if (command.commands.length > 0 && rest.length > 0) faults.push(`${rest[0]}`);
  if (whole) {
    const missing = command.options.filter(({ mandatory }) => mandatory);
    faults.push(...missing.map(({ long }) => `${long}`).filter((long) => !given.includes(long)));
    if (command.commands.length > 0) faults.push('half a command');
    const needed = command.registeredArguments.filter(({ required }) => required).length;
    if (rest.filter((word) => !word.startsWith('--')).length < needed) faults.push('an argument');
  }
  return faults.map((fault) => `${line}: ${fault}`);
}

describe('commands', () => {
  test('the table of src/cli/README.md has each, in the order of --help', () => {
    const named = tableOf('src/cli/README.md', 'Commands').map(([name]) => name);
    expect(named).toEqual(program.commands.map((command) => `\`${command.name()}\``));
    expect(named.length).toBeGreaterThan(20);
  });

  test.each(pages)('%s has only commands and options that there are', (page) => {
    const whole = linesOf(page).filter((line) => /^(npm run (--silent )?)?pgrant (?!<)/.test(line));
    const said = [...proseOf(page).matchAll(/`(pgrant [a-z][^`]*)`/g)].map(([, line = '']) => line);
    const faults = [
      ...whole.flatMap((line) => faultsOf(line, true)),
      ...said.flatMap((line) => faultsOf(line.replaceAll(/\s+/g, ' '), false)),
    ];
    expect(faults).toEqual([]);
  });
});

test('the table of src/http/README.md has every endpoint, and from where it may be called', () => {
  const listed = tableOf('src/http/README.md', 'Endpoints').map(([methods, path, , from]) => ({
    methods: methods?.split(', '),
    path: path?.replaceAll('`', ''),
    from: from?.trim(),
  }));
  const there = routes.map(([methods, path, , , from = '']) => ({ methods, path, from }));
  expect(listed).toEqual(there);
});

test('the table of src/settings/README.md has the settings of the environment, and no others', () => {
  const page = 'src/settings/README.md';
  const named = [...proseOf(page).matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(settings.map(({ name }) => name).toSorted());
});

test('the table of sql/functions/keep/README.md has every task, and when it runs', () => {
  const rows = tableOf('sql/functions/keep/README.md', "The worker's tasks");
  const listed = rows.map(([task, when = '']) => `${task?.replaceAll('`', '')}: ${when}`);
  const lines = crontab.matchAll(/^([\d*/]+) \* \* \* \* (\w+) /gm);
  const due = [...lines].map(([, minute = '', task = '']) => {
    const every = { '*': 'each minute', '*/10': 'every ten minutes' }[minute] ?? 'hourly';
    const first = (atStart as readonly string[]).includes(task) ? ', and when a worker starts' : '';
    return `${task}: ${every}${first}`;
  });
  expect(listed.toSorted()).toEqual(due.toSorted());
});

describe('what SQL lists', () => {
  let sql: Sql;
  beforeAll(async () => {
    ({ sql } = await createDatabase());
  });

  const first = (page: string, heading: string) =>
    tableOf(page, heading).flatMap(([cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );

  test('the events of webhooks are those of sql/functions/options/webhooks/README.md', async () => {
    const [row] = await sql`select pgrant_rules.event_types() as types`;
    const listed = first('sql/functions/options/webhooks/README.md', 'Events');
    expect(listed.toSorted()).toEqual(row?.types.toSorted());
  });

  test('the presets of tenants are those of src/cli/README.md', async () => {
    const rows = await sql`select distinct preset from pgrant_ops.tenant_presets()`;
    const listed = first('src/cli/README.md', 'Presets');
    expect(listed.toSorted()).toEqual(rows.map(({ preset }) => preset).toSorted());
  });
});

test.each(pages.filter((page) => page.includes('/options/')))(
  '%s names only settings that there are',
  (page) => {
    const known = Object.values(stored).flatMap((table) => table.map(({ name }) => `${name}`));
    const cells = tableOf(page, 'Settings').map(([first = '']) => first);
    const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name = '') => !known.includes(name))).toEqual([]);
  },
);
