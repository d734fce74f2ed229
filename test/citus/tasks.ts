// The worker at a cluster: each of its tasks has to succeed, for tenants wherever they are.
import assert from 'node:assert/strict';
import postgres, { type Sql } from 'postgres';
import { type Cluster, startWorker } from './programs.ts';

/** Runs as the worker starts; what else is waited for runs each minute. */
const atStart = 'partitions';

/** Has every grant expire, unless they are to stay, lets a worker run until its tasks have succeeded, and looks at what became of them. */
export async function workerTasks(cluster: Cluster, { expire = true } = {}): Promise<string> {
  const sql = postgres(cluster.coordinator, { max: 1, onnotice: () => {} });
  try {
    if (expire)
      await sql`
      update pgrant.grants
         set consented_at = now() - interval '2 hours', consent_expires_at = now() - interval '1 hour',
             expires_at = now() - interval '1 hour'
       where revoked_at is null`;
    const begun = new Date();
    const worker = startWorker(cluster);
    try {
      await untilDone(sql, begun);
    } finally {
      await worker.stop();
    }
    if (!expire) return '';
    const [left] = await sql`
      select (select count(*) from pgrant.grants where expires_at < now() and revoked_at is null)::int as grants,
             (select count(*) from pgrant.grant_history where end_cause = 'grant.expire')::int as ended,
             (select count(distinct tenant_id) from pgrant.audit_seals)::int as sealed`;
    assert.equal(left?.grants, 0, 'expired grants are left');
    assert(left?.ended > 0, 'nobody remembers when the grants ended');
    return `${left.ended} grants ended, ${left.sealed} chains sealed`;
  } finally {
    await sql.end();
  }
}

async function untilDone(sql: Sql, begun: Date): Promise<void> {
  const until = Date.now() + 150_000;
  for (;;) {
    const runs = await sql`
      select s.task, max(r.error) as error, bool_or(r.finished_at is not null and r.error is null) as done
        from pgrant.schedules s
        left join pgrant.task_runs r on r.task = s.task and r.started_at >= ${begun}
       where s.every = interval '1 minute' or s.task = ${atStart}
       group by s.task`;
    const failed = runs.filter(({ error }) => error !== null);
    assert.deepEqual(failed, [], JSON.stringify(failed));
    if (runs.every(({ done }) => done)) return;
    assert(Date.now() < until, `not done: ${JSON.stringify(runs.filter(({ done }) => !done))}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
