// Whatever the session of an auditor likes, a report says the same.
import { beforeAll, expect, test } from 'vitest';
import { type Auditor, makeAuditor } from '../support/auditors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { makeStory, type Story } from '../support/story.ts';

let database: TestDatabase;
let acme: Story;
let auditor: Auditor;

beforeAll(async () => {
  database = await createDatabase();
  acme = await makeStory(database, 'acme');
  auditor = await makeAuditor(database);
  // Over, and not to be swept before tomorrow, by UTC.
  await database.sql`
    update pgrant.token_families
       set idle_expires_at = now(), expires_at = now(), sweep_after = (now() at time zone 'UTC')::date`;
}, 60_000);

const reports = [
  `select partition, bounds from pgrant_report.storage order by 1`,
  `select partition, extract(epoch from from_at) as from_at, extract(epoch from until_at) as until_at, state
     from pgrant_report.partitions order by 1`,
  `select * from pgrant_report.isolation_faults() order by 1, 2`,
  `select table_name, expired_rows from pgrant_report.expired_backlog order by 1`,
];

async function said(settings: string): Promise<unknown[]> {
  await auditor.sql.unsafe(`reset all; set timezone = 'UTC'; ${settings}`);
  const [verdict] = await auditor.sql`
    select v.intact, v.fault, v.seals, v.present from pgrant_report.audit_verify(${acme.tenant}) v`;
  return [
    verdict,
    ...(await Promise.all(reports.map((report) => auditor.sql.unsafe(report).values()))),
  ];
}

test.each([
  `set datestyle = 'SQL, DMY'; set timezone = 'Asia/Kolkata'`,
  `set datestyle = 'German'; set timezone = 'America/St_Johns'`,
  `set timezone = 'Pacific/Kiritimati'`,
  `set timezone = 'Pacific/Pago_Pago'`,
  `set intervalstyle = 'sql_standard'`,
  `set quote_all_identifiers = on`,
  `set standard_conforming_strings = off; set escape_string_warning = off`,
  `set transform_null_equals = on; set array_nulls = off`,
  `set bytea_output = 'escape'; set extra_float_digits = -15`,
  `set search_path = pgrant_report, pgrant, public`,
  `set default_transaction_read_only = on; set transaction_read_only = on`,
])('%s', async (settings) => {
  expect(await said(settings)).toEqual(await said(''));
});
