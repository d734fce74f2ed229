// One connection per request, with nothing between the fuzz and the bytes.
import { connect } from 'node:net';

export type Answer = {
  status: number;
  headers: Map<string, string>;
  body: string;
  milliseconds: number;
};

/**
 * Sends bytes and gives what comes back until the server closes; undefined where it closes without an
 * answer, 'hung' where it does neither within the deadline. With `abort` the client goes away half-way.
 */
export function exchange(
  port: number,
  bytes: Buffer,
  { deadline, abort = false }: { deadline: number; abort?: boolean },
): Promise<Answer | undefined | 'hung'> {
  return new Promise((resolve) => {
    const begin = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes);
      if (abort) setTimeout(() => socket.destroy(), 50);
    });
    const timer = setTimeout(() => {
      resolve('hung');
      socket.destroy();
    }, deadline);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole(textOf(chunks, 'latin1'), bytes)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(read(textOf(chunks, 'utf8'), performance.now() - begin));
    });
  });
}

/** Whether nothing more comes on a connection that stays open (RFC 9112 6.3). */
function isWhole(text: string, request: Buffer): boolean {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return false;
  const head = text.slice(0, at).toLowerCase();
  if (/^http\/1\.1 (204|304)/.test(head) || request.subarray(0, 5).equals(headOf)) return true;
  if (head.includes('transfer-encoding: chunked')) return text.endsWith('0\r\n\r\n');
  return text.length - at - 4 >= Number(/content-length: (\d+)/.exec(head)?.[1] ?? Infinity);
}

const headOf = Buffer.from('HEAD ');

/** What has come, without a word to go on (RFC 9110 15.2.1). */
function textOf(chunks: Buffer[], encoding: 'latin1' | 'utf8'): string {
  return Buffer.concat(chunks)
    .toString(encoding)
    .replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, '');
}

function read(text: string, milliseconds: number): Answer | undefined {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  if (!status) return undefined;
  const headers = new Map(
    lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      return [name.toLowerCase(), value];
    }),
  );
  return { status, headers, body: rest.join('\r\n\r\n'), milliseconds };
}
