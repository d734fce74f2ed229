import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { collect } from './input.ts';
import { listCommand, subjectOf } from './subject.ts';

export function declareCommands(group: Command): void {
  const client = subjectOf(group, { noun: 'client', key: 'client_id' });
  const set = client
    .one('set', 'let a client have identity assertions of users for another server')
    .requiredOption('--audience <issuer>', 'issuer identifier of that server')
    .requiredOption('--audience-client-id <id>', 'what that server calls the client')
    .requiredOption('--scope <scope>', 'what it may ask for there; repeatable', collect())
    .option('--resource <uri>', 'which resource it may name there; repeatable', collect())
    .option('--subject-client <client_id>', 'by which client that server signs users in here');
  client.act(set, async ({ ask, name, options }) => {
    const policy = {
      audience: String(options.audience),
      audience_client_id: String(options.audienceClientId),
      scopes: options.scope as string[],
      resources: (options.resource ?? []) as string[],
      subject_client_id: (options.subjectClient ?? null) as string | null,
    };
    await ask(ops.identity_assertion_policy_set, policy);
    return {
      json: { client_id: name, ...policy },
      text: `client ${name} may have identity assertions for ${policy.audience}`,
    };
  });
  const remove = client
    .one('remove', 'take that back')
    .requiredOption('--audience <issuer>', 'issuer identifier of that server');
  client.act(remove, async ({ ask, name, options }) => {
    const audience = String(options.audience);
    await ask(ops.identity_assertion_policy_remove, { audience });
    return {
      json: { client_id: name, audience, removed: true },
      text: `client ${name} may have no identity assertions for ${audience} any more`,
    };
  });
  listCommand(group, 'which clients may have them for what', ops.identity_assertion_policy_list, {
    columns: ['client_id', 'audience', 'audience_client_id', 'scopes', 'resources'],
    empty: (tenant) =>
      `no client of tenant ${tenant} may have any: pgrant identity-assertion-policy set`,
  });
}
