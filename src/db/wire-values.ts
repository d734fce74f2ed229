// How values travel: arguments as text, results as the types that the bindings say.

const asText = (value: string) => value;

/** For postgres.js. Each is read the same way whatever the session's settings are, which a pooler may hide. */
export const types = {
  // Epoch seconds and counts: all below 2^53.
  bigint: { to: 20, from: [20], serialize: String, parse: Number },
  // date, timestamp, timestamptz: as PostgreSQL writes them.
  moment: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: asText },
  // text[], varchar[], uuid[]. What is an array's literal already stays so: postgres.js may serialise twice (see binding.ts).
  list: { to: 1009, from: [1009, 1015, 2951], serialize: asText, parse: parseArray },
  bytea: { to: 17, from: [17], serialize: byteaLiteral, parse: parseBytea },
};

/** The hex literal of bytes. */
export function byteaLiteral(value: Uint8Array): string {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return `\\x${bytes.toString('hex')}`;
}

/** The bytes of a literal in either form of bytea_output. */
export function parseBytea(literal: string): Buffer {
  if (literal.startsWith('\\x')) return Buffer.from(literal.slice(2), 'hex');
  const plain = literal.replace(/\\(\\|[0-7]{3})/g, (_, escaped: string) =>
    escaped === '\\' ? '\\' : String.fromCharCode(Number.parseInt(escaped, 8)),
  );
  return Buffer.from(plain, 'latin1');
}

type Element = string | number | Uint8Array;

/** The literal of a one-dimensional array of texts, bytes and nulls. */
export function arrayLiteral(values: readonly (Element | null)[]): string {
  return `{${values.map(elementLiteral).join(',')}}`;
}

function elementLiteral(value: Element | null): string {
  if (value === null) return 'null';
  const text = value instanceof Uint8Array ? byteaLiteral(value) : String(value);
  // Most hold neither, and a search costs less than a replacement.
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

/** The texts in the literal of a one-dimensional array without nulls. */
export function parseArray(literal: string): string[] {
  if (literal === '{}') return [];
  if (!literal.includes('"')) return literal.slice(1, -1).split(',');
  return Array.from(literal.matchAll(/"((?:[^"\\]|\\.)*)"|([^{},]+)/gs), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/gs, '$1'),
  );
}
