// How parameters arrive: in the query, in a form (RFC 6749 appendix B), or as JSON.
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import type { Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { type ErrorCode, malformed, OAuthError } from '../protocol/errors.ts';
import { isJsonObject, jsonFault } from '../protocol/json.ts';
import { decodeForm, type RawParameters } from '../protocol/params.ts';
import type { Ctx, State } from './ctx.ts';

const formType = 'application/x-www-form-urlencoded';
const sizeLimit = 64 * 1024;

/** What undoes a content coding (RFC 9110 8.4.1). */
const decoders = new Map<string, (bytes: Buffer) => Promise<Buffer>>([
  ['', (bytes) => Promise.resolve(bytes)],
  ['identity', (bytes) => Promise.resolve(bytes)],
  ['gzip', (bytes) => promisify(unzip)(bytes, { maxOutputLength: sizeLimit })],
  ['x-gzip', (bytes) => promisify(unzip)(bytes, { maxOutputLength: sizeLimit })],
  ['deflate', (bytes) => promisify(unzip)(bytes, { maxOutputLength: sizeLimit })],
  ['br', (bytes) => promisify(brotliDecompress)(bytes, { maxOutputLength: sizeLimit })],
]);

const utf8 = new TextDecoder('utf-8', { fatal: true });

const options = {
  enableTypes: ['text'],
  extendTypes: { text: [formType, 'application/json'] },
  textLimit: `${sizeLimit}b`,
  // As bytes: what is no UTF-8 is refused below, and not replaced.
  encoding: null,
};
const readBytes = bodyParser(options) as unknown as Middleware<State>;

/**
 * Reads a body as text, 64 KiB at most (413 beyond), decoded or not; its form is strictly decoded by
 * `parameters`. A charset of its type means nothing: forms are ASCII and JSON is UTF-8 (RFC 8259 8.1).
 */
export const readBody: Middleware<State> = async (ctx, next) => {
  const { req } = ctx;
  const coding = ctx.get('content-encoding').trim().toLowerCase();
  const decode = decoders.get(coding);
  if (!decode) {
    ctx.set('Accept-Encoding', 'gzip, deflate, br');
    throw malformed('a content coding that is not known', { status: 415 });
  }
  // It hung up while its tenant was looked for; the parser would call that a failure of the server.
  if (req.destroyed) throw malformed('the client has gone');
  // The parser's own decoder would wait for ever for a body that breaks off.
  delete req.headers['content-encoding'];
  try {
    await readBytes(ctx, async () => {});
  } finally {
    // Of a body that is refused half-way the rest comes all the same, and the next request behind it.
    req.resume();
  }
  const { rawBody } = ctx.request;
  if (Buffer.isBuffer(rawBody)) ctx.request.rawBody = await textOf(rawBody, decode);
  await next();
};

/** The text of the body; '' where there is none that an endpoint reads. */
function textOfBody(ctx: Ctx): string {
  return String(ctx.request.rawBody ?? '');
}

async function textOf(bytes: Buffer, decode: (bytes: Buffer) => Promise<Buffer>): Promise<string> {
  try {
    return utf8.decode(await decode(bytes));
  } catch (failure) {
    const tooLarge = (failure as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge
      ? malformed('the body is too large', { status: 413 })
      : malformed('the body is not in its content coding, or no UTF-8');
  }
}

/** The parameters of a GET from its query, of a POST from its body alone. Throws invalid_request. */
export function parameters(ctx: Ctx): RawParameters {
  if (ctx.method !== 'POST') return decodeForm(ctx.querystring);
  if (!ctx.is(formType)) throw malformed(`the body is not ${formType}`);
  return decodeForm(textOfBody(ctx));
}

/** As `parameters`, and takes a JSON object too. */
export function parametersOrJson(ctx: Ctx): RawParameters {
  return ctx.is('application/json') ? jsonObject(ctx) : parameters(ctx);
}

/** The JSON object that the body is; throws invalid_request, or `error` for one that cannot be kept. */
export function jsonObject(
  ctx: Ctx,
  error: ErrorCode = 'invalid_request',
): Record<string, unknown> {
  const sent = ctx.is('application/json') ? parsed(textOfBody(ctx)) : undefined;
  if (!isJsonObject(sent)) throw malformed('the body is not a JSON object');
  const detail = jsonFault(sent);
  if (detail !== undefined) throw new OAuthError(error, `the body: ${detail}`, { detail });
  return { ...sent };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The token of a Bearer header (RFC 6750 2.1); undefined for none. */
export function bearer(ctx: Ctx): string | undefined {
  return authorization(ctx, 'bearer');
}

/** The token of an Authorization header under a scheme; undefined for none. */
export function authorization(ctx: Ctx, scheme: 'bearer' | 'dpop'): string | undefined {
  const [, named, token] =
    /^(bearer|dpop) +([A-Za-z0-9._~+/-]{1,8192}=*)$/i.exec(ctx.get('authorization')) ?? [];
  return named?.toLowerCase() === scheme ? token : undefined;
}
