// The protected resource as Koa middleware.
import type { Answer } from './answer.ts';
import type { AccessToken, Authentication, Resource } from './resource.ts';
import { ResourceError } from './resource-error.ts';

/** What is used of Koa's context; its types are no dependency. */
type KoaContext = {
  readonly method: string;
  readonly path: string;
  readonly originalUrl: string;
  readonly ip: string;
  state: { token?: AccessToken };
  status: number;
  body: unknown;
  readonly response: { get(name: string): string };
  get(name: string): string;
  set(name: string, value: string): void;
};

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** Answers GET, HEAD and OPTIONS of the resource's metadata, and lets anything else pass. */
export function serveMetadata(resource: Resource): KoaMiddleware {
  return async (context, next) => {
    const answer = resource.answerMetadata(context.method, context.path);
    if (answer) send(context, answer);
    else await next();
  };
}

/**
 * Lets a request pass that has a token with all `scopes`, whose user signed in as `authentication`
 * asks, and whose sender has its key; `certificateOf` gives the client certificate (DER) of a request. It is then in `context.state.token`. Answers any other with what ResourceError says.
 */
export function protect(
  resource: Resource,
  scopes: readonly string[] = [],
  authentication: Authentication = {},
  certificateOf?: (context: KoaContext) => Uint8Array | undefined,
): KoaMiddleware {
  return async (context, next) => {
    try {
      const authorization = context.get('authorization') || undefined;
      context.state.token = await resource.authorize(
        authorization,
        scopes,
        context.ip,
        authentication,
        {
          method: context.method,
          url: context.originalUrl,
          dpop: context.get('dpop'),
          certificate: certificateOf?.(context),
        },
      );
      if (context.state.token.nonce) context.set('DPoP-Nonce', context.state.token.nonce);
    } catch (failure) {
      if (!(failure instanceof ResourceError)) throw failure;
      send(context, failure.answer);
      return;
    }
    await next();
  };
}

const exposed = 'Access-Control-Expose-Headers';

function send(context: KoaContext, { status, headers, body }: Answer): void {
  context.status = status;
  for (const [name, value] of Object.entries(headers)) {
    const there = context.response.get(name);
    // A CORS middleware around this one has said already which origin may read, and maybe more headers.
    if (name === 'Access-Control-Allow-Origin' && there) continue;
    context.set(name, name === exposed && there ? `${there}, ${value}` : value);
  }
  if (body !== null) context.body = body;
}
