// The only catch, and the only logger of reasons: a constant text for the public, the reason for the log.
import { STATUS_CODES } from 'node:http';
import type { Middleware } from 'koa';
import { Refusal } from '../db/call.ts';
import { isUnavailable } from '../db/unavailable.ts';
import { Busy } from '../fair-queue.ts';
import { isDataException, type Log } from '../log.ts';
import { type ErrorCode, OAuthError } from '../protocol/errors.ts';
import { clientAlgs } from '../protocol/lists.ts';
import { maskSecrets } from '../protocol/secrets.ts';
import type { Ctx, State } from './ctx.ts';
import { minuteRest } from './floods.ts';
import { pageHeadersOf } from './page-headers.ts';
import { crowded } from './poll-rate.ts';
import { render } from './render.ts';
import { toldDevice } from './slow-down.ts';
import { whereTo } from './where-to.ts';

/** Answers every error in the form that its endpoint's audience reads. */
export function answerErrors(log: Log): Middleware<State> {
  return async (outer, next) => {
    const ctx = outer as unknown as Ctx;
    try {
      await next();
    } catch (failure) {
      const cause = publicError(failure);
      const error = await toldDevice(ctx, cause);
      ctx.state.error = error.error;
      const { requestId: request_id, address, tenant } = ctx.state;
      const { method } = ctx;
      const named = { request_id, address, tenant: tenant?.id, method, ...whereTo(ctx) };
      const line = { ...named, error: error.error, detail: maskSecrets(error.detail) };
      // What SQL could not read should have been refused before: a bug of ours, whoever sent it.
      if (cause.status >= 500 || isDataException(failure))
        log.error({ ...line, err: failure }, maskSecrets(error.reason));
      else if (!isToldToWait(error)) log.info(line, maskSecrets(error.reason));
      if (ctx.state.audience !== 'json') await loadAppearance(ctx, error);
      answer(ctx, error);
      // Where no route was found, or not the method of one, nobody has set them yet; those of a route stay.
      if (ctx.type === 'text/html' && !ctx.response.get('X-Content-Type-Options'))
        await pageHeadersOf('')(outer, async () => {});
    }
  };
}

/** A device that waits asks every few seconds (RFC 8628 3.5), and nothing has been refused. */
function isToldToWait({ error, reason }: OAuthError): boolean {
  return error === 'authorization_pending' || reason === crowded;
}

/** For pages and challenges, which do without where it cannot be had. */
async function loadAppearance({ state }: Ctx, { status }: OAuthError): Promise<void> {
  // Whoever is told that the database is not there, or asked too often, costs it nothing.
  const mayAsk = status < 500 && status !== 429;
  await state.loadAppearance?.(state, mayAsk).catch(() => {});
}

/** What the public may know of a failure. */
function publicError(failure: unknown): OAuthError {
  if (failure instanceof OAuthError) return failure;
  if (failure instanceof Refusal) {
    const { detail, response_detail, retry_after, proof_algs } = failure.row as {
      proof_algs?: string[] | null;
      detail?: string | null;
      response_detail?: string | null;
      retry_after?: number | null;
    };
    const said = detail ?? response_detail;
    return new OAuthError(failure.error as ErrorCode, failure.reason ?? '', {
      ...(said && { detail: said }),
      ...(retry_after && { retryAfter: retry_after }),
      ...(proof_algs && { proofAlgs: proof_algs }),
    });
  }
  if (failure instanceof Busy) {
    return new OAuthError(
      failure.own ? 'too_many_attempts' : 'temporarily_unavailable',
      failure.message,
      {
        retryAfter: 2,
      },
    );
  }
  const { status, expose, message } = failure as {
    status?: number;
    expose?: boolean;
    message?: string;
  };
  if (expose && status) {
    const code = status === 404 ? 'not_found' : 'invalid_request';
    return new OAuthError(code, message ?? '', { status });
  }
  if (isDataException(failure)) {
    return new OAuthError('invalid_request', 'the database could not read an argument');
  }
  // Nothing that a client asks for twice has a second effect: a refresh gets the same successor again.
  if (isUnavailable(failure)) return new OAuthError('temporarily_unavailable', message ?? '');
  return new OAuthError('server_error', message ?? 'not an error');
}

/** RFC 9110 10.2.3, in seconds: limits of SQL hold to the end of the minute where it does not say for how long. */
function retryAfter({ status, retryAfter: known }: OAuthError): number | undefined {
  if (known !== undefined) return known;
  if (status === 429) return minuteRest();
  return status === 503 ? 2 : undefined;
}

function answer(ctx: Ctx, error: OAuthError): void {
  ctx.status = error.status;
  ctx.set('Cache-Control', 'no-store');
  const wait = retryAfter(error);
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  if (error.error === 'use_dpop_nonce' && ctx.state.nonce) ctx.set('DPoP-Nonce', ctx.state.nonce());
  const audience = ctx.state.audience ?? 'page';
  if (audience === 'page' && ctx.accepts('json', 'html') === 'html') {
    const { status, error: code, detail } = error;
    render(ctx, 'error', { problem: problemOf(error), code, detail }, { status });
    return;
  }
  const bearer = audience === 'bearer' || audience === 'problem';
  // RFC 9449 7.1: of a request for a resource it is the credentials that are not good.
  if (bearer && dpopErrors.has(error.error)) ctx.status = 401;
  const challenged = ctx.status === 401 || bearerErrors.has(error.error);
  challenge(ctx, error, bearer && challenged);
  if (audience === 'problem') {
    ctx.type = 'application/problem+json';
    ctx.body = JSON.stringify(problemDetails(ctx, error));
    return;
  }
  // RFC 6585 4 says it by the status; no OAuth error means it, and of those that are registered this one is tried again.
  const code = error.status === 429 ? 'temporarily_unavailable' : error.error;
  ctx.body = { error: code, error_description: error.description };
}

/** RFC 9457 3: what is wrong, with the code of the error and the number of the request. */
function problemDetails(ctx: Ctx, { status, error, words, summary }: OAuthError): object {
  const title = STATUS_CODES[status];
  const { requestId: request_id } = ctx.state;
  const detail = maskSecrets(words) ?? summary;
  return { type: 'about:blank', title, status, detail, error, request_id };
}

/** Errors of DPoP proofs (RFC 9449 5 and 8). */
const dpopErrors = new Set<string>(['invalid_dpop_proof', 'use_dpop_nonce']);

/** Of statuses but 401, what a challenge says (RFC 6750 3.1): no other error is about the token. */
const bearerErrors = new Set<string>(['invalid_request', 'invalid_token', 'insufficient_scope']);

/** WWW-Authenticate (RFC 6749 5.2, RFC 6750 3, RFC 9449 7.1). */
function challenge(ctx: Ctx, error: OAuthError, bearer: boolean): void {
  const realm = `realm="${ctx.state.tenant?.issuer ?? 'pgrant'}"`;
  if (bearer || error.error === 'invalid_token') {
    // RFC 6750 3.1: no error code for a request that carried no token at all.
    const anonymous = error.error === 'invalid_token' && !ctx.get('authorization');
    const detail = `, error="${error.error}", error_description="${error.description}"`;
    const { neededScope } = ctx.state;
    const scope =
      error.error === 'insufficient_scope' && neededScope ? `, scope="${neededScope}"` : '';
    const [scheme, algs] = /^dpop /i.test(ctx.get('authorization'))
      ? ['DPoP', `, algs="${(error.proofAlgs ?? algsOf(ctx)).join(' ')}"`]
      : ['Bearer', ''];
    ctx.set('WWW-Authenticate', `${scheme} ${realm}${anonymous ? '' : detail}${scope}${algs}`);
  } else if (error.status === 401 && ctx.get('authorization')) {
    // Only to a client that tried the header: others would take the challenge for the answer.
    ctx.set('WWW-Authenticate', `Basic ${realm}`);
  }
}

/** By what proofs may be signed, of a client that nobody knows: where there is no tenant, whatever they may be signed by anywhere. */
function algsOf({ state }: Ctx): readonly string[] {
  return state.tenant?.appearance?.client_signing_algs ?? clientAlgs;
}

/** Which of the texts of templates/error.njk says what happened, and what to do. */
function problemOf({ error, status }: OAuthError): string {
  if (status === 404) return 'not_found';
  if (status >= 500) return 'failed';
  if (error === 'login_required') return 'signed_out';
  if (error === 'csrf_mismatch') return 'out_of_date';
  if (status === 429) return 'too_many';
  return error === 'expired_request' ? 'expired' : 'refused';
}
