// How parameters arrive: in the query, in a form (RFC 6749 appendix B), or as JSON.
import bodyParser from 'koa-bodyparser';
import { OAuthError } from '../protocol/errors.ts';
import { decodeForm, type RawParameters } from '../protocol/params.ts';
import type { Exchange } from './ctx.ts';

const formType = 'application/x-www-form-urlencoded';

/** Reads a body as text, 64 KiB at most (413 beyond); its form is strictly decoded by `parameters`. */
export const readBody = bodyParser({
  enableTypes: ['text'],
  extendTypes: { text: [formType, 'application/json'] },
  textLimit: '64kb',
});

/** The parameters of a GET from its query, of a POST from its body alone. Throws invalid_request. */
export function parameters(exchange: Exchange): RawParameters {
  if (exchange.method !== 'POST') return decodeForm(exchange.querystring);
  if (!exchange.is(formType)) throw new OAuthError('invalid_request', 'the body is not a form');
  return decodeForm(String(exchange.request.rawBody ?? ''));
}

/** As `parameters`, and takes a JSON object too. */
export function parametersOrJson(exchange: Exchange): RawParameters {
  if (!exchange.is('application/json')) return parameters(exchange);
  try {
    const sent: unknown = JSON.parse(String(exchange.request.rawBody ?? ''));
    if (typeof sent === 'object' && sent !== null) return sent as RawParameters;
  } catch {
    // Told below like any other body that is not an object.
  }
  throw new OAuthError('invalid_request', 'the body is not a JSON object');
}

/** The JSON object that the body is; throws invalid_request. */
export function jsonObject(exchange: Exchange): Record<string, unknown> {
  if (exchange.is('application/json')) {
    try {
      const sent: unknown = JSON.parse(String(exchange.request.rawBody ?? ''));
      if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) return { ...sent };
    } catch {
      // Told below like any other body that is not an object.
    }
  }
  throw new OAuthError('invalid_request', 'the body is not a JSON object');
}

/** The token of a Bearer header (RFC 6750 2.1); undefined for none. */
export function bearer(exchange: Exchange): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(exchange.get('authorization'))?.[1];
}
