import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { compileJsonSchema } from '../protocol/authorization-details.ts';
import { UsageError } from './faults.ts';
import { readObject } from './input.ts';
import { listCommand, subjectOf } from './subject.ts';
import { details } from './text.ts';

export function declareCommands(group: Command): void {
  const type = subjectOf(group, { noun: 'authorization details type', key: 'type' });
  const set = type
    .one('set', 'register a type, or change it')
    .requiredOption('--title <text>', 'what it allows, as consent asks it')
    .requiredOption('--json-schema <json>', 'what its details look like (JSON Schema 2020-12)')
    .requiredOption(
      '--template <text>',
      'what consent says of one, with {member} for a value of it',
    )
    .option('--consent-remembered', 'do not ask again for what was allowed once')
    .option('--client-credentials', 'clients may have it for themselves');
  type.act(set, async ({ ask, name, options }) => {
    const settings = {
      title: String(options.title),
      json_schema: readJsonSchema(String(options.jsonSchema)),
      template: String(options.template),
      consent_remembered: options.consentRemembered === true,
      client_credentials: options.clientCredentials === true,
    };
    await ask(ops.authorization_details_type_set, settings);
    return {
      json: { type: name, ...settings },
      text: `type ${name} is registered: client set … authorization_details_types=${name}`,
    };
  });
  type.show('a type, with its JSON Schema', ops.authorization_details_type_show, (shown) =>
    details({ ...shown, json_schema: JSON.stringify(shown.json_schema) }),
  );
  listCommand(group, 'the types of a tenant', ops.authorization_details_type_list, {
    columns: ['type', 'title', 'template', 'consent_remembered', 'client_credentials'],
    empty: (tenant) => `tenant ${tenant} has no types: pgrant authorization-details-type set`,
  });
  type.remove(ops.authorization_details_type_remove, {
    description: 'let nobody have it any more',
    what: (name) => `type ${name}`,
  });
}

function readJsonSchema(json: string): Record<string, unknown> {
  const schema = readObject(json, '--json-schema', '{"type": "object"}');
  try {
    compileJsonSchema(schema);
  } catch (failure) {
    throw new UsageError(`--json-schema: ${(failure as Error).message}`);
  }
  return schema;
}
