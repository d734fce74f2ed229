// An archive of audit events: JSON Lines that verify against the seals between them, without a database.
import { createHash, type Hash, hash } from 'node:crypto';
import { ArchiveError } from './archive-error.ts';
import { type Checkpoint, CheckpointError, readCheckpoint } from './audit-checkpoint.ts';

export type ArchiveHeader = {
  tenant_id: string;
  issuer: string;
  /** The month (UTC) as 2026-11; left out in a copy, which has the events of every seal in it. */
  month?: string;
};

export type Archive = ArchiveHeader & {
  events: number;
  /** The first and the last seal. */
  first: number;
  last: number;
  /** Key and content of the checkpoint at the last seal. */
  kid: string;
  checkpoint: Checkpoint;
};

type Line = Record<string, unknown> & { type?: string };
type Seal = { number: number; seal: string; left: number; root: string; hash: Hash };

export const lineTypes = {
  header: 'pgrant.audit.archive/1',
  seal: 'pgrant.audit.seal/1',
  event: 'pgrant.audit.event/1',
  end: 'pgrant.audit.archive.end/1',
} as const;

/**
 * Reads the lines of an archive in their order, in memory that does not grow; throws ArchiveError.
 * `witness` is told each seal by its number, for whoever knows one of them from elsewhere.
 */
export class ArchiveReader {
  #line = 0;
  #header: ArchiveHeader | undefined;
  #first: number | undefined;
  #seal: Seal | undefined;
  #events = 0;
  #jwt: string | undefined;
  readonly #witness: (number: number, seal: string) => void;

  constructor(witness: (number: number, seal: string) => void = () => {}) {
    this.#witness = witness;
  }

  take(text: string): void {
    this.#line++;
    const line = this.#parse(text);
    if (this.#jwt !== undefined) throw this.#fault('something follows the last line');
    if (this.#header === undefined) {
      if (line.type !== lineTypes.header) throw this.#fault('an archive begins otherwise');
      this.#header = line as unknown as ArchiveHeader;
    } else if (line.type === lineTypes.event) this.#takeEvent(text, line);
    else if (line.type === lineTypes.seal) this.#takeSeal(text, line, this.#header);
    else if (line.type === lineTypes.end) {
      this.#closeSeal();
      this.#jwt = String(line.checkpoint);
    } else throw this.#fault('not a line of an archive');
  }

  /** What was read, when all lines are; the checkpoint at its end names the last seal. */
  async end(): Promise<Archive> {
    const last = this.#seal;
    const header = this.#header;
    if (this.#jwt === undefined) throw this.#fault('the archive ends before its end');
    if (!last || !header || this.#first === undefined) throw this.#fault('there is no seal in it');
    try {
      const { kid, checkpoint } = await readCheckpoint(this.#jwt);
      const { tenant_id, iss, number, seal } = checkpoint;
      const same = tenant_id === header.tenant_id && iss === header.issuer;
      if (!same || number !== last.number || seal !== last.seal) {
        throw this.#fault('the checkpoint does not name the last seal');
      }
      const { type: _, ...about } = header as ArchiveHeader & { type: string };
      const range = { first: this.#first, last: last.number };
      return { ...about, events: this.#events, ...range, kid, checkpoint };
    } catch (error) {
      if (error instanceof CheckpointError) throw this.#fault(error.message);
      throw error;
    }
  }

  #takeSeal(text: string, line: Line, header: ArchiveHeader): void {
    this.#closeSeal();
    const before = this.#seal;
    const number = Number(line.number);
    if (line.tenant_id !== header.tenant_id) throw this.#fault('a seal of another tenant');
    if (before && (number !== before.number + 1 || line.previous_seal !== before.seal)) {
      throw this.#fault(`seal ${number} does not follow seal ${before.number}`);
    }
    const { month } = header;
    const inMonth = month === undefined || String(line.first_at).startsWith(`${month}-`);
    this.#first ??= number;
    this.#seal = {
      number,
      seal: hash('sha256', text),
      left: inMonth ? Number(line.events) : 0,
      root: inMonth ? String(line.root) : '',
      hash: createHash('sha256'),
    };
    this.#witness(number, this.#seal.seal);
  }

  #takeEvent(text: string, { event_id }: Line): void {
    const seal = this.#seal;
    if (!seal || seal.left === 0) throw this.#fault('an event that no seal covers');
    seal.left--;
    seal.hash.update(Buffer.from(String(event_id).replaceAll('-', ''), 'hex'));
    seal.hash.update(hash('sha256', text, 'buffer'));
    this.#events++;
  }

  #closeSeal(): void {
    const { number, left, root, hash: found } = this.#seal ?? {};
    if (!found || !root) return;
    if (left !== 0) throw this.#fault(`events of seal ${number} are missing`);
    if (found.copy().digest('hex') !== root) {
      throw this.#fault(`the events of seal ${number} are not as they were sealed`);
    }
  }

  #parse(text: string): Line {
    try {
      const line = JSON.parse(text);
      if (typeof line === 'object' && line !== null) return line;
    } catch {
      // Not JSON at all: the same fault as JSON of another kind.
    }
    throw this.#fault('not a line of an archive');
  }

  #fault(what: string): ArchiveError {
    return new ArchiveError(`line ${this.#line}: ${what}`);
  }
}
