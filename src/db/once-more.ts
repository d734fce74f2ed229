// Errors after which the same call is made again: it has done nothing, and may do better now.

/** Makes a call, and again up to twice: one release may follow another while it is under way. */
export async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 2; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !deservesAnother(error)) throw error;
    }
  }
}

/** Whether a call met something that has changed under it, or was rolled back so that another could go on. */
export function deservesAnother(error: unknown): boolean {
  return metReload(error) || lostItsGround(error) || (error as { code?: string }).code === '40P01';
}

/** Met a release half-way: the function or a type of it was gone for a moment, or replaced. */
function metReload(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string };
  return (
    code === '42883' ||
    code === '42704' ||
    // It waited for the release, says pgrant_rules.enter; or has begun before it, and met a result of another shape.
    code === '40001' ||
    code === '42804' ||
    // An object that was found a moment ago. The text of an error may be in any language.
    code === 'XX000' ||
    // postgres.js prepares such a statement anew by itself, unless it was new a moment ago.
    (code === '0A000' && routine === 'RevalidateCachedQuery')
  );
}

/**
 * A client, a person or the tenant was removed while the call decided, so that what it wrote would hang on nothing
 * (23503), or another took the same name (23505). Decided once more, it finds that out first, and says so in its own words.
 */
function lostItsGround(error: unknown): boolean {
  return /^2350[35]$/.test((error as { code?: string }).code ?? '');
}
