// The end of a connection where a client of Kafka presents its token, as far as a broker says nothing about it.
import { createServer, type Socket } from 'node:net';

/** Listens on a port until a client has presented a token. */
export async function listenForToken(port: number) {
  let presented: (token: string) => void;
  const token = new Promise<string>((resolve) => {
    presented = resolve;
  });
  const server = createServer((socket) => {
    converse(socket).then(presented, () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { token, stop: () => server.close() };
}

/** ApiVersions (KIP-511), SaslHandshake of version 0 (KIP-43), then OAUTHBEARER (RFC 7628 3.1) in a frame of its own. */
async function converse(socket: Socket): Promise<string> {
  let held = Buffer.alloc(0);
  for await (const piece of socket) {
    held = Buffer.concat([held, piece]);
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
      const frame = held.subarray(4, 4 + held.readInt32BE(0));
      held = held.subarray(4 + frame.length);
      const [, bearer] = /auth=Bearer ([\w.-]+)/.exec(frame.toString('latin1')) ?? [];
      if (bearer !== undefined) return bearer;
      const answer = frame.readInt16BE(0) === apiVersions ? versions : mechanisms;
      socket.write(framed(frame.subarray(4, 8), answer));
    }
  }
  throw new Error('the client has presented none');
}

const [saslHandshake, apiVersions] = [17, 18];

const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const uncomplained = int16(0);
const noTags = Buffer.from([0]);

/** What can be asked, each with its first and last version: SaslAuthenticate is not among it. */
const versions = Buffer.concat([
  uncomplained,
  Buffer.from([3]),
  ...[saslHandshake, 0, 0].map(int16),
  noTags,
  ...[apiVersions, 0, 3].map(int16),
  noTags,
  Buffer.alloc(4),
  noTags,
]);

const mechanism = Buffer.from('OAUTHBEARER');
const mechanisms = Buffer.concat([
  uncomplained,
  Buffer.from([0, 0, 0, 1]),
  int16(mechanism.length),
  mechanism,
]);

function framed(correlation: Buffer, answer: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(correlation.length + answer.length);
  return Buffer.concat([length, correlation, answer]);
}
