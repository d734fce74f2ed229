// Whether a database can hold pgrant: asked before anything is made in it.
import type { TransactionSql } from 'postgres';
import { refuseCluster } from './cluster.ts';
import { ReleaseError } from './release-error.ts';

/** Throws where a release would fail half-way, or what it makes would compare names by other rules. */
export async function refuseUnfit(sql: TransactionSql): Promise<void> {
  const [here] = await sql`
    select current_database() as name, current_setting('server_encoding') as encoding, lower('I') as folded`;
  // Names, claims and JSON are Unicode, and so are our own texts.
  if (here?.encoding !== 'UTF8') {
    throw new ReleaseError(
      `the database ${here?.name} is encoded in ${here?.encoding}, and pgrant needs UTF8: make it by "create database ${here?.name} template template0 encoding 'UTF8' locale 'C'"`,
    );
  }
  // Hosts, schemes and usernames are compared without case; by Turkish rules ISSUER is another word than issuer.
  if (here.folded !== 'i') {
    throw new ReleaseError(
      `in the database ${here.name} the lower case of I is ${here.folded}, and pgrant needs i: make it by "create database ${here.name} template template0 encoding 'UTF8' locale 'C'"`,
    );
  }
  await refuseCluster(sql);
}
