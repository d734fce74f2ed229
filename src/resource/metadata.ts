// RFC 9728: what a resource says of itself.
import { type Answer, jsonAnswer, readableByAll } from './answer.ts';

export type Metadata = {
  resource: string;
  authorization_servers: string[];
  bearer_methods_supported: string[];
  dpop_signing_alg_values_supported: readonly string[];
  dpop_bound_access_tokens_required?: boolean;
  scopes_supported?: readonly string[];
};

/** Where the document of a resource is: between its host and its path (RFC 9728 3.1). */
export function metadataLocation(resource: string): { path: string; url: string } {
  const { origin, pathname, search } = new URL(resource);
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  return { path, url: origin + path + search };
}

/** What to answer to a request for the document; undefined where its method is for no document. */
export function answerMetadata(metadata: Metadata, method: string): Answer | undefined {
  if (method === 'GET' || method === 'HEAD') {
    return jsonAnswer(200, metadata, { 'Cache-Control': 'public, max-age=300' });
  }
  return method === 'OPTIONS' ? preflightAnswer : undefined;
}

const preflightAnswer: Answer = {
  status: 204,
  headers: {
    Allow: 'GET, HEAD, OPTIONS',
    ...readableByAll,
    'Access-Control-Allow-Methods': 'GET, HEAD',
    // Clients put headers of their own on every request, such as MCP-Protocol-Version.
    'Access-Control-Allow-Headers': 'Authorization, *',
    'Access-Control-Max-Age': '7200',
  },
  body: null,
};
