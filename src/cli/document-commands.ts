import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { listCommand } from './subject.ts';

/** `tenant set` says whose documents are taken. */
export function declareCommands(group: Command): void {
  const description = 'which came from where, until when each is fresh, and until when it lives';
  listCommand(group, description, ops.client_document_list, {
    columns: [
      'client_id',
      'name',
      'registered_from',
      'document_expires_at',
      'last_used_at',
      'expires_at',
    ],
    empty: () => 'no client came from a document',
  });
}
