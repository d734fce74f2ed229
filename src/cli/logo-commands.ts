import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { listCommand } from './subject.ts';

/** `tenant set` and `client set` say where they are. */
export function declareCommands(group: Command): void {
  const description = 'which are named, when each was fetched, and why a fetch gave none';
  listCommand(group, description, ops.logo_list, {
    columns: ['logo_uri', 'fetched_at', 'media_type', 'size', 'check_after', 'last_error'],
    empty: () => 'no logo is named',
  });
}
