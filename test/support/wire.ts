// The wire between a program and the database, with every way in which one can fail.
import { connect, createServer, type Socket } from 'node:net';

/**
 * reset: RST. fin: closed in order. silent: packets vanish, both ways. trickle: an answer comes a byte at a time.
 * half-open: the database's end is gone and nobody tells.
 */
export const faults = ['reset', 'fin', 'silent', 'trickle', 'half-open'] as const;
export type Fault = (typeof faults)[number];

/** The message with which a stage of a connection begins: its first byte. */
export const stages = {
  'start-up': '\0',
  authentication: 'p',
  'the first statement': 'Q',
  preparation: 'P',
  execution: 'B',
} as const;
export type Stage = keyof typeof stages;

export type Wire = {
  /** The URL of the database by this wire. */
  url: string;
  /** Connections that are open. */
  links: () => number;
  /** Every connection that is open fails so, now. */
  fail: (fault: Fault) => void;
  /** Whatever reaches the stage fails so, until it is healed. */
  failAt: (stage: Stage, fault: Fault) => void;
  /** New connections are good again. */
  heal: () => void;
  /** The end of it. */
  cut: () => void;
};

type Link = { near: Socket; far: Socket; fault?: Fault };

/** Milliseconds between two bytes. */
const drip = 50;

/** Lays a wire to the database behind `url`. */
export async function startWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const links = new Set<Link>();
  let trap: { first: string; fault: Fault } | undefined;

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const link: Link = { near, far };
    links.add(link);
    near.on('data', (bytes) => {
      if (trap && String.fromCharCode(bytes[0] ?? 0) === trap.first) strike(link, trap.fault);
      if (link.fault === undefined || link.fault === 'trickle') far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (link.fault === undefined) near.write(bytes);
      else if (link.fault === 'trickle') trickle(near, bytes);
    });
    near.on('error', () => {});
    far.on('error', () => near.resetAndDestroy());
    near.on('close', () => {
      links.delete(link);
      far.destroy();
    });
    far.on('close', () => {
      if (link.fault !== 'silent' && link.fault !== 'half-open') near.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  return {
    url: through.href,
    links: () => links.size,
    fail: (fault) => {
      for (const link of links) strike(link, fault);
    },
    failAt: (stage, fault) => {
      trap = { first: stages[stage], fault };
    },
    heal: () => {
      trap = undefined;
    },
    cut: () => {
      for (const { near } of links) near.destroy();
      server.close();
    },
  };
}

function strike(link: Link, fault: Fault): void {
  link.fault ??= fault;
  if (fault === 'reset') link.near.resetAndDestroy();
  if (fault === 'fin') link.near.end();
  if (fault === 'fin' || fault === 'half-open') link.far.destroy();
}

function trickle(near: Socket, bytes: Buffer): void {
  for (const [index, byte] of bytes.entries()) {
    setTimeout(() => near.writable && near.write(Buffer.of(byte)), index * drip);
  }
}
