// What independent checkers say of a tarball.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** What publint finds wrong with it. */
export async function faultsOf(file: string): Promise<(string | undefined)[]> {
  const tarball = new Uint8Array(readFileSync(file)).buffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => formatMessage(message, pkg));
}

/** Where its types disagree with its code, for those who can import it. */
export async function typeFaultsOf(file: string): Promise<unknown[]> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(file)));
  if (!result.types) return ['it has no types'];
  // CommonJS reaches an ES module by import() only, and TypeScript's node10 knows no exports.
  return result.problems.filter(
    (problem) => !('resolutionKind' in problem && /node10|cjs/.test(problem.resolutionKind)),
  );
}
