// One keep-alive connection, one request at a time: costs the machine less than what it measures.
import { connect, type Socket } from 'node:net';

export type Answer = { status: number; head: string; body: string };

type Waiting = { resolve: (answer: Answer) => void; reject: (error: Error) => void };

/** A connection to one origin over plain HTTP/1.1; answers must carry a Content-Length. */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #received = '';
  #waiting: Waiting | undefined;

  constructor(origin: string) {
    const { host, hostname, port } = new URL(origin);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk: string) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server hung up')));
  }

  get(path: string, headers = ''): Promise<Answer> {
    return this.#send(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${headers}\r\n`);
  }

  /** Posts a form. `headers` are whole lines. */
  post(path: string, form: string, headers = ''): Promise<Answer> {
    return this.#send(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n` +
        'Content-Type: application/x-www-form-urlencoded\r\n' +
        `Content-Length: ${form.length}\r\n${headers}\r\n${form}`,
    );
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #send(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(text);
    });
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#waiting?.reject(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    const size = end + 4 + Number(length);
    if (this.#received.length < size) return;
    const body = this.#received.slice(end + 4, size);
    const waiting = this.#waiting;
    this.#received = '';
    this.#waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

/** The value of a header of an answer. */
export function header({ head }: Answer, name: string): string | undefined {
  return new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(head)?.[1];
}
