// A plain PostgreSQL adapter for oidc-provider: one indexed table, one prepared statement per call.
import { Pool } from 'pg';

type Payload = Record<string, unknown> & { grantId?: string; uid?: string };
type Stored = { payload: Payload; consumed: boolean };

const table = `
  create table payloads (
    model text not null, id text not null, payload jsonb not null,
    grant_id text, uid text, expires_at timestamptz, consumed_at timestamptz,
    primary key (model, id)
  );
  create index payloads_grant_id on payloads (grant_id) where grant_id is not null;
  create index payloads_uid on payloads (uid) where uid is not null`;

const statements = {
  upsert: `insert into payloads (model, id, payload, grant_id, uid, expires_at)
    values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
    on conflict (model, id) do update
    set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
        expires_at = excluded.expires_at`,
  find: `select payload, consumed_at is not null as consumed from payloads
    where model = $1 and id = $2 and (expires_at is null or expires_at > now())`,
  findByUid: `select payload, consumed_at is not null as consumed from payloads
    where model = $1 and uid = $2 and (expires_at is null or expires_at > now())`,
  consume: 'update payloads set consumed_at = now() where model = $1 and id = $2',
  destroy: 'delete from payloads where model = $1 and id = $2',
  revokeByGrantId: 'delete from payloads where grant_id = $1',
} as const;

/** Makes the adapter class that oidc-provider wants, and its table. */
export async function makeAdapter(connectionString: string, connections: number) {
  const pool = new Pool({ connectionString, max: connections, min: connections });
  await pool.query(table);
  const run = async (name: keyof typeof statements, values: unknown[]): Promise<Stored[]> =>
    (await pool.query({ name, text: statements[name], values })).rows;
  const payloadOf = ([row]: Stored[]) =>
    row && { ...row.payload, ...(row.consumed && { consumed: true }) };

  return class Adapter {
    readonly model: string;

    constructor(model: string) {
      this.model = model;
    }

    async upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
      const { grantId = null, uid = null } = payload;
      await run('upsert', [this.model, id, payload, grantId, uid, expiresIn ?? null]);
    }

    async find(id: string) {
      return payloadOf(await run('find', [this.model, id]));
    }

    async findByUid(uid: string) {
      return payloadOf(await run('findByUid', [this.model, uid]));
    }

    async consume(id: string): Promise<void> {
      await run('consume', [this.model, id]);
    }

    async destroy(id: string): Promise<void> {
      await run('destroy', [this.model, id]);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await run('revokeByGrantId', [grantId]);
    }
  };
}
