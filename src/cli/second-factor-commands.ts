import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { listCommand, subjectOf } from './subject.ts';

export function declareCommands(group: Command): void {
  const person = subjectOf(group, { noun: 'user', key: 'username', option: 'whose' });
  listCommand(group, 'the second factors of a person', ops.second_factor_list, {
    columns: ['kind', 'name', 'created_at', 'last_used_at', 'note'],
    empty: (_tenant, { username }) => `${username} has no second factor`,
    filter: ({ username }: { username: string }) => ({ username }),
  }).requiredOption('--username <name>', 'whose');
  person.remove(ops.second_factor_remove, {
    description: 'remove them all, for somebody who has lost theirs; ends their sessions',
    what: (name) => `the second factors and sessions of ${name}`,
    check: ops.user_show,
    text: (name) => `the second factors of ${name} are removed`,
  });
}
