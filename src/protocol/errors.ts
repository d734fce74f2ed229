// RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7591 3.2.2, RFC 8707 2, OpenID Connect Core 3.1.2.6.

/** What the public sees for each error code: HTTP status and a constant text. */
export const publicErrors = {
  invalid_request: { status: 400, description: 'The request is malformed.' },
  invalid_client: { status: 401, description: 'Client authentication failed.' },
  invalid_grant: { status: 400, description: 'The grant is invalid, expired or revoked.' },
  unauthorized_client: { status: 400, description: 'The client may not use this grant type.' },
  unsupported_grant_type: { status: 400, description: 'The grant type is not supported.' },
  unsupported_response_type: { status: 400, description: 'The response type is not supported.' },
  invalid_scope: { status: 400, description: 'A requested scope is invalid or unknown.' },
  invalid_target: { status: 400, description: 'A requested resource is invalid or unknown.' },
  access_denied: { status: 403, description: 'The request was denied.' },
  login_required: { status: 400, description: 'The user has to sign in.' },
  consent_required: { status: 400, description: 'The user has to consent.' },
  interaction_required: { status: 400, description: 'The user has to interact.' },
  account_selection_required: { status: 400, description: 'The user has to select an account.' },
  invalid_token: { status: 401, description: 'The access token is invalid, expired or revoked.' },
  insufficient_scope: { status: 403, description: 'The access token lacks a scope.' },
  request_not_supported: { status: 400, description: 'Request objects are not supported.' },
  request_uri_not_supported: { status: 400, description: 'Request URIs are not supported.' },
  registration_not_supported: { status: 400, description: 'Registration is not supported here.' },
  invalid_redirect_uri: { status: 400, description: 'A redirect URI is not acceptable.' },
  invalid_client_metadata: { status: 400, description: 'The client metadata is not acceptable.' },
  invalid_software_statement: { status: 400, description: 'The software statement is invalid.' },
  unapproved_software_statement: {
    status: 400,
    description: 'The software statement is not of an issuer that is trusted here.',
  },
  unknown_client: { status: 400, description: 'The application is not registered here.' },
  expired_request: {
    status: 400,
    description: 'This sign-in has expired, was answered already, or was begun in another browser.',
  },
  wrong_password: { status: 400, description: 'The username or the password is wrong.' },
  csrf_mismatch: { status: 403, description: 'The form is out of date. Reload the page.' },
  unknown_account: { status: 403, description: 'Nobody here has this account.' },
  upstream_failed: { status: 502, description: 'The sign-in elsewhere did not work.' },
  not_found: { status: 404, description: 'There is nothing here.' },
  too_many_attempts: { status: 429, description: 'Too many attempts. Try again later.' },
  flood: { status: 429, description: 'Too many attempts. Try again later.' },
  temporarily_unavailable: { status: 503, description: 'The server is busy. Try again later.' },
  server_error: { status: 500, description: 'The server failed to answer.' },
} as const satisfies Record<string, { status: number; description: string }>;

export type ErrorCode = keyof typeof publicErrors;

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
  /** Seconds; undefined where nobody knows. */
  readonly retryAfter: number | undefined;

  constructor(
    error: ErrorCode,
    reason: string,
    extra: { status?: number; detail?: string; retryAfter?: number } = {},
  ) {
    super(`${error}: ${reason}`);
    this.name = 'OAuthError';
    this.error = error;
    this.reason = reason;
    this.status = extra.status ?? publicErrors[error].status;
    this.retryAfter = extra.retryAfter;
    this.summary = publicErrors[error].description;
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
