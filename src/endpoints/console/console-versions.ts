// What the forms of a page of the console were made from.
import { versionField } from '../../http/form-version.ts';
import type { Arguments } from '../admin-api/admin-operation.ts';
import type { Result, Shown } from './console-call.ts';
import type { Typed } from './console-form.ts';
import type { Call } from './console-page.ts';

/** What the form of an operation that sets something carries: the version of what the page shows of that. */
export function versionsOf(calls: readonly Call[], results: Shown['results'], typed: Typed) {
  return (operation: string): string => {
    const at = calls.findIndex((call) => call.operation === operation.replace(/_set$/, '_show'));
    // Shown again for another reason: what was typed was made from what it was made from.
    const kept = operation === typed.operation ? typed.version : undefined;
    return kept ?? versionField(results[at]?.versions);
  };
}

/** What somebody else has changed since a form was made, and what was typed, made from what there is now. */
export function movedOf({ value, versions }: Result, typed: Typed) {
  return { moved: value as Arguments, typed: { ...typed, version: versionField(versions) } };
}
