// What is refused before SQL was asked counts like what SQL refuses.

import { api } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { OAuthError } from '../protocol/errors.ts';
import { type Ctx, caller } from './ctx.ts';

/** Has a refusal recorded, and throws it, or what SQL says instead; any other failure is thrown as it is. */
export async function refuse(
  database: Database,
  ctx: Ctx,
  action: string,
  failure: unknown,
): Promise<never> {
  if (failure instanceof OAuthError) {
    await call(database, api.refusal_record, {
      ...caller(ctx),
      action,
      refused: failure.error as never,
      refused_reason: failure.reason,
      refused_detail: failure.detail ?? null,
    });
  }
  throw failure;
}
