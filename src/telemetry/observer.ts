// What metrics and traces are told. Names only: no argument, token, address, path or tenant.

/** What became of a request. */
export type Outcome = {
  /** The template of its path, such as /oauth/register/:client_id. */
  endpoint: string;
  status: number;
  /** The error code that was answered, or undefined. */
  error: string | undefined;
  /** The grant type of a token request that has a known one. */
  grant: string | undefined;
  requestId: string;
};

export type Request = { method: string; traceparent: string | undefined; outcome: () => Outcome };

type Work<T> = () => Promise<T>;

/** Wraps pieces of work as they are done: gives their result, throws their error. */
export type Observer = {
  request: (request: Request, work: Work<void>) => Promise<void>;
  /** A call of an SQL function, by its name. */
  call: <T>(name: string, work: Work<T>) => Promise<T>;
  /** A task of the worker. */
  task: <T>(name: string, work: Work<T>) => Promise<T>;
};

/** One observer for several; the first is the outermost. */
export function joined(observers: readonly Observer[]): Observer | undefined {
  if (observers.length < 2) return observers[0];
  return observers.reduceRight((inner, outer) => ({
    request: (request, work) => outer.request(request, () => inner.request(request, work)),
    call: (name, work) => outer.call(name, () => inner.call(name, work)),
    task: (name, work) => outer.task(name, () => inner.task(name, work)),
  }));
}

/** The SQLSTATE or the kind of an error, for a label: never its message, which may hold a value. */
export function errorKind(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error';
}
