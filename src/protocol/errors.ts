// RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7591 3.2.2, RFC 8707 2, OpenID Connect Core 3.1.2.6.

import { publicErrors } from './lists.ts';

export type ErrorCode = keyof typeof publicErrors;

/** A request that cannot be read or lacks something; developers may read the words. */
export function malformed(fault: string, extra: { status?: number } = {}): OAuthError {
  return new OAuthError('invalid_request', fault, { ...extra, detail: fault });
}

/** The characters of error_description (RFC 6749 4.1.2.1), in a length that fits any URL. */
const publicText = /^[\x20\x21\x23-\x5B\x5D-\x7E]{1,200}$/;

/**
 * A refusal: `error`, `status` and `description` are for the public, `reason` is for the log.
 * A `detail` says which value was refused and why (such as the scope's name), in words that developers
 * may read: it joins the description, and is in the log and the audit, unless a character of it may not.
 */
export class OAuthError extends Error {
  readonly error: ErrorCode;
  readonly reason: string;
  readonly status: number;
  /** The description without the detail. */
  readonly summary: string;
  readonly detail: string | undefined;
  /** The detail whatever its length and characters, for answers that have room for it. */
  readonly words: string | undefined;
  /** Seconds; undefined where nobody knows. */
  readonly retryAfter: number | undefined;
  /** By what proofs of the client may be signed; undefined where nobody knows the client. */
  readonly proofAlgs: readonly string[] | undefined;

  constructor(
    error: ErrorCode,
    reason: string,
    extra: {
      status?: number;
      detail?: string;
      retryAfter?: number;
      proofAlgs?: readonly string[];
    } = {},
  ) {
    super(`${error}: ${reason}`);
    this.name = 'OAuthError';
    this.error = error;
    this.reason = reason;
    this.status = extra.status ?? publicErrors[error].status;
    this.retryAfter = extra.retryAfter;
    this.proofAlgs = extra.proofAlgs;
    this.summary = publicErrors[error].description;
    this.words = extra.detail;
    this.detail =
      extra.detail !== undefined && publicText.test(extra.detail) ? extra.detail : undefined;
  }

  /** error_description. */
  get description(): string {
    return this.detail === undefined
      ? this.summary
      : `${this.summary.slice(0, -1)}: ${this.detail}`;
  }
}
