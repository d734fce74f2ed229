// Sealing at a cluster: more events than a call takes, and one that says that it is older than it is.
import assert from 'node:assert/strict';
import { sealEvents } from '../../src/operations/audit-chain.ts';
import { type Cluster, command } from './programs.ts';
import { databaseOf } from './questions.ts';

/** More than a call seals. */
const many = 10_500;

/** At a tenant, whose audit is not intact from then on. */
export async function sealAndForge(cluster: Cluster, name: string): Promise<string> {
  const { sql, worker, web } = databaseOf(cluster);
  try {
    const [tenant] = await sql`select tenant_id as id from pgrant.issuers where name = ${name}`;
    const record = (events: number, before: string) => sql`
      insert into pgrant.audit_events (tenant_id, at, event_id, action, xid)
      select ${tenant?.id}::uuid, now() - ${before}::interval + n * interval '1 microsecond', gen_random_uuid(), 'user.add', 1
        from generate_series(1, ${events}) n`;
    const verify = ['audit', 'verify', '--tenant', name];
    for (const events of [many, 1]) {
      await record(events, '1 minute');
      await sealEvents(worker);
      assert.match(await command(cluster, verify), /intact[\s\S]*unsealed +0\n/);
    }
    await record(1, '31 days');
    await sql`update pgrant.audit_chains set compared_at = null where tenant_id = ${tenant?.id}`;
    await sealEvents(worker);
    await assert.rejects(command(cluster, verify), /back-dated/);
    const [found] = await sql`select fault from pgrant_report.audit_verify(${tenant?.id}::uuid)`;
    assert.equal(found?.fault, 'back-dated', 'what auditors ask does not say so');
    return `${many + 1} events, and one that is found out`;
  } finally {
    await Promise.all([sql, worker, web].map((one) => one.end()));
  }
}
