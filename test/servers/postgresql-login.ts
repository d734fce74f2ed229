// A login by OAUTHBEARER (RFC 7628) as libpq sends it, with a token that is there already.
import { connect, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';

export type Login = { said: string; closed: Promise<'closed'>; leave: () => void };

/** Says whether the role was let in by the token, or why not in the server's words; the session stays open. */
export async function logIn(port: number, role: string, token: string): Promise<Login> {
  const plain = connect(port, '127.0.0.1');
  plain.write(framed('', Buffer.from([0x04, 0xd2, 0x16, 0x2f])));
  await new Promise((resolve) => plain.once('data', resolve));
  const socket = secure({ socket: plain, rejectUnauthorized: false });
  const next = messagesOf(socket);
  const version = Buffer.from([0, 3, 0, 0]);
  socket.write(
    framed('', version, text('user'), text(role), text('database'), text('postgres'), text('')),
  );
  await next();
  const initial = Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(initial.length);
  socket.write(framed('p', text('OAUTHBEARER'), length, initial));
  let message = await next();
  const refused = message.type === 'R' && message.body.readInt32BE() === 11;
  if (refused) {
    socket.write(framed('p', Buffer.from('\x01')));
    message = await next();
  }
  const closed = untilClosed(next);
  const [, said = ''] = /\0M([^\0]*)/.exec(`\0${message.body}`) ?? [];
  return { said: message.type === 'E' ? said : 'in', closed, leave: () => socket.destroy() };
}

/** Reads on until the server ends the connection. */
async function untilClosed(next: () => Promise<unknown>): Promise<'closed'> {
  for (;;) {
    try {
      await next();
    } catch {
      return 'closed';
    }
  }
}

const text = (value: string) => Buffer.from(`${value}\0`);

/** A message: its type, where it has one, its length, and what it holds. */
function framed(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

/** What gives the messages of the server, one after the other. */
function messagesOf(socket: Socket): () => Promise<{ type: string; body: Buffer }> {
  const pieces = socket.iterator({ destroyOnReturn: false });
  let held = Buffer.alloc(0);
  return async () => {
    for (;;) {
      const length = held.length < 5 ? Number.POSITIVE_INFINITY : held.readInt32BE(1) + 1;
      if (held.length >= length) {
        const message = { type: held.toString('latin1', 0, 1), body: held.subarray(5, length) };
        held = held.subarray(length);
        return message;
      }
      const { value, done } = await pieces.next();
      if (done) throw new Error('the server has ended the connection');
      held = Buffer.concat([held, value]);
    }
  };
}
