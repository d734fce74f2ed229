// What must hold for every answer, whatever was asked.
import { publicErrors } from '../../src/protocol/lists.ts';
import { breaksOff, type Draft } from './draft.ts';
import { canary } from './values.ts';
import type { Answer } from './wire.ts';

/** The characters of error_description (RFC 6749 5.2). */
const description = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;

/** What Node.js answers itself, before any code of ours. */
const nodes = [400, 408, 413, 417, 431];

/** What is wrong with an answer; undefined for nothing. */
export function faultOf(draft: Draft, answer: Answer | undefined | 'hung'): string | undefined {
  if (answer === 'hung') return 'no answer within the deadline';
  if (answer === undefined) return breaksOff(draft) ? undefined : 'closed without an answer';
  const { status, headers, body } = answer;
  if (status >= 500 && status !== 503) return `status ${status}`;
  if (!headers.has('x-request-id')) {
    return nodes.includes(status) && ['', '0\r\n\r\n'].includes(body)
      ? undefined
      : 'no X-Request-Id';
  }
  const type = headers.get('content-type') ?? '';
  if (status === 404 && body.includes(canary)) return 'a 404 repeats what was asked';
  if (status >= 400 && type.includes('json') && draft.method !== 'HEAD')
    return type.includes('problem') ? problemFault(body, status) : errorFault(body);
  return undefined;
}

function errorFault(body: string): string | undefined {
  try {
    const { error, error_description, ...others } = JSON.parse(body);
    if (!Object.hasOwn(publicErrors, error)) return `the error ${error}`;
    if (!description.test(error_description)) return `the description ${error_description}`;
    return Object.keys(others).length === 0 ? undefined : 'an error of other members';
  } catch {
    return 'an error that is no JSON';
  }
}

/** RFC 9457 3: what the admin API says. */
function problemFault(body: string, of: number): string | undefined {
  try {
    const { type, title, status, detail, error, request_id, ...others } = JSON.parse(body);
    if (!Object.hasOwn(publicErrors, error)) return `the error ${error}`;
    const whole = [type, title, detail, request_id].every((text) => typeof text === 'string');
    if (!whole || status !== of) return 'a problem that lacks a member';
    return Object.keys(others).length === 0 ? undefined : 'a problem of other members';
  } catch {
    return 'an error that is no JSON';
  }
}
