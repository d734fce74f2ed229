// A task that asks many: whoever lets it wait for nothing too long is asked about the rest later, and nobody else waits for that.

/** Milliseconds that are waited in vain for one, in one run: three requests that nobody answers. */
const most = 14_000;
/** Milliseconds that a run may take: the next one is due each minute, and other tasks want its place. */
const longest = 50_000;

/** The patience of one run. */
export class Patience {
  readonly #signal: AbortSignal;
  readonly #waited = new Map<string, number>();

  constructor(signal: AbortSignal | undefined) {
    const ending = AbortSignal.timeout(longest);
    this.#signal = signal ? AbortSignal.any([signal, ending]) : ending;
  }

  /** Whether the run is to end. */
  get over(): boolean {
    return this.#signal.aborted;
  }

  /** Whether too much was waited for whoever has this name. */
  lostWith(name: string): boolean {
    return (this.#waited.get(name) ?? 0) >= most;
  }

  /** Asks whoever has this name; what fails was waited for in vain. */
  async with<Result>(name: string, ask: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    try {
      return await ask();
    } catch (failure) {
      this.#waited.set(name, (this.#waited.get(name) ?? 0) + performance.now() - begun);
      throw failure;
    }
  }
}
