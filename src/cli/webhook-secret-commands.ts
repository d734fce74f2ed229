import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { newWebhookSecret, sealWebhookSecret } from '../protocol/webhook.ts';
import { duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';
import { details, withTimes } from './text.ts';

export function secretCommands(group: Command): void {
  const secret = group.command('secret').description('what requests are signed with');
  const description =
    'make another secret and show it, once; for a while requests are signed with both';
  tenantCommand(secret, 'rotate <name>', description)
    .addOption(
      new Option('--overlap <time>', 'how long the old one is used as well')
        .argParser(duration)
        .default(86_400, '1d'),
    )
    .action(withSession(rotate));
}

async function rotate(
  session: Session,
  name: string,
  options: { tenant: string; overlap: number },
): Promise<Output> {
  const master = await session.secret();
  const tenant = await findTenant(session, options.tenant);
  const secret = newWebhookSecret();
  const { webhook_secret: old_secret_expires_at } = await call(
    session.database,
    ops.webhook_secret,
    {
      tenant,
      name,
      sealed_secret: sealWebhookSecret(master, tenant, name, secret),
      overlap: options.overlap,
    },
  );
  const shown = { name, secret, old_secret_expires_at };
  const text = `${details(withTimes(shown))}\nKeep the secret now: it is not shown again.`;
  return { json: shown, text };
}
