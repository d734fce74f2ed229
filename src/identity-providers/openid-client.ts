// openid-client, configured for one upstream, and its failures in our words.
import * as client from 'openid-client';
import { FetchError, type OutboundFetch } from '../outbound/guarded-fetch.ts';
import { type Upstream, UpstreamError } from './identity-provider.ts';

/** How this tenant authenticates at the upstream (RFC 6749 2.3.1). */
export function authentication({ token_endpoint_auth_method: method, secrets }: Upstream) {
  if (method === 'none') return client.None();
  if (method === 'client_secret_post') return client.ClientSecretPost(secrets.client_secret ?? '');
  return client.ClientSecretBasic(secrets.client_secret ?? '');
}

/** Settings of every configuration: the guarded fetch, and http where the guard lets it through. */
export function prepared(config: client.Configuration, fetch: OutboundFetch) {
  config[client.customFetch] = fetch as never;
  // The guard allows http for loopback addresses only.
  client.allowInsecureRequests(config);
  return config;
}

/** The configuration of a plain OAuth 2.0 upstream, whose endpoints are data. */
export function plainConfiguration(upstream: Upstream, fetch: OutboundFetch) {
  const { authorization_endpoint, token_endpoint, client_id } = upstream;
  const issuer = upstream.issuer ?? new URL(authorization_endpoint ?? '').origin;
  const server = {
    issuer,
    authorization_endpoint: authorization_endpoint ?? '',
    token_endpoint: token_endpoint ?? '',
  };
  return prepared(new client.Configuration(server, client_id, {}, authentication(upstream)), fetch);
}

/** Runs a step at an upstream; what it throws becomes an UpstreamError. */
export async function attempt<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw explained(step, error);
  }
}

function explained(step: string, error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const status = (error as { status?: number }).status ?? responseStatus(error);
  const message = `${step}: ${chain(error)}${status === undefined ? '' : ` (status ${status})`}`;
  if (error instanceof client.AuthorizationResponseError) {
    const denied = error.error === 'access_denied' || error.error === 'login_required';
    return new UpstreamError(denied ? 'denied' : 'unavailable', message);
  }
  const down = caused(error, FetchError) || status === 429 || (status ?? 0) >= 500;
  return new UpstreamError(down ? 'unavailable' : 'untrusted', message);
}

function responseStatus(error: unknown): number | undefined {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Response ? cause.status : undefined;
}

/** Whether an error, or one that led to it, is of a class. */
function caused(error: unknown, type: new (message: string) => Error): boolean {
  if (error instanceof type) return true;
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error && caused(cause, type);
}

/** The messages of an error and of what led to it; never a body, which may hold a token. */
function chain(error: unknown): string {
  const { message, code, error: name, cause } = error as Error & { code?: string; error?: string };
  const own = [message, code, name].filter((part) => typeof part === 'string').join(' ');
  return cause instanceof Error ? `${own}: ${chain(cause)}` : own;
}
