// setting=value as people type it, and what --help says of settings; what is good is for SQL to say.
import { type Setting, stored } from '../settings/stored.ts';
import { UsageError } from './faults.ts';
import { formatDuration, parseDuration, wrap } from './text.ts';

export type SettingsTable = keyof typeof stored;

/** Reads setting=value pairs by the types of the settings; a setting that does not exist stays text. */
export function readSettings(
  table: SettingsTable,
  pairs: readonly string[],
): Record<string, unknown> {
  const settings: readonly Setting[] = stored[table];
  return readPairs(pairs, (name, value) => {
    const setting = settings.find((one) => one.name === name);
    return setting ? readValue(setting, value) : value;
  });
}

/** Reads field=value pairs of what has no types of its own: JSON as such, null too; numbers and anything else as text. */
export function readFields(pairs: readonly string[]): Record<string, unknown> {
  return readPairs(pairs, (_, value) => {
    const json = readJson(value);
    // No claim that can be set is a number, and a birthdate may be a year alone (OpenID Connect Core 5.1).
    return json === undefined || typeof json === 'number' ? value : json;
  });
}

function readPairs(pairs: readonly string[], read: (name: string, value: string) => unknown) {
  return withoutRepeats(
    pairs.map((pair) => {
      const [, name, value] = /^([a-z_#]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError(`"${pair}" is not setting=value`);
      }
      return [name, read(name, value)];
    }),
  );
}

/** What was given by names; refuses a name that is given twice, of which one value would be lost. */
export function withoutRepeats<Value>(
  given: [name: string, value: Value][],
): Record<string, Value> {
  const names = given.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`${twice} is given twice`);
  return Object.fromEntries(given);
}

function readValue({ type, unit }: Setting, value: string): unknown {
  if (value === 'null') return null;
  if (unit === 'seconds') return parseDuration(value) ?? value;
  if (type.endsWith('[]')) return readList(value);
  return type === 'jsonb' ? (readJson(value) ?? value) : value;
}

function readList(value: string): unknown {
  const list = readJson(value);
  return Array.isArray(list) ? list : value.split(/\s+/).filter((member) => member !== '');
}

function readJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** What an operator has to know of settings that are allowed and cost something. */
export function warnings({ replay_window }: Record<string, unknown>): string[] {
  if (replay_window !== 0) return [];
  return [
    'replay_window is 0: a client that sends a refresh token twice, such as one that repeats a request whose answer was lost (openvpn-auth-oauth2 at its defaults), is logged out.',
  ];
}

/** The settings of a table for --help. */
export function settingsHelp(table: SettingsTable): string {
  const settings: readonly Setting[] = stored[table];
  return [
    '',
    'Settings (a length of time such as 90d, 24h, 15m or 60s; a list with spaces between its members;',
    '"setting=" takes one back that has no default, and empties a list; "setting=null" takes back',
    'a list that has none):',
    '',
    ...settings.flatMap((setting) => [
      `  ${setting.name}${initial(setting)}`,
      wrap(`${setting.meaning} Must be ${setting.good}.`, 6, 100),
    ]),
  ].join('\n');
}

function initial({ unit, default: value }: Setting): string {
  if (value === null) return '';
  return ` (default ${unit === 'seconds' ? formatDuration(Number(value)) : value})`;
}
