// Requests for whom nobody waits, such as of devices that poll: what others ask at the same moment is done first.
import type { Ctx } from './ctx.ts';

/** Milliseconds that one waits for others at most, before it is decided and before it is answered. */
const longest = 250;

/** How many go on in one turn of the event loop before that. */
const someTogether = 4;

/** Which requests are under way, and which wait until none is. */
export class Background {
  readonly #underWay = new Set<object>();
  readonly #waiting: { due: number; goOn: () => void }[] = [];
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;

  /** A step that counts a request as under way until it is answered, or is one in the background. */
  readonly count = async (ctx: object, next: () => Promise<void>): Promise<void> => {
    this.#underWay.add(ctx);
    try {
      await next();
    } finally {
      this.#leave(ctx);
    }
  };

  /** Has a request be one in the background: `work` begins, and is over, while no other is under way. */
  async inTurn<T>(ctx: Pick<Ctx, 'state'>, work: () => Promise<T>): Promise<T> {
    this.#leave(ctx);
    await this.#turn();
    try {
      return await work();
    } finally {
      await this.#turn();
    }
  }

  #leave(ctx: object): void {
    if (this.#underWay.delete(ctx)) this.#wake();
  }

  #turn(): Promise<void> | undefined {
    if (this.#underWay.size === 0 && this.#waiting.length === 0) return undefined;
    return new Promise((goOn) => {
      this.#waiting.push({ due: performance.now() + longest, goOn });
      this.#wake();
    });
  }

  #wake(): void {
    const [first] = this.#waiting;
    if (!first) return;
    if (this.#underWay.size === 0) this.#soon ??= setImmediate(() => this.#serve());
    else this.#later ??= setTimeout(() => this.#serve(), first.due - performance.now());
  }

  #serve(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    this.#soon = undefined;
    this.#later = undefined;
    const now = performance.now();
    let left = this.#underWay.size === 0 ? someTogether : 0;
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      // Without a bound for those whose time has come, or in a busy process they would be ever more.
      if (first.due > now && left <= 0) break;
      left -= 1;
      this.#waiting.shift();
      first.goOn();
    }
    this.#wake();
  }
}
