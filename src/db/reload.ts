/**
 * Whether a call met a release half-way: the function or a type of it was gone for a moment. It has
 * done nothing then, and is made once more.
 */
export function metReload(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string };
  return (
    code === '42883' ||
    code === '42704' ||
    // An object that was found a moment ago. The text of an error may be in any language.
    code === 'XX000' ||
    // postgres.js prepares such a statement anew by itself, unless it was new a moment ago.
    (code === '0A000' && routine === 'RevalidateCachedQuery')
  );
}
