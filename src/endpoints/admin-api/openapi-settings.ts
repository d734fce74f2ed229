// What can be set by an operation of the admin API, as its OpenAPI document says it.
import { type Argument, adminOperations, type Operation } from './admin-operation.ts';
import { type Column, columnSchema, type Schema, schemaOf } from './openapi-schemas.ts';
import { records } from './operations.ts';

/** A member of a body: what the column of that name may be, where the operation shows one. */
export function memberSchema({ operation }: Operation, { name, type }: Argument): Schema {
  const [subject = ''] = operation.split('_');
  const columns = (records as Record<string, readonly Column[]>)[subject];
  const column = columns?.find((one) => one.name === name && one.type === type);
  return column ? columnSchema(column) : schemaOf(type);
}

/** What a body may set: the settings of the table, or else what it was added with. */
export function settingsOf({ operation, path, body }: Operation): Schema {
  const [subject = ''] = operation.split('_');
  const columns = (records as Record<string, readonly Column[]>)[subject];
  if (body === undefined) return {};
  const added = operation.endsWith('_set') ? addedWith(subject, path) : [];
  const settings = columns?.filter((one) => one.is_setting) ?? added;
  return Object.fromEntries(settings.map((one) => [one.name, columnSchema(one)]));
}

function addedWith(subject: string, path: string): Column[] {
  const found = adminOperations.find(({ operation }) => operation === `${subject}_add`);
  return (found?.arguments ?? [])
    .filter(({ name }) => !path.includes(`{${name}}`))
    .map(({ name, type, required }) => ({ name, type, nullable: !required }));
}
