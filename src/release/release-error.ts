/** The database or sql/ is not in a state that can be released: one line that says what to do. */
export class ReleaseError extends Error {
  override name = 'ReleaseError';
}
