// A client of AMQP 0-9-1 that signs in with a token as its password, and declares a queue.
import { connect, type Socket } from 'node:net';

type Method = { id: string; body: Buffer };

export type AmqpLogin = { said: string; closed: Promise<string>; leave: () => void };

/** Says whether a queue could be declared, or why not in the broker's words; the connection stays open. */
export async function declareQueue(port: number, token: string): Promise<AmqpLogin> {
  const socket = connect(port, '127.0.0.1');
  const next = methodsOf(socket);
  socket.write('AMQP\0\0\x09\x01', 'latin1');
  await next();
  const capabilities = table('authentication_failure_close', Buffer.from('t\x01'));
  const properties = table('capabilities', Buffer.concat([Buffer.from('F'), capabilities]));
  const credentials = long(Buffer.from(`\0any\0${token}`));
  socket.write(frame(0, 10, 11, properties, short('PLAIN'), credentials, short('en_US')));
  let said = await next();
  if (said.id === '10.30') {
    socket.write(frame(0, 10, 31, Buffer.from([0, 8, 0, 2, 0, 0, 0, 0])));
    socket.write(frame(0, 10, 40, short('/'), short(''), Buffer.from([0])));
    said = await next();
  }
  if (said.id === '10.41') {
    socket.write(frame(1, 20, 10, short('')));
    await next();
    const durable = Buffer.from([2]);
    socket.write(
      frame(1, 50, 10, Buffer.from([0, 0]), short('tried'), durable, long(Buffer.alloc(0))),
    );
    said = await next();
  }
  const closed = next().then(reason, () => 'closed');
  return {
    said: said.id === '50.11' ? 'declared' : reason(said),
    closed,
    leave: () => socket.destroy(),
  };
}

/** What a Close says: its code, and the first words of its text. */
function reason({ id, body }: Method): string {
  if (id !== '10.50' && id !== '20.40') return id;
  const text = body.toString('utf8', 3, 3 + body.readUInt8(2));
  return `${body.readUInt16BE(0)} ${text.split(/ - | \(/)[0]}`;
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

function long(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const table = (name: string, value: Buffer) => long(Buffer.concat([short(name), value]));

function frame(channel: number, group: number, method: number, ...parts: Buffer[]): Buffer {
  const head = Buffer.from([1, 0, channel]);
  const payload = Buffer.concat([Buffer.from([0, group, 0, method]), ...parts]);
  return Buffer.concat([head, long(payload), Buffer.from([0xce])]);
}

/** What gives the methods that the broker sends, one after the other; throws where it ends the connection. */
function methodsOf(socket: Socket): () => Promise<Method> {
  const pieces = socket.iterator({ destroyOnReturn: false });
  let held = Buffer.alloc(0);
  return async () => {
    for (;;) {
      const length = held.length < 7 ? Number.POSITIVE_INFINITY : held.readUInt32BE(3) + 8;
      if (held.length >= length) {
        const whole = held.subarray(0, length);
        held = held.subarray(length);
        if (whole.readUInt8(0) !== 1) continue;
        return {
          id: `${whole.readUInt16BE(7)}.${whole.readUInt16BE(9)}`,
          body: whole.subarray(11),
        };
      }
      const { value, done } = await pieces.next();
      if (done) throw new Error('the broker has ended the connection');
      held = Buffer.concat([held, value]);
    }
  };
}
