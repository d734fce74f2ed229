// Defaults of a server, a database or a role that nobody who wrote pgrant had in mind.

/** Every setting that a plain user may change and that changes what statements mean or look like. */
export const hostile: Record<string, string> = {
  array_nulls: 'off',
  backslash_quote: 'off',
  bytea_output: 'escape',
  client_encoding: 'LATIN1',
  datestyle: 'SQL, DMY',
  default_transaction_deferrable: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  extra_float_digits: '-15',
  intervalstyle: 'sql_standard',
  quote_all_identifiers: 'on',
  row_security: 'off',
  search_path: 'hostile, pg_catalog',
  standard_conforming_strings: 'off',
  timezone: 'Pacific/Kiritimati',
  transform_null_equals: 'on',
  xmlbinary: 'hex',
};

/** What a search_path leads to where somebody counted on it: functions and types of the same names that fail. */
export const traps = [
  'create schema hostile',
  'grant usage on schema hostile to public',
  `create function hostile.now() returns timestamptz language plpgsql as $$ begin raise 'hostile'; end $$`,
  `create function hostile.current_setting(text, boolean) returns text language plpgsql as $$ begin raise 'hostile'; end $$`,
  `create function hostile.set_config(text, text, boolean) returns text language plpgsql as $$ begin raise 'hostile'; end $$`,
  'create domain hostile.uuid as integer',
  'create domain hostile.text as integer',
  'create domain hostile.jsonb as integer',
  'create domain hostile.bytea as integer',
];

/** The statements that make them the defaults of whatever, such as `database acme` or `role pgrant_web in database acme`. */
export const defaultsOf = (what: string) =>
  Object.entries(hostile).map(([name, value]) => {
    const text = name === 'search_path' ? value : `'${value}'`;
    return `alter ${what} set ${name} = ${text}`;
  });
