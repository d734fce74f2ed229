// What people type: options that may be repeated, settings, passwords, and the name of what is to go.
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { UsageError } from './faults.ts';
import { parseDuration } from './text.ts';

/** For an option that may be repeated, of any value or of the ones named. */
export function collect(...choices: string[]) {
  return (value: string, all: string[] = []): string[] => {
    if (choices.length > 0 && !choices.includes(value)) {
      throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`);
    }
    return [...all, value];
  };
}

/** For an option that is a length of time: seconds. */
export function duration(value: string): number {
  const seconds = parseDuration(value);
  // What an integer of PostgreSQL holds, 68 years.
  if (seconds !== undefined && seconds < 2 ** 31) return seconds;
  throw new InvalidArgumentError(
    'It must be a length of time such as 90d, 24h, 15m or 60s, of at most 24855d.',
  );
}

/** For an option that is a length of time which may be in months: as it is, for PostgreSQL reads it. */
export function calendarDuration(value: string): string {
  if (/^\d{1,5}(mon|[dhms])( \d{1,5}(mon|[dhms]))*$/.test(value)) return value;
  throw new InvalidArgumentError(
    'It must be a length of time such as 24mon, 90d, 12h, 15m or 60s.',
  );
}

const unitSeconds = { mon: 30 * 86_400, d: 86_400, h: 3_600, m: 60, s: 1 };

/** Whether one length of time, as PostgreSQL prints and reads it, is shorter than another; a month has 30 days. */
export function isShorter(one: string, other: string): boolean {
  return approximateSeconds(one) < approximateSeconds(other);
}

function approximateSeconds(length: string): number {
  return [...length.matchAll(/(\d+)(mon|[dhms])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * unitSeconds[unit as keyof typeof unitSeconds],
    0,
  );
}

/** For an option that is a moment: a time with its zone, or how long ago. */
export function moment(value: string): string {
  const ago = Date.now() - (parseDuration(value) ?? Number.NaN) * 1000;
  // Before 1970 there was nothing that could be asked for.
  if (ago >= 0) return new Date(ago).toISOString();
  // Without a zone it would be another moment on another machine.
  if (/T\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))) {
    return value;
  }
  throw new InvalidArgumentError('It must be such as 2026-11-21T08:00:00Z, 2h or 7d.');
}

/** For an option that is a whole number from 1. */
export function count(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

/** Reads a JSON object; `example` is one that the option takes. */
export function readObject(json: string, option: string, example: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON at all: the same mistake as JSON of another kind.
  }
  throw new UsageError(`${option} must be a JSON object such as '${example}'`);
}

/** A password: all of stdin, without the line end that echo and editors add. */
export async function readPassword(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/** A terminal to ask at. */
export type Terminal = {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
};

/** Has the name typed before something goes for good; throws UsageError unless it is. */
export async function confirm(
  name: string,
  what: string,
  { yes = false }: { yes?: boolean },
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (yes) return;
  if (!input.isTTY) throw new UsageError(`this removes ${what} for good: say so with --yes`);
  const reader = createInterface({ input, output });
  const typed = await reader.question(`This removes ${what} for good. Type ${name} to go on: `);
  reader.close();
  if (typed.trim() !== name) throw new UsageError('nothing was removed');
}
