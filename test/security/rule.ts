/**
 * A rule that the catalogs can be asked about. The query wants 0 rows; after each change in `broken` it
 * must have some.
 */
export type Rule = { name: string; query: string; broken: string[] };

/** A rule that auditors can ask about, too. */
export function reported(name: string): Pick<Rule, 'name' | 'query'> {
  const query = `select f.object from pgrant_report.isolation_faults() f where f.rule = '${name}'`;
  return { name, query };
}

/** All that auditors are told of these: to ask for one rule takes as long. */
export const everyFault = 'select f.rule, f.object from pgrant_report.isolation_faults() f';

/** The schemas that a release drops and makes anew. */
export const code = `('pgrant_rules', 'pgrant_api', 'pgrant_ops', 'pgrant_report')`;

/** Every function of ours; `statements` is its body after the first begin. */
export const functions = `select p.*, p.pronamespace::regnamespace::text as schema, l.lanname,
    split_part(p.prosrc, E'\\nbegin\\n', 2) as statements
  from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace::regnamespace::text like 'pgrant%'`;
