import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { UsageError } from './faults.ts';
import { count } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';
import { table, withTimes } from './text.ts';

type Named = { tenant: string };
type Filter = Named & { webhook?: string; state?: string; limit: number };

export function deliveryCommands(group: Command): void {
  tenantCommand(group, 'deliveries', 'the newest events, and what became of them')
    .option('--webhook <name>', 'of one webhook')
    .addOption(new Option('--state <state>').choices(['pending', 'delivered', 'dead']))
    .option('--limit <count>', 'how many', count, 100)
    .action(withSession(deliveries));
  tenantCommand(group, 'resend <name> [event_id]', 'send an event again, under the same webhook-id')
    .option('--all-dead', 'all that was given up')
    .action(withSession(resend));
  tenantCommand(group, 'test <name>', 'send an event of type webhook.test').action(
    withSession(test),
  );
}

async function deliveries(session: Session, options: Filter): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { webhook, state, limit } = options;
  const rows = await callAll(session.database, ops.webhook_deliveries, {
    tenant,
    webhook,
    state,
    limit,
  });
  const columns = [
    'occurred_at',
    'type',
    'webhook',
    'state',
    'attempts',
    'next_attempt_at',
    'last_error',
    'event_id',
  ];
  return { json: rows, text: table(withTimes(rows), columns, 'there are none') };
}

async function resend(
  session: Session,
  webhook: string,
  event_id: string | undefined,
  options: Named & { allDead?: boolean },
): Promise<Output> {
  if ((event_id === undefined) !== (options.allDead === true)) {
    throw new UsageError('name one event, or say --all-dead');
  }
  const tenant = await findTenant(session, options.tenant);
  const { webhook_resend: sent } = await call(session.database, ops.webhook_resend, {
    tenant,
    webhook,
    event_id,
  });
  return {
    json: { webhook, sent },
    text: sent === 1 ? '1 event is sent again' : `${sent} events are sent again`,
  };
}

async function test(session: Session, webhook: string, options: Named): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { webhook_test: event_id } = await call(session.database, ops.webhook_test, {
    tenant,
    webhook,
  });
  const text = `event ${event_id} is on its way; pgrant webhook deliveries says what became of it`;
  return { json: { webhook, event_id }, text };
}
