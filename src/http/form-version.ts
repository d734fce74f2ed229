// What a form was made from travels with it, so that SQL can tell whether somebody has changed that since.

/** The version of each member of what a form was made from. */
export type Versions = Record<string, string>;

/** As a field of the form; of what is not there yet, nothing. */
export const versionField = (versions: Versions | null = {}): string =>
  String(new URLSearchParams(versions ?? {}));

/** What a form says it was made from; undefined for one that does not say. */
export function versionsIn(version: string | undefined): Versions | undefined {
  if (version === undefined) return undefined;
  const sent = [...new URLSearchParams(version)].filter(([, one]) => /^[0-9a-f]{12}$/.test(one));
  return Object.fromEntries(sent);
}
