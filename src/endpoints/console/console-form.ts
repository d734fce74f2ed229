// What a form of the console sends: text, read by the type that the operation or the setting has.
import { malformed } from '../../protocol/errors.ts';
import {
  type Arguments,
  adminOperations,
  type Operation,
  ownMembers,
} from '../admin-api/admin-operation.ts';
import { operatorSettings, records } from '../admin-api/operations.ts';

export type Typed = Readonly<Record<string, string>>;

type Column = { name: string; type: string; nullable: boolean; is_setting: boolean };

/** What is typed and shown to nobody again. */
export const secretFields: readonly string[] = Object.values(ownMembers).flat();

/** Fields of the form itself. */
const ownFields = ['csrf', 'once', 'version', 'operation', 'confirm', 'preview', ...secretFields];

/** The operation that a form names; throws invalid_request for one that only shows, or that is none. */
export function formOperation(typed: Typed): Operation {
  const found = adminOperations.find(({ operation }) => operation === typed.operation);
  if (found === undefined || found.effect === 'read') throw malformed('the form has no operation');
  return found;
}

/** Whether what cannot be taken back was confirmed by its name. */
export function isConfirmed(operation: Operation, given: Arguments, typed: Typed): boolean {
  if (operation.effect !== 'destroy' || operation.operation === 'key_add') return true;
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => given[name]);
  return names.includes(typed.confirm?.trim());
}

/** The arguments of an operation, of the path of the page and of the form. */
export function formArguments(
  operation: Operation,
  named: Readonly<Record<string, string>>,
  typed: Typed,
): Arguments {
  const [subject = ''] = operation.operation.split('_');
  const columns = (records as Record<string, readonly Column[]>)[subject] ?? [];
  const given: Arguments = {};
  const rest: Arguments = {};
  for (const [name, text] of Object.entries(typed)) {
    if (ownFields.includes(name)) continue;
    const argument = operation.arguments.find((one) => one.name === name);
    if (argument && name !== operation.body) {
      const isNone = argument.required && argument.type.endsWith('[]');
      if (text !== '' || isNone) given[name] = typedValue(argument.type, text, name);
    } else if (operation.body !== undefined) {
      const column = columns.find((one) => one.name === name) ?? added(subject, name);
      if (text !== '' || operation.operation.endsWith('_set')) {
        rest[name] = typedValue(column?.type ?? 'text', text, name, column?.nullable);
      }
    }
  }
  const known = Object.entries(named).filter(([name]) =>
    operation.arguments.some((one) => one.name === name),
  );
  return {
    ...given,
    ...(operation.body !== undefined && { [operation.body]: rest }),
    ...Object.fromEntries(known),
  };
}

/** What is no column that is shown is set as it was added. */
function added(subject: string, name: string): Pick<Column, 'type' | 'nullable'> | undefined {
  const found = adminOperations.find(({ operation }) => operation === `${subject}_add`);
  const argument = found?.arguments.find((one) => one.name === name);
  return argument && { type: argument.type, nullable: !argument.required };
}

/** A list is a line for each; nothing takes a setting back, and is an empty list where it cannot be null. */
function typedValue(type: string, text: string, name: string, nullable = false): unknown {
  const value = text.trim();
  const isList = type.endsWith('[]');
  if (value === '') return isList && !nullable ? [] : null;
  if (isList) return value.split(/\s+/);
  if (type !== 'jsonb') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw malformed(`${name} is no JSON`);
  }
}

/** A setting of the tenant as a page explains it. */
export type Setting = {
  name: string;
  type: string;
  nullable: boolean;
  choices?: readonly string[];
  unit?: string;
  /** What every tenant begins with; undefined = nothing. */
  default?: unknown;
  is_setting: boolean;
};

/** What an admin may set of the tenant. */
export const tenantSettings: readonly Setting[] = (records.settings as readonly Setting[]).filter(
  ({ name, is_setting }) => is_setting && !(operatorSettings as readonly string[]).includes(name),
);

/** A value as a form has it: a list has a line for each. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
