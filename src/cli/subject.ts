// Commands of the same shape: a group declares what it is about, and what there is to say of it.
import type { Command } from 'commander';
import type { Binding } from '../db/binding.ts';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { confirm, count } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { readFields, readSettings, type SettingsTable, settingsHelp } from './settings.ts';
import { table, withTimes } from './text.ts';

type Options = { tenant: string; yes?: boolean } & Record<string, unknown>;
type Row = Record<string, unknown>;

/** An SQL function of a tenant, whatever else it takes. */
type TenantBinding<Result> = Binding<{ tenant: string }, Result>;

type List<Result, Given> = {
  columns: readonly (keyof Result & string)[];
  /** What is said where there are no rows; `tenant` is its name. */
  empty: (tenant: string, options: Given) => string;
  /** The arguments of the SQL function besides the tenant. */
  filter?: (options: Given) => object;
  /** Whose rows they are, who have to be somebody's. */
  of?: (options: Given) => { username?: string | undefined };
  /** Where it is read by pages of --limit rows: the options that ask for the page after this row. */
  next?: (last: Result) => string;
};

type Remove = {
  description: string;
  /** What goes, as the question says it; without it nothing is asked. */
  what?: (name: string) => string;
  /** The SQL function that says that there is no such thing, before anything is asked. */
  check?: TenantBinding<unknown>;
  text?: (name: string) => string;
};

/** Adds a command that is about one tenant. */
export function tenantCommand(group: Command, usage: string, description: string): Command {
  return group
    .command(usage)
    .description(description)
    .requiredOption('--tenant <name>', 'name of the tenant');
}

/** Adds a command that shows rows of a tenant as a table; its options are for the caller to add. */
export function listCommand<Result extends Row, Given extends object = object>(
  group: Command,
  description: string,
  rowsOf: TenantBinding<Result>,
  { columns, empty, filter, of, next }: List<Result, Given & { tenant: string }>,
): Command {
  const command = tenantCommand(group, 'list', description);
  if (next) command.option('--limit <count>', 'most rows', count, 100);
  return command.action(
    withSession(async (session, options: Given & { tenant: string; limit: number }) => {
      const tenant = await findTenant(session, options.tenant);
      if (of) await call(session.database, ops.names_known, { tenant, ...of(options) });
      const limit = next && { limit: options.limit + 1 };
      const args = { tenant, ...filter?.(options), ...limit };
      // Lists have no error: every row is a result.
      const rows = (await callAll(session.database, rowsOf, args)) as Result[];
      return asTable(rows, columns, empty(options.tenant, options), options.limit, next);
    }),
  );
}

/** Rows as a table; where they are more than `limit`, those, and how to ask for the others. */
export function asTable<Result extends Row>(
  rows: Result[],
  columns: readonly (keyof Result & string)[],
  empty: string,
  limit?: number,
  next?: (last: Result) => string,
): Output {
  const shown = rows.slice(0, limit);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  const warnings = next && last ? [`more: ${next(last)}`] : [];
  return { json: shown, text: table(withTimes(shown), columns, empty), warnings };
}

type Subject = {
  /** What people call one. */
  noun: string;
  /** What SQL calls its name, which is an argument of the commands, */
  key: string;
  argument?: string;
  /** or an option that has this description. */
  option?: string;
  /** Whether it is the tenant itself. */
  itself?: boolean;
};

/** The commands of a group about tenants, or about things that a tenant has. */
export function subjectOf(group: Command, subject: Subject) {
  const { noun, key, argument = key, option, itself = false } = subject;
  const one = (verb: string, description: string, more = '') => {
    const usage = option === undefined ? `${verb} <${argument}>${more}` : verb + more;
    if (itself) return group.command(usage).description(description);
    const command = tenantCommand(group, usage, description);
    return option === undefined ? command : command.requiredOption(`--${key} <name>`, option);
  };

  /** Adds a command about one; the handler is given what the SQL function needs to find it. */
  const act = (command: Command, handler: (found: Found) => Promise<Output>): Command =>
    command.action(
      withSession(async (session, ...given: unknown[]) => {
        const { database } = session;
        const options = given.at(-1) as Options;
        const name = String(option === undefined ? given[0] : options[key]);
        const tenant = await findTenant({ database }, itself ? name : options.tenant);
        const ask = <Result>(binding: TenantBinding<Result>, more: object = {}) =>
          call(database, binding, { tenant, ...(!itself && { [key]: name }), ...more });
        const identity = { ...(itself && { tenant_id: tenant }), [key]: name };
        return await handler({ session, name, identity, ask, options, given });
      }),
    );

  return {
    one,
    act,
    /** `show`: the record that the SQL function gives. */
    show: (description: string, show: TenantBinding<Row>, text: (record: Row) => string) =>
      act(one('show', description), async ({ ask }) => {
        const json = onlyField(await ask(show));
        return { json, text: text(json) };
      }),
    /** `set`: settings as setting=value; those of a table have its types, and its help. */
    set: (
      description: string,
      set: TenantBinding<Row>,
      text: (record: Row, name: string) => string,
      table?: SettingsTable,
    ) => {
      const command = one('set', description, ' <setting=value...>');
      if (table) command.addHelpText('after', settingsHelp(table));
      return act(command, async ({ ask, given, name }) => {
        const pairs = given[option === undefined ? 1 : 0] as string[];
        const settings = table ? readSettings(table, pairs) : readFields(pairs);
        const json = onlyField(await ask(set, { settings }));
        return { json, text: text(json, name) };
      });
    },
    /** `disable` and `enable`, with what each means. */
    disable: (
      disable: TenantBinding<unknown>,
      meanings: { disable: string; enable: string },
      text = (name: string, disabled: boolean) =>
        `${noun} ${name} is ${disabled ? 'disabled' : 'enabled'}`,
    ) => {
      for (const disabled of [true, false]) {
        const verb = disabled ? 'disable' : 'enable';
        act(one(verb, meanings[verb]), async ({ ask, name, identity }) => {
          await ask(disable, { disabled });
          return { json: { ...identity, disabled }, text: text(name, disabled) };
        });
      }
    },
    /** `remove`, once the name was typed. */
    remove: (remove: TenantBinding<unknown>, { description, what, check, text }: Remove) => {
      const command = one('remove', description);
      if (what) command.option('--yes', 'do not ask');
      act(command, async ({ ask, name, identity, options }) => {
        if (check) await ask(check);
        if (what) await confirm(name, what(name), options);
        await ask(remove);
        const said = text?.(name) ?? `${noun} ${name} is removed`;
        return { json: { ...identity, removed: true }, text: said };
      });
    },
  };
}

type Found = {
  session: Session;
  name: string;
  /** By what it is known, as the answer has it. */
  identity: Row;
  /** Calls an SQL function about the one that was named. */
  ask: <Result>(binding: TenantBinding<Result>, more?: object) => Promise<Result>;
  options: Options;
  /** Arguments and options as commander gives them. */
  given: unknown[];
};

/** What a function returns that gives one jsonb. */
function onlyField(row: Row): Row {
  return Object.values(row)[0] as Row;
}
