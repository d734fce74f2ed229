import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { newWebhookSecret, sealWebhookSecret } from '../protocol/webhook.ts';
import { collect } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, subjectOf } from './subject.ts';
import { details, inOrder, withTimes } from './text.ts';
import { deliveryCommands } from './webhook-delivery-commands.ts';
import { secretCommands } from './webhook-secret-commands.ts';

export function declareCommands(group: Command): void {
  const webhook = subjectOf(group, { noun: 'webhook', key: 'name' });
  webhook
    .one('add', 'have events sent to a URL, and show the secret that they are signed with, once')
    .requiredOption('--url <url>', 'https URL of the receiver (http on loopback)')
    .option('--event <type>', 'a type to send; repeatable; without it all', collect())
    .action(withSession(add));
  const listed = 'the webhooks of a tenant, and what has not been delivered';
  listCommand(group, listed, ops.webhook_list, {
    columns: ['name', 'url', 'event_types', 'pending', 'dead', 'oldest_at', 'disabled_at'],
    empty: (tenant) => `tenant ${tenant} has no webhooks`,
  });
  webhook.show('all that is known of one but its secret', ops.webhook_show, (record) =>
    details(withTimes(inOrder(record, 'name', 'url'))),
  );
  webhook.set(
    'change settings',
    ops.webhook_set,
    (_record, name) => `webhook ${name} is changed`,
    'webhooks',
  );
  webhook.disable(
    ops.webhook_disable,
    {
      disable: 'send nothing any more; what is pending is given up',
      enable: 'send events again',
    },
    (name, disabled) =>
      disabled
        ? `webhook ${name} is disabled, and what was pending is given up`
        : `webhook ${name} is enabled; what was given up is sent by pgrant webhook resend`,
  );
  webhook.remove(ops.webhook_remove, {
    description: 'remove it with all that is pending, dead or logged',
    what: (name) => `the webhook ${name} with all that is pending for it`,
  });
  secretCommands(group);
  deliveryCommands(group);
}

async function add(
  session: Session,
  name: string,
  options: { tenant: string; url: string; event?: string[] },
): Promise<Output> {
  const master = await session.secret();
  const tenant = await findTenant(session, options.tenant);
  const secret = newWebhookSecret();
  const { webhook_add } = await call(session.database, ops.webhook_add, {
    tenant,
    name,
    url: options.url,
    sealed_secret: sealWebhookSecret(master, tenant, name, secret),
    event_types: options.event,
  });
  const text = `${details({ name, url: options.url, secret })}\nKeep the secret now: it is not shown again.`;
  return { json: { ...(webhook_add as object), secret }, text };
}
