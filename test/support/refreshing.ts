// Applications that refresh, and what comes of it.
import type { Acme } from './acme.ts';

export type Answer = {
  status: number;
  error: string | undefined;
  refresh_token: string | undefined;
  access_token: string | undefined;
  retryAfter: string | null;
};

/** Posts a form to an endpoint of the tenant as its confidential client, at any process that serves it. */
export async function post(
  { issuer, web }: Acme,
  path: string,
  form: Record<string, string>,
  origin = new URL(issuer).origin,
): Promise<Answer & Record<string, unknown>> {
  const { host, pathname } = new URL(issuer);
  const credentials = Buffer.from(`${web.client_id}:${web.client_secret}`).toString('base64');
  const response = await fetch(origin + pathname + path, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'x-forwarded-host': host },
    body: new URLSearchParams(form),
  });
  // A revocation answers with nothing (RFC 7009 2.2).
  const body = JSON.parse((await response.text()) || '{}') as Record<string, unknown>;
  return {
    error: undefined,
    refresh_token: undefined,
    access_token: undefined,
    ...body,
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
  };
}

export const refresh = (acme: Acme, refresh_token: string, origin?: string) =>
  post(acme, '/oauth/token', { grant_type: 'refresh_token', refresh_token }, origin);
