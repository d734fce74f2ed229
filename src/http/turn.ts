import type { Ctx } from './ctx.ts';
import { addressPrefix } from './floods.ts';

/** Whose turn it is where tenants, and the addresses at each, take turns. */
export function turnOf({ state }: Ctx): [string, string] {
  return [state.tenant.id, addressPrefix(state.address)];
}
