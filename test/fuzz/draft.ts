// A request before it is bytes.
import { deepMark, withDepth } from './values.ts';

export type Pair = [name: string, value: string];

export type Draft = {
  method: string;
  path: string;
  query: Pair[];
  headers: Pair[];
  body:
    | { kind: 'none' }
    | { kind: 'form'; pairs: Pair[] }
    | { kind: 'json'; value: unknown }
    | { kind: 'bytes'; bytes: Buffer };
  /** How the body's end is told, truthfully or not. */
  framing: 'length' | 'chunked' | 'short' | 'aborted';
  /** How deep it nests where the mark is. */
  depth: number;
};

/** Whether the client goes away before all is sent that it has announced. */
export function breaksOff({ body, framing, headers }: Draft): boolean {
  const more = headers.some(([name]) => name === 'Content-Length' || name === 'Transfer-Encoding');
  return more || (body.kind !== 'none' && (framing === 'aborted' || framing === 'short'));
}

/** The bytes of the request, as they go over the wire. */
export function bytesOf(draft: Draft): Buffer {
  const { method, path, query, headers, framing } = draft;
  const target = query.length > 0 ? `${path}?${formOf(query)}` : path;
  const body = bodyOf(draft);
  const lines = [`${method} ${target} HTTP/1.1`];
  for (const [name, value] of headers) lines.push(`${name}: ${value.replace(/[\r\n\0]/g, ' ')}`);
  if (draft.body.kind !== 'none') {
    if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
    else lines.push(`Content-Length: ${body.length + (framing === 'aborted' ? 100 : 0)}`);
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8');
  if (draft.body.kind === 'none') return head;
  const sent = framing === 'short' ? body.subarray(0, body.length >> 1) : body;
  return Buffer.concat([head, framing === 'chunked' ? chunksOf(sent) : sent]);
}

function bodyOf({ body, depth }: Draft): Buffer {
  if (body.kind === 'none') return Buffer.alloc(0);
  if (body.kind === 'bytes') return body.bytes;
  if (body.kind === 'form') return Buffer.from(formOf(body.pairs));
  return Buffer.from(withDepth(JSON.stringify(body.value) ?? deepMark, depth));
}

function chunksOf(body: Buffer): Buffer {
  const half = body.length >> 1;
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  return Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(`${part.length.toString(16)}\r\n`),
      part,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('0\r\n\r\n'),
  ]);
}

/** As a browser encodes it; what begins with an equals sign goes as it stands. */
function formOf(pairs: readonly Pair[]): string {
  return pairs
    .map(([name, value]) =>
      value.startsWith('=')
        ? `${encode(name)}${encodeURI(value.toWellFormed())}`
        : `${encode(name)}=${encode(value)}`,
    )
    .join('&');
}

const encode = (text: string) => encodeURIComponent(text.toWellFormed());
