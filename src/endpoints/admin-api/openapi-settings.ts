// What can be set by an operation of the admin API, as its OpenAPI document says it.
import type { Argument, Operation } from './admin-operation.ts';
import { type Column, columnSchema, type Schema, schemaOf } from './openapi-schemas.ts';
import { records, settable } from './operations.ts';

/** A member of a body: what the column of that name may be, where the operation shows one. */
export function memberSchema({ operation }: Operation, { name, type }: Argument): Schema {
  const [subject = ''] = operation.split('_');
  const columns = (records as Record<string, readonly Column[]>)[subject];
  const column = columns?.find((one) => one.name === name && one.type === type);
  return column ? columnSchema(column) : schemaOf(type);
}

/** What a body may set: the settings of the table, or what SQL lists for what has none. */
export function settingsOf({ operation, body }: Operation): Schema {
  const [subject = ''] = operation.split('_');
  const columns = (records as Record<string, readonly Column[]>)[subject];
  if (body === undefined) return {};
  const isSet = operation.endsWith('_set');
  const own = isSet ? (settable as Record<string, readonly Column[]>)[subject] : undefined;
  const settings = own ?? columns?.filter((one) => one.is_setting) ?? [];
  return Object.fromEntries(settings.map((one) => [one.name, columnSchema(one)]));
}
