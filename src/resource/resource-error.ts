// RFC 6750 3, RFC 9728 5.1: how a resource refuses.

export type Refusal = 'no_token' | 'invalid_request' | 'invalid_token' | 'insufficient_scope';

const statuses = {
  no_token: 401,
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
};

/** A request that is refused: answer with `status` and the header `WWW-Authenticate: ${challenge}`. */
export class ResourceError extends Error {
  override name = 'ResourceError';
  readonly error: Refusal;
  readonly status: number;
  readonly challenge: string;

  /** `metadata` is the URL of the resource's metadata, `scopes` what the request needs. */
  constructor(error: Refusal, reason: string, metadata: string, scopes: readonly string[]) {
    super(reason);
    this.error = error;
    this.status = statuses[error];
    const members = [
      // RFC 6750 3.1: no error code for a request that carried no token at all.
      ...(error === 'no_token' ? [] : [`error="${error}"`]),
      ...(scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
      `resource_metadata="${metadata}"`,
    ].join(', ');
    this.challenge = `Bearer ${members}`;
  }
}
