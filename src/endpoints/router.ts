// How a route is answered: what stands between the request and its endpoint.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import { readBody } from '../http/body.ts';
import { answerOptions, anyOrigin, anyProgram, clientOrigins } from '../http/cors.ts';
import type { Ctx, State } from '../http/ctx.ts';
import { refuseFloods } from '../http/floods.ts';
import { requireOwnForm } from '../http/own-form.ts';
import { pageHeadersOf } from '../http/page-headers.ts';
import { malformed, OAuthError } from '../protocol/errors.ts';
import { requirePathText } from '../protocol/params.ts';
import type { EndpointServices, MakeEndpoint } from './endpoint.ts';

/** An endpoint: how it is asked, by what audience, and from where. */
export type Route = [
  methods: string[],
  path: string,
  audience: State['audience'],
  endpoint: MakeEndpoint,
  from?: 'any origin' | 'any program' | 'client origins' | 'own pages',
];

/** Every page looks as its tenant wishes. */
async function showTenant({ state }: Ctx, next: () => Promise<void>): Promise<void> {
  await state.loadAppearance?.(state, true);
  return next();
}

/** Makes the steps of each route. */
export function makeRouter(routes: readonly Route[], services: EndpointServices): Router<State> {
  const router = new Router<State>();
  const floods = refuseFloods();
  const checks = {
    'any origin': [anyOrigin, answerOptions],
    'any program': [anyProgram, answerOptions],
    'client origins': [clientOrigins(services), answerOptions],
    'own pages': [requireOwnForm],
  };
  for (const [methods, path, audience, makeEndpoint, from] of routes) {
    const steps: unknown[] = [
      (ctx: Ctx & { captures: string[] }, next: () => Promise<void>) => {
        ctx.state.audience = audience;
        // A page that cannot be is not there; programs are told that their request is wrong.
        const error = audience === 'page' ? 'not_found' : 'invalid_request';
        for (const segment of ctx.captures) requirePathText(segment, error);
        return next();
      },
      ...(from ? checks[from] : []),
      ...(audience === 'page' ? [pageHeadersOf(path)] : []),
      // Metadata and keys are for everybody, and cost nothing.
      ...(from === 'any origin' ? [] : [floods]),
      ...(methods.includes('POST') || methods.includes('PUT') ? [readBody] : []),
      ...(audience === 'page' ? [showTenant] : []),
      // An endpoint has functions of its own: hardly a statement is prepared twice because of the tag, an SQL comment.
      makeEndpoint({
        ...services,
        database: { ...services.database, tag: `endpoint=${path.replace('*', ':')}` },
      }),
    ];
    // Preflight requests are answered by the CORS step.
    const preflight = from && from !== 'own pages' ? ['OPTIONS'] : [];
    const layer = router.register(path, [...methods, ...preflight], steps as Middleware[]);
    // The router would have GET answer HEAD everywhere, whatever GET does (RFC 9110 9.2.1).
    if (!Array.isArray(layer)) layer.methods = [...methods, ...preflight];
  }
  return router;
}

/**
 * Leads a request to its route. A path without parameters is looked up, with the steps of its method put together;
 * the router itself would try the pattern of each route and put them together each time, a tenth of what a web process does.
 */
export function dispatch(routes: readonly Route[], router: Router<State>): Middleware<State> {
  const patterns = router.routes() as unknown as Middleware<State>;
  const fixed = new Map<string, Middleware<State>>();
  for (const [methods, path] of routes) {
    if (/[:*]/.test(path)) continue;
    for (const method of methods) {
      const [layer] = router.match(path, method).pathAndMethod;
      if (layer?.path !== path) continue;
      const found = (ctx: object, next: () => Promise<void>) => {
        Object.assign(ctx, { routerPath: path, captures: [] });
        return next();
      };
      const steps = [found, ...layer.stack] as unknown as Middleware<State>[];
      fixed.set(`${method} ${path}`, compose(steps));
    }
  }
  return (ctx, next) => (fixed.get(`${ctx.method} ${ctx.path}`) ?? patterns)(ctx, next);
}

/** Refuses what no route has answered. */
export const refuseUnanswered =
  (routes: readonly Route[]): Middleware<State> =>
  async (ctx, next) => {
    await next();
    const { status } = ctx;
    const { matched } = ctx as { matched?: { path: string }[] };
    const route = routes.find(([, path]) => path === matched?.[0]?.path);
    if (route) ctx.state.audience = route[2];
    if (status === 404) throw new OAuthError('not_found', 'no endpoint has this path');
    // A method that is known nowhere (501) is not one of this endpoint either, and no failure of ours.
    if (status === 405 || status === 501) {
      throw malformed('not a method of this endpoint', { status: 405 });
    }
  };
