// RFC 4180: the audit for a spreadsheet.

const columns = [
  'at',
  'action',
  'error',
  'reason',
  'client_id',
  'username',
  'user_id',
  'grant_id',
  'address',
  'request_id',
  'actor',
  'detail',
  'event_id',
];

/** Events as CSV, with a line of headings. */
export function csvOf(events: readonly Record<string, unknown>[]): string {
  const lines = events.map((event) => columns.map((name) => cellOf(event[name])).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

/** What a formula begins with, also as Japanese keyboards write it, and what a spreadsheet may pass over before it. */
const formula = /^[\t\r\n=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A cell in quotation marks; a spreadsheet would compute what begins like a formula. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const plain = formula.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}
