// Asking upstreams again about the people who signed in with them: whoever has left there loses here.
import pLimit from 'p-limit';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { type Identity, UpstreamError } from '../identity-providers/identity-provider.ts';
import type { Upstreams } from '../identity-providers/identity-providers.ts';
import type { Log } from '../log.ts';
import { Patience } from '../patience.ts';

const batch = 100;
/** Accounts that are asked about at once. */
const limit = pLimit(4);
/** Seconds until an upstream that did not answer is asked again, unless it says for how long not. */
const retry = { least: 300, most: 86_400 };

type Work = { database: Database; upstreams: Upstreams; log: Log };
type Account = { tenant: string; name: string; subject: string };

/** Rechecks every account that is due, of all tenants; gives how many. Stops early when told to. */
export async function recheckAccounts(work: Work, signal?: AbortSignal): Promise<number> {
  const patience = new Patience(signal);
  let checked = 0;
  while (!patience.over) {
    const due = await callAll(work.database, ops.upstream_due, { limit: batch });
    const accounts = due.map(({ tenant_id, upstream, subject }) => ({
      tenant: tenant_id,
      name: upstream,
      subject,
    }));
    await limit.map(accounts, (account) => recheck(work, account, patience));
    checked += accounts.length;
    if (accounts.length < batch) break;
  }
  return checked;
}

async function recheck(work: Work, account: Account, patience: Patience): Promise<void> {
  const { database, log } = work;
  const name = `${account.tenant} ${account.name}`;
  if (patience.over) return;
  try {
    const [taken] = await callAll(database, ops.upstream_check_begin, account);
    // Begun and not ended, it is due again in five minutes.
    if (!taken || patience.lostWith(name)) return;
    const { upstream, protocol } = work.upstreams.open(account.tenant, account.name, taken);
    const tokens = work.upstreams.openTokens(account.tenant, account.name, taken.sealed_tokens);
    const identity = await patience.with(name, () =>
      protocol.recheck(upstream, account.subject, tokens),
    );
    if (identity && identity.subject !== account.subject) {
      throw new UpstreamError('untrusted', 'the upstream answers about another person');
    }
    // A bot may be asked about whoever has left, too: they may come back.
    const again = identity?.checkable ?? upstream.secrets.bot_token !== undefined;
    await record(work, account, identity, again);
  } catch (error) {
    // What is known stays: an upstream that is down must not lock everybody out.
    const reason = error instanceof Error ? error.message : String(error);
    const asked = error instanceof UpstreamError ? (error.retryAfter ?? 0) : 0;
    const retry_after = Math.min(Math.max(asked, retry.least), retry.most);
    log.warn({ ...account, retry_after }, `recheck failed: ${reason}`);
    await call(database, ops.upstream_check_fail, { ...account, reason, retry_after });
  }
}

async function record(
  { database, upstreams, log }: Work,
  account: Account,
  identity: Identity | undefined,
  checkable: boolean,
): Promise<void> {
  const { tenant, name } = account;
  await call(database, ops.upstream_check_end, {
    ...account,
    present: identity?.present ?? false,
    profile: identity?.profile ?? null,
    claims: identity?.claims ?? null,
    roles: identity?.roles ?? null,
    sealed_tokens: upstreams.sealTokens(tenant, name, identity?.tokens ?? null),
    checkable,
    reason: identity ? null : 'the upstream no longer vouches for the person',
  });
  log.debug({ ...account, present: identity?.present ?? false }, 'upstream account rechecked');
}
