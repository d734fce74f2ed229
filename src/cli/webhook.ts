import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { newWebhookSecret, sealWebhookSecret } from '../protocol/webhook.ts';
import { collect, confirm } from './input.ts';
import { withSession } from './run.ts';
import { findTenant, type Output, type Session } from './session.ts';
import { readSettings, settingsHelp } from './settings.ts';
import { details, inOrder, table, withTimes } from './text.ts';
import { deliveryCommands } from './webhook-delivery.ts';
import { secretCommands } from './webhook-secret.ts';

type Named = { tenant: string };

/** Adds the commands of webhooks. */
export function webhookCommands(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('where the events of a tenant are sent to (Standard Webhooks)');
  const sub = (usage: string, description: string) =>
    webhook
      .command(usage)
      .description(description)
      .requiredOption('--tenant <name>', 'name of the tenant');

  sub(
    'add <name>',
    'have events sent to a URL, and show the secret that they are signed with, once',
  )
    .requiredOption('--url <url>', 'https URL of the receiver (http on loopback)')
    .option('--event <type>', 'a type to send; repeatable; without it all', collect())
    .action(withSession(add));
  sub('list', 'the webhooks of a tenant, and what has not been delivered').action(
    withSession(list),
  );
  sub('show <name>', 'all that is known of one but its secret').action(withSession(show));
  sub('set <name> <setting=value...>', 'change settings')
    .addHelpText('after', settingsHelp('webhooks'))
    .action(withSession(set));
  sub('disable <name>', 'send nothing any more; what is pending is given up').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, true)),
  );
  sub('enable <name>', 'send events again').action(
    withSession((session, name: string, options: Named) => disable(session, name, options, false)),
  );
  sub('remove <name>', 'remove it with all that is pending, dead or logged')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
  secretCommands(webhook);
  deliveryCommands(sub);
}

async function add(
  session: Session,
  name: string,
  options: Named & { url: string; event?: string[] },
): Promise<Output> {
  const master = session.secret();
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

async function list(session: Session, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.webhook_list, { tenant });
  const columns = ['name', 'url', 'event_types', 'pending', 'dead', 'oldest_at', 'disabled_at'];
  const empty = `tenant ${options.tenant} has no webhooks`;
  return { json: rows, text: table(withTimes(rows), columns, empty) };
}

async function show(session: Session, name: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { webhook_show } = await call(session.database, ops.webhook_show, { tenant, name });
  const text = details(withTimes(inOrder(webhook_show as Record<string, unknown>, 'name', 'url')));
  return { json: webhook_show, text };
}

async function set(
  session: Session,
  name: string,
  pairs: string[],
  options: Named,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const settings = readSettings('webhooks', pairs);
  const { webhook_set } = await call(session.database, ops.webhook_set, { tenant, name, settings });
  return { json: webhook_set, text: `webhook ${name} is changed` };
}

async function disable(
  session: Session,
  name: string,
  options: Named,
  disabled: boolean,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.webhook_disable, { tenant, name, disabled });
  const text = disabled
    ? `webhook ${name} is disabled, and what was pending is given up`
    : `webhook ${name} is enabled; what was given up is sent by pgrant webhook resend`;
  return { json: { name, disabled }, text };
}

async function remove(
  session: Session,
  name: string,
  options: Named & { yes?: boolean },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await confirm(name, `the webhook ${name} with all that is pending for it`, options);
  await call(session.database, ops.webhook_remove, { tenant, name });
  return { json: { name }, text: `webhook ${name} is removed` };
}
