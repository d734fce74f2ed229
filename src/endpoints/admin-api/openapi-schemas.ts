// JSON Schema (OpenAPI 3.1 4.8.24) of what columns and arguments are.

import { adminOperations, shownNames } from './admin-operation.ts';
import { records, shownTypes } from './operations.ts';

export type Schema = Record<string, unknown>;
export type Column = {
  name: string;
  type: string;
  nullable: boolean;
  meaning?: string;
  choices?: readonly string[];
  good?: string;
  is_setting?: boolean;
};

/** A row with all of its columns, and `more` that an answer has besides; `sometimes` not. */
export function recordSchema(
  columns: readonly Column[],
  more: Record<string, Schema> = {},
  sometimes: Record<string, Schema> = {},
): Schema {
  const properties = Object.fromEntries(columns.map((one) => [one.name, columnSchema(one)]));
  return {
    type: 'object',
    properties: { ...properties, ...more, ...sometimes },
    required: [...columns.map(({ name }) => name), ...Object.keys(more)],
  };
}

const moment = { type: 'string', format: 'date-time' };
const momentOrNone = { ...moment, type: ['string', 'null'] };

/** A client, and what belongs to it: its secrets, and the keys that were fetched where it has a `jwks_uri`. */
function clientSchema(columns: readonly Column[]): Schema {
  const secret = {
    type: 'object',
    properties: { secret_id: schemaOf('uuid'), created_at: moment, expires_at: momentOrNone },
    required: ['secret_id', 'created_at', 'expires_at'],
  };
  const secrets = { type: 'array', items: secret };
  return recordSchema(
    columns,
    { secrets },
    {
      jwks_fetched_at: momentOrNone,
      jwks_expires_at: momentOrNone,
      jwks_last_error: { type: ['string', 'null'] },
    },
  );
}

/** A column, with its meaning and the values that it may have. */
export function columnSchema({ type, nullable, meaning, choices, good }: Column): Schema {
  const schema = schemaOf(type);
  const description = good === undefined ? meaning : [meaning, `Value: ${good}.`].join(' ');
  const chosen = choices && {
    ...(schema.type === 'array'
      ? { items: { enum: choices } }
      : { enum: [...choices, ...(nullable ? [null] : [])] }),
  };
  return {
    ...schema,
    ...(nullable && typeof schema.type === 'string' && { type: [schema.type, 'null'] }),
    ...chosen,
    ...(description !== undefined && { description }),
  };
}

/** What a type of PostgreSQL is in JSON. */
export function schemaOf(type: string): Schema {
  if (type.endsWith('[]')) return { type: 'array', items: schemaOf(type.slice(0, -2)) };
  if (type === 'integer' || type === 'bigint') return { type: 'integer' };
  if (type === 'boolean') return { type };
  if (type === 'jsonb') return {};
  if (type === 'uuid') return { type: 'string', format: 'uuid' };
  if (type.startsWith('timestamp')) return { type: 'string', format: 'date-time' };
  return { type: 'string' };
}

/** A problem (RFC 9457 3). */
export function problemSchema(): Schema {
  const text = { type: 'string' };
  return {
    type: 'object',
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      error: text,
      request_id: text,
    },
    required: ['type', 'title', 'status', 'detail', 'error'],
  };
}

/** Besides the value, what was made outside SQL: all but a new client, which may have none, have it. */
export function withShown(operation: string, schema: Schema): Schema {
  const name = shownNames[operation];
  if (name === undefined) return schema;
  const isSure = operation !== 'client_add';
  const shown = {
    type: 'object',
    properties: { [name]: { type: 'string', description: 'Shown once.' } },
    ...(isSure && { required: [name] }),
  };
  return { allOf: [schema, shown] };
}

/** What a list has of each of its rows. */
function listed(subject: string): Schema {
  const list = adminOperations.find(({ operation }) => operation === `${subject}_list`);
  return recordSchema(list?.columns ?? []);
}

/** What is shown of a subject, or by one operation: of a table, of a type, or as its list has it. */
export const shownSchemas: Readonly<Record<string, Schema>> = {
  client: clientSchema(records.client),
  resource: recordSchema(records.resource),
  upstream: recordSchema(records.upstream, { has_secrets: { type: 'boolean' } }),
  settings: recordSchema(records.settings),
  ...Object.fromEntries(
    Object.entries(shownTypes).map(([name, columns]) => [name, recordSchema(columns)]),
  ),
  scope: listed('scope'),
  group: listed('group'),
};
