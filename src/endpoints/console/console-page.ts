// A page of the console: where it is, and which operations of the admin API it shows.
import { malformed } from '../../protocol/errors.ts';
import type { Arguments } from '../admin-api/admin-operation.ts';

export type Call = { operation: string; arguments: Arguments };
export type Asked = Record<string, string | undefined>;

export type ConsolePage = {
  /** Below /oauth/admin; what begins with a colon is a name. */
  path: string;
  section: Section;
  template: string;
  /** Whether there is what its path names, where no operation says so. */
  names?: (named: Asked, values: Record<string, unknown>) => boolean;
  /** Whether it has a form that asks for what it shows, and says what is wrong with that. */
  asks?: true;
  /** What it shows: the value of each operation is in the template under the name of that. */
  reads: (asked: Asked) => Call[];
  /** What may be asked in its query. */
  query?: readonly string[];
  /** The list of it that goes on, and the parameters for what comes after a row. */
  list?: { operation: string; after: (row: Row) => Record<string, unknown> };
};

type Row = Record<string, unknown>;

export const sections = [
  'clients',
  'developers',
  'credentials',
  'webhooks',
  'users',
  'roles',
  'scopes',
  'resources',
  'sign-in',
  'branding',
  'settings',
  'keys',
  'audit',
  'access',
] as const;
export type Section = (typeof sections)[number];

export const pageRows = 50;

export const read = (operation: string, given: Arguments = {}): Call => ({
  operation,
  arguments: given,
});

/** Only what was asked for. */
export const chosen = (given: Asked): Arguments =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** One more than is shown, which says whether there is a next page. */
export const page = (given: Asked) => ({ ...chosen(given), limit: pageRows + 1 });

/** A list whose next page comes after the value of a column. */
export const listOf = (operation: string, column: string): ConsolePage['list'] => ({
  operation,
  after: (row) => ({ after: row[column] }),
});

/** Throws invalid_request for what is asked for as a date and is none. */
function checkDates(dates: Asked): void {
  for (const [name, value] of Object.entries(dates)) {
    if (value !== undefined && Number.isNaN(Date.parse(value)))
      throw malformed(`${name} is no date`);
  }
}

/** Who has access to something, now or at a time. */
export function accessSearch(asked: Asked): Call[] {
  const { what, username, at, after, after_client } = asked;
  if (what === undefined) return [];
  checkDates({ at });
  return [read('access_list', page({ what, username, at, after, after_client }))];
}

/** What the audit is searched for. */
export function auditSearch(asked: Asked, limit: number): Call {
  const { action, client_id, username, since, until, refused, after } = asked;
  checkDates({ since, until });
  const found = chosen({ action, client_id, username, since, until, refused, after });
  return read('audit_list', { ...found, limit });
}

export const auditQuery = [
  'action',
  'client_id',
  'username',
  'since',
  'until',
  'refused',
  'after',
] as const;
