// Every URL, method, audience and CORS class on one screen.
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { adminApi, adminApiDocument } from './endpoints/admin-api/admin-api.ts';
import { makeDetailsReader } from './endpoints/asked-details.ts';
import { authorize } from './endpoints/authorization/authorize.ts';
import { chooseAccount } from './endpoints/authorization/choose-account.ts';
import { consent } from './endpoints/authorization/consent.ts';
import { continueRequest } from './endpoints/authorization/continue.ts';
import { pushRequest } from './endpoints/authorization/push.ts';
import { listConsents, revokeConsent } from './endpoints/consents/consents.ts';
import { deviceAuthorization } from './endpoints/device-authorization/device-authorization.ts';
import { askUserCode, takeUserCode } from './endpoints/device-authorization/device-pages.ts';
import { jwks, metadataDocument } from './endpoints/discovery/server-metadata.ts';
import { style } from './endpoints/discovery/style.ts';
import type { EndpointServices, MakeEndpoint } from './endpoints/endpoint.ts';
import { acceptLogin, rejectLogin, showLogin } from './endpoints/hosted-login/login-answer.ts';
import { resumeLogin } from './endpoints/hosted-login/login-resume.ts';
import { upstreamCallback } from './endpoints/identity-providers/callback.ts';
import { linkUpstream, startUpstream } from './endpoints/identity-providers/start.ts';
import { introspect } from './endpoints/introspection/introspect.ts';
import { makeKeyring } from './endpoints/keyring.ts';
import { login } from './endpoints/login/login.ts';
import { logout } from './endpoints/logout/logout.ts';
import {
  readRegistration,
  removeRegistration,
  replaceRegistration,
} from './endpoints/registration/manage.ts';
import { register } from './endpoints/registration/register.ts';
import { revoke } from './endpoints/revocation/revoke.ts';
import { checkSession } from './endpoints/session/check-session.ts';
import { token } from './endpoints/token/token.ts';
import { userinfo } from './endpoints/userinfo/userinfo.ts';
import { answerErrors } from './http/answer-errors.ts';
import { readBody } from './http/body.ts';
import { answerOptions, anyOrigin, anyProgram, clientOrigins } from './http/cors.ts';
import type { Ctx, State } from './http/ctx.ts';
import { enterTenant } from './http/enter-tenant.ts';
import { refuseFloods } from './http/floods.ts';
import { serveHealth, webProbes } from './http/health.ts';
import { type Mount, serveMounts } from './http/mounts.ts';
import { observeRequests } from './http/observe.ts';
import { identify } from './http/origin.ts';
import { requireOwnForm } from './http/own-form.ts';
import { pageHeadersOf } from './http/page-headers.ts';
import { makeUpstreams } from './identity-providers/identity-providers.ts';
import { makeClientKeys } from './outbound/client-keys.ts';
import type { EndpointPaths } from './protocol/discovery.ts';
import { OAuthError } from './protocol/errors.ts';
import { requirePathText } from './protocol/params.ts';
import { makeQueues } from './queues.ts';
import type { WebServices } from './services.ts';

export type Route = [
  methods: string[],
  path: string,
  audience: State['audience'],
  endpoint: MakeEndpoint,
  from?: 'any origin' | 'any program' | 'client origins' | 'own pages',
];

const registered = '/oauth/register/:client_id';

/** Whoever must know all endpoints reads them here, such as the fuzz. */
export const routes: readonly Route[] = [
  [['GET'], '/.well-known/openid-configuration', 'json', metadataDocument, 'any origin'],
  [['GET'], '/.well-known/oauth-authorization-server', 'json', metadataDocument, 'any origin'],
  [['GET'], '/oauth/jwks.json', 'json', jwks, 'any origin'],
  [['GET', 'POST'], '/oauth/authorize', 'page', authorize],
  [['GET'], '/oauth/continue', 'page', continueRequest],
  [['POST'], '/oauth/par', 'json', pushRequest, 'client origins'],
  [['POST'], '/oauth/login', 'page', login, 'own pages'],
  [['POST'], '/oauth/login/show', 'json', showLogin],
  [['POST'], '/oauth/login/accept', 'json', acceptLogin],
  [['POST'], '/oauth/login/reject', 'json', rejectLogin],
  [['GET'], '/oauth/login/continue', 'page', resumeLogin],
  [['GET'], '/oauth/upstream/start', 'page', startUpstream],
  [['GET'], '/oauth/upstream/callback', 'page', upstreamCallback],
  [['POST'], '/oauth/upstream/link', 'page', linkUpstream, 'own pages'],
  [['POST'], '/oauth/account', 'page', chooseAccount, 'own pages'],
  [['POST'], '/oauth/consent', 'page', consent, 'own pages'],
  [['POST'], '/oauth/token', 'json', token, 'client origins'],
  [['POST'], '/oauth/device_authorization', 'json', deviceAuthorization, 'client origins'],
  [['GET'], '/device', 'page', askUserCode],
  [['POST'], '/oauth/device', 'page', takeUserCode, 'own pages'],
  [['POST'], '/oauth/revoke', 'json', revoke, 'client origins'],
  [['POST'], '/oauth/introspect', 'json', introspect],
  [['GET', 'POST'], '/oauth/userinfo', 'bearer', userinfo, 'client origins'],
  [['POST'], '/oauth/register', 'json', register, 'any program'],
  [['GET'], registered, 'bearer', readRegistration, 'any program'],
  [['PUT'], registered, 'bearer', replaceRegistration, 'any program'],
  [['DELETE'], registered, 'bearer', removeRegistration, 'any program'],
  [['GET', 'POST'], '/oauth/logout', 'page', logout],
  [['GET'], '/oauth/check-session', 'page', checkSession],
  [['GET'], '/oauth/consents', 'page', listConsents],
  [['POST'], '/oauth/consents', 'page', revokeConsent, 'own pages'],
  [['GET'], '/oauth/style.css', 'page', style],
  [['GET'], '/api/v1/openapi.json', 'problem', adminApiDocument, 'any origin'],
  [['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], '/api/v1/*operation', 'problem', adminApi],
];

/** The endpoints that the metadata name. */
const published: Record<keyof EndpointPaths, MakeEndpoint> = {
  authorization_endpoint: authorize,
  pushed_authorization_request_endpoint: pushRequest,
  token_endpoint: token,
  userinfo_endpoint: userinfo,
  jwks_uri: jwks,
  device_authorization_endpoint: deviceAuthorization,
  revocation_endpoint: revoke,
  introspection_endpoint: introspect,
  end_session_endpoint: logout,
  check_session_iframe: checkSession,
  registration_endpoint: register,
};

/** Where they are, as the routes say. */
function publishedPaths(): EndpointPaths {
  const pathOf = new Map(routes.map(([, path, , endpoint]) => [endpoint, path]));
  const paths = Object.entries(published).map(([member, made]) => [member, pathOf.get(made)]);
  return Object.fromEntries(paths);
}

/** The web application; `mounts` may be filled later on. */
export function createApp(base: WebServices, mounts: Mount[] = []): Koa {
  const queues = makeQueues();
  const services: EndpointServices = {
    ...base,
    queues,
    keyring: makeKeyring(base),
    authorizationDetails: makeDetailsReader(base),
    clientKeys: makeClientKeys(base, queues),
    upstreams: makeUpstreams(base),
    endpoints: publishedPaths(),
  };
  const router = makeRouter(services);
  const app = new Koa<State>();
  app.use(identify(services));
  app.use(observeRequests(services.telemetry?.observer, mounts));
  app.use(answerErrors(services.log));
  app.use(serveHealth(webProbes(services)));
  app.use(serveMounts(mounts));
  app.use(enterTenant(services));
  app.use(refuseUnanswered);
  app.use(router.routes() as unknown as Middleware<State>);
  app.use(router.allowedMethods() as unknown as Middleware<State>);
  app.on('error', (error) => services.log.warn({ err: error }, 'an answer could not be written'));
  return app as unknown as Koa;
}

function makeRouter(services: EndpointServices): Router<State> {
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
        ctx.captures.forEach(requirePathText);
        return next();
      },
      ...(from ? checks[from] : []),
      ...(audience === 'page' ? [pageHeadersOf(path)] : []),
      // Metadata and keys are for everybody, and cost nothing.
      ...(from === 'any origin' ? [] : [floods]),
      ...(methods.includes('POST') || methods.includes('PUT') ? [readBody] : []),
      // An endpoint has functions of its own: hardly a statement is prepared twice because of the tag, an SQL comment.
      makeEndpoint({
        ...services,
        database: { ...services.database, tag: `endpoint=${path.replace('*', ':')}` },
      }),
    ];
    // Preflight requests are answered by the CORS step.
    const preflight = from && from !== 'own pages' ? ['OPTIONS'] : [];
    router.register(path, [...methods, ...preflight], steps as Middleware[]);
  }
  return router;
}

const refuseUnanswered: Middleware<State> = async (ctx, next) => {
  await next();
  const { status } = ctx;
  const { matched } = ctx as { matched?: { path: string }[] };
  const route = routes.find(([, path]) => path === matched?.[0]?.path);
  if (route) ctx.state.audience = route[2];
  if (status === 404) throw new OAuthError('not_found', 'no endpoint has this path');
  // A method that is known nowhere (501) is not one of this endpoint either, and no failure of ours.
  if (status === 405 || status === 501) {
    throw new OAuthError('invalid_request', 'not a method of this endpoint', { status: 405 });
  }
};
