// JSON Schema (OpenAPI 3.1 4.8.24) of what columns and arguments are.

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

/** A row with all of its columns. */
export function recordSchema(columns: readonly Column[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(columns.map((one) => [one.name, columnSchema(one)])),
    required: columns.map(({ name }) => name),
  };
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
