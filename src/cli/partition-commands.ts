import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { UsageError } from './faults.ts';
import { calendarDuration, confirm, isShorter } from './input.ts';
import type { Output, Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Plan = { ahead?: string; retention?: string; yes?: boolean };

const units = `
A time is such as 3mon, 14d, 12h, 15m or 60s, as list prints it (mon is a month, m a minute); --json has the same text.`;

export function declareCommands(group: Command): void {
  group
    .command('list')
    .description('tables that are cut by time: how wide, how far ahead, how long they are kept')
    .addHelpText('after', units)
    .action(withSession(list));
  group
    .command('set <table>')
    .description('change the plan of a table, from the next hourly run of the worker on')
    .option('--ahead <time>', 'how far ahead partitions are made, such as 14d', calendarDuration)
    .option(
      '--retention <time>',
      'how long after its end one is kept, such as 2d',
      calendarDuration,
    )
    .option('--yes', 'do not ask, where that becomes shorter')
    .addHelpText('after', units)
    .action(withSession(set));
}

async function list({ database }: Session): Promise<Output> {
  const rows = await callAll(database, ops.partition_plan_list, {});
  const shown = rows.map(({ table_name, ...plan }) => ({ table: table_name, ...plan }));
  const columns = ['table', 'step', 'ahead', 'retention'] as const;
  return { json: rows, text: table(shown, columns, 'the database has no partitions') };
}

async function set({ database }: Session, name: string, options: Plan): Promise<Output> {
  const { ahead, retention } = options;
  if (ahead === undefined && retention === undefined) {
    throw new UsageError('say what: --ahead, --retention or both');
  }
  const plans = await callAll(database, ops.partition_plan_list, {});
  const before = plans.find(({ table_name }) => table_name === name);
  if (retention !== undefined && before && isShorter(retention, before.retention)) {
    await confirm(name, `what of ${name} is older than ${retention}, of every tenant,`, options);
  }
  await call(database, ops.partition_plan_set, { table: name, ahead, retention });
  const json = { table: name, ahead, retention };
  return { json, text: `${name}: set, for the next run of the worker within the hour` };
}
