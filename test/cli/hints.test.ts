// What is suggested to an operator.
import { expect, test } from 'vitest';
import { commandsIn } from '../../src/cli/hints.ts';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { pgrant } = operator(database);

// Called by the worker alone.
const within = ['pgrant sealed list'];

test('every command that a function suggests is one', async () => {
  const rows = await database.sql<{ hint: string }[]>`
    select distinct m[1] as hint
      from pg_proc p cross join regexp_matches(p.prosrc, 'hint = ''([^'']*pgrant_ops[^'']*)''', 'g') m
     where p.pronamespace::regnamespace::text like 'pgrant%'`;
  const said = rows.map(({ hint }) => commandsIn(hint));
  expect(said.join('\n')).not.toMatch(/pgrant_ops|\(p_|select |_list/);
  const suggested = new Set(
    said.flatMap((text) => text.match(/pgrant [a-z-]+(?: [a-z-]+){0,2}/g) ?? []),
  );
  const commands = [...suggested].filter((one) => !within.includes(one));
  expect(commands.length).toBeGreaterThan(15);
  for (const command of commands) {
    // What stands behind a command in the sentence is no word of it, and --help passes over it.
    const { out } = await pgrant([...command.split(' ').slice(1), '--help']);
    const [, usage = 'no command'] =
      /^Usage: (pgrant[a-z -]*?)(?: \[options\](?! \[command\])|$)/m.exec(out) ?? [];
    expect([command, command.startsWith(usage)]).toEqual([command, true]);
  }
}, 60_000);
