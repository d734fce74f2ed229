import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { collect } from './input.ts';
import { listCommand, subjectOf } from './subject.ts';

export function declareCommands(group: Command): void {
  const client = subjectOf(group, { noun: 'client', key: 'client_id' });
  const allow = client
    .one('allow', 'let a client exchange tokens of users for another one')
    .option('--resource <uri>', 'what the other one is for, else the audience of the tenant')
    .option('--scope <scope>', 'what it may have of the first, else all; repeatable', collect())
    .option('--impersonation', 'it does not say who acts');
  client.act(allow, async ({ ask, name, options }) => {
    const policy = {
      ...(options.resource !== undefined && { resource: options.resource }),
      ...(options.scope !== undefined && { scopes: options.scope }),
      impersonation: options.impersonation === true,
    };
    await ask(ops.exchange_allow, policy);
    return {
      json: { client_id: name, resource: null, scopes: null, ...policy },
      text: `client ${name} may exchange tokens for ${options.resource ?? 'the audience of the tenant'}`,
    };
  });
  const deny = client
    .one('deny', 'take that back')
    .option('--resource <uri>', 'for which, else the audience of the tenant');
  client.act(deny, async ({ ask, name, options }) => {
    const { resource } = options;
    await ask(ops.exchange_deny, resource === undefined ? {} : { resource });
    return {
      json: { client_id: name, resource: resource ?? null },
      text: `client ${name} may not exchange tokens for ${resource ?? 'the audience of the tenant'} any more`,
    };
  });
  listCommand(group, 'which clients may exchange tokens for what', ops.exchange_list, {
    columns: ['client_id', 'client_name', 'resource', 'scopes', 'impersonation'],
    empty: (tenant) => `nobody at tenant ${tenant} may exchange tokens: pgrant exchange allow`,
  });
}
