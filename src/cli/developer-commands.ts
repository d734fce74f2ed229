import type { Command } from 'commander';
import type { Binding } from '../db/binding.ts';
import { ops } from '../db/bindings.ts';
import { listCommand, subjectOf } from './subject.ts';
import { details } from './text.ts';

type Decision = Binding<{ tenant: string }, unknown>;

export function declareCommands(group: Command): void {
  listCommand(group, 'what developers brought', ops.developer_client_search, {
    columns: ['client_id', 'name', 'kind', 'state', 'username', 'submitted_at'],
    empty: (tenant) => `developers of ${tenant} have brought nothing that waits here`,
    filter: ({ waiting, after }: { waiting?: boolean; after?: string }) => ({ waiting, after }),
    next: ({ client_id }) => `--after ${client_id}`,
  })
    .option('--waiting', 'only what waits for a review')
    .option('--after <client_id>', 'begin after this one');
  const application = subjectOf(group, { noun: 'application', key: 'client_id' });
  application.show(
    'one of them: what is in force, what is proposed, what was said',
    ops.developer_client_show,
    details,
  );
  const decide = (verb: string, description: string, said: string, of: Decision, given = {}) => {
    const command = application
      .one(verb, description)
      .option('--message <text>', 'what the developer is told', '');
    application.act(command, async ({ ask, name, identity, options }) => {
      await ask(of, { message: options.message, ...given });
      return { json: { ...identity, [said]: true }, text: `application ${name} is ${said}` };
    });
  };
  decide('approve', 'have what is in review be in force', 'approved', ops.developer_client_approve);
  decide('return', 'give it back to its developer', 'returned', ops.developer_client_return);
  const suspend = ops.developer_client_suspend;
  decide('suspend', 'refuse it and its tokens', 'suspended', suspend, { suspended: true });
  decide('resume', 'accept them again', 'resumed', suspend, { suspended: false });
}
