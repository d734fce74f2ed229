// Errors that say that a value reached SQL which the edge should have refused.

// Class 22: data exceptions, such as NUL in a text or a number out of range. Class 54: too long for an index, too deep.
const dataException = /^(22|54)...$/;

/** Whether the database could not take a value. The message may hold it. */
export function isDataException(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && dataException.test(code);
}
