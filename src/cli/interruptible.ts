// Work that a signal ends, but not half-way.

/** The signals that ask a process to end. */
export const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the work with what fires where a signal asks the process to end; it ends by that signal once the work has. */
export async function interruptible<Result>(
  work: (ending: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController();
  const end = (signal: NodeJS.Signals) => ending.abort(signal);
  // Whoever asks twice does not wait.
  for (const signal of endings) process.once(signal, end);
  try {
    return await work(ending.signal);
  } finally {
    for (const signal of endings) process.off(signal, end);
    if (ending.signal.aborted) process.kill(process.pid, ending.signal.reason);
  }
}
