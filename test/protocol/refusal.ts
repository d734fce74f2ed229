import { OAuthError } from '../../src/protocol/errors.ts';

/** The refusal that the work ends in; fails the test when it ends in anything else. */
export async function refusalOf(work: () => unknown): Promise<OAuthError> {
  try {
    await work();
  } catch (failure) {
    if (failure instanceof OAuthError) return failure;
    throw failure;
  }
  throw new Error('nothing was refused');
}
