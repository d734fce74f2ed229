// RFC 8628 3.5: how a device hears of limits, of a database that is away, and of a person's No.
import { OAuthError } from '../protocol/errors.ts';
import { readBody } from './body.ts';
import type { Ctx } from './ctx.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** What a device is told in place of an error: clients of this grant end at any status but 400 (libpq 18.6), and wait longer at slow_down. */
export async function toldDevice(ctx: Ctx, error: OAuthError): Promise<OAuthError> {
  const { reason, status, detail } = error;
  const passes = status === 429 || status === 503;
  if (!passes && error.error !== 'access_denied') return error;
  if (!(await isOfDevice(ctx))) return error;
  return passes
    ? new OAuthError('slow_down', reason)
    : new OAuthError('access_denied', reason, { status: 400, ...(detail && { detail }) });
}

async function isOfDevice(ctx: Ctx): Promise<boolean> {
  const { method, path, request } = ctx;
  if (method !== 'POST') return false;
  if (path.endsWith('/oauth/device_authorization')) return true;
  if (!path.endsWith('/oauth/token')) return false;
  // Of a request whose tenant could not be looked up it has not been read.
  if (request.rawBody === undefined) await readBody(ctx as never, async () => {}).catch(() => {});
  const form = new URLSearchParams(String(request.rawBody ?? ''));
  return form.get('grant_type') === deviceGrant;
}
