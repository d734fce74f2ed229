// How a resource refuses: RFC 6750 3.1, RFC 9449 7.1, RFC 9470 3, and RFC 9110 15.6.4 where the fault is not the caller's.
import { type Answer, jsonAnswer } from './answer.ts';
import { type Challenge, challenge } from './challenge.ts';

const statuses = {
  no_token: 401,
  invalid_request: 400,
  invalid_token: 401,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
  insufficient_scope: 403,
  insufficient_user_authentication: 401,
  temporarily_unavailable: 503,
};

export type Refusal = keyof typeof statuses;

/** Seconds after which it is worth asking again. */
const retryAfter = 5;

/** The issuer cannot be asked; whether the token is good is not known. */
export class IssuerUnavailable extends Error {
  override name = 'IssuerUnavailable';
}

/** A request that is refused: `answer` is what to say to it. */
export class ResourceError extends Error {
  override name = 'ResourceError';
  readonly error: Refusal;
  readonly status: number;
  /** The value of WWW-Authenticate; undefined for temporarily_unavailable. */
  readonly challenge: string | undefined;
  readonly answer: Answer;

  constructor(
    error: Refusal,
    reason: string,
    { nonce, ...need }: Challenge & { nonce?: string | undefined },
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.error = error;
    this.status = statuses[error];
    // RFC 6750 3.1: no error code for a request that carried no token at all.
    const code = error === 'no_token' ? {} : { error };
    this.challenge = this.status === 503 ? undefined : challenge({ ...code, ...need });
    this.answer = jsonAnswer(
      this.status,
      { error: error === 'no_token' ? 'invalid_token' : error },
      {
        'Cache-Control': 'no-store',
        ...(this.challenge === undefined
          ? { 'Retry-After': String(retryAfter) }
          : { 'WWW-Authenticate': this.challenge }),
        ...(nonce !== undefined && { 'DPoP-Nonce': nonce }),
      },
    );
  }
}
