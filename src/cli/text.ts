// Rows and records as text for people.
import { createRequire } from 'node:module';
import { stored } from '../settings/stored.ts';

type Row = Record<string, unknown>;

/** Settings that are lengths of time, in seconds. */
const lengthsOfTime = new Set<string>(
  Object.values(stored)
    .flat()
    .filter(({ unit }) => unit === 'seconds')
    .map(({ name }) => name),
);

/** Whether a field is a moment: by its name, or, of since and until, as PostgreSQL writes one. */
const isTime = (name: string, value: string) =>
  name.endsWith('_at') || (/^(since|until)$/.test(name) && /^\d+-\d\d-\d\d \d/.test(value));

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** Whether a setting is a length of time. */
export function isDuration(name: string): boolean {
  return lengthsOfTime.has(name);
}

/** Reads 90d, 24h, 15m, 60s or 60 as seconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = 's'] = /^(\d{1,9})([dhms])?$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (units.find(([name]) => name === unit)?.[1] ?? 1);
}

/** Seconds as parseDuration reads them, in the largest unit that fits. */
export function formatDuration(seconds: number): string {
  for (const [name, size] of units) {
    if (seconds > 0 && seconds % size === 0) return `${seconds / size}${name}`;
  }
  return `${seconds}s`;
}

/** Rows, or a record, with each time in them (*_at, since, until) in UTC as ISO 8601 writes it. */
export function withTimes<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withTimes) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, field]) => {
    if (typeof field === 'string' && isTime(name, field)) return [name, utc(field)];
    // Rows within a record are ours; an object is somebody's claims.
    return [name, Array.isArray(field) ? withTimes(field) : field];
  });
  return Object.fromEntries(entries);
}

/** A timestamptz, as PostgreSQL writes it in a row or in JSON, in UTC and to the second. */
function utc(moment: string): string {
  const iso = moment.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
  return new Date(iso).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Rows in aligned columns under their names; `empty` says in words that there are none. */
export function table(rows: readonly Row[], columns: readonly string[], empty: string): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => columns.map((column) => cell(column, row[column])));
  return align([columns.map((column) => column.toUpperCase().replaceAll('_', ' ')), ...cells]);
}

/** The fields of a record, one to a line. */
export function details(record: Row): string {
  return align(Object.entries(record).map(([name, value]) => [name, cell(name, value)]));
}

/** The record with these fields first and the others by name: a jsonb has them by length. */
export function inOrder(record: Row, ...first: string[]): Row {
  const others = Object.keys(record).filter((name) => !first.includes(name));
  return Object.fromEntries([...first, ...others.sort()].map((name) => [name, record[name]]));
}

/** Text in lines of at most `width` characters, indented. */
export function wrap(text: string, indent: number, width: number): string {
  const lines = text.match(new RegExp(`\\S.{0,${width - indent - 1}}(?=\\s|$)`, 'g'));
  return (lines ?? []).map((line) => ' '.repeat(indent) + line).join('\n');
}

const require = createRequire(import.meta.url);

/** The columns of a terminal that a text takes. */
function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  // Loading it has V8 read all emoji of Unicode: that takes longer than the rest of a command.
  const { default: stringWidth }: typeof import('string-width') = require('string-width');
  return stringWidth(text);
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => widthOf(line[column] ?? ''))),
  );
  const padded = (text: string, column: number) =>
    text + ' '.repeat((widths[column] ?? 0) - widthOf(text));
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}

/** Characters that a terminal obeys instead of showing them; names come from whoever registered. */
const unshown = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

function cell(name: string, value: unknown): string {
  return plain(name, value).replace(
    unshown,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function plain(name: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'number' && isDuration(name)) return formatDuration(value);
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.join(' ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
