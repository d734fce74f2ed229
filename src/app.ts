// Every URL, method, audience and CORS class on one screen.
import Koa, { type Middleware } from 'koa';
import { deleteAccount, downloadData, showData } from './endpoints/account/account-data.ts';
import * as accountPages from './endpoints/account/account-pages.ts';
import { changePassword, showSignIn } from './endpoints/account/account-sign-in.ts';
import { adminApi, adminApiDocument } from './endpoints/admin-api/admin-api.ts';
import { makeDetailsReader } from './endpoints/asked-details.ts';
import { authorize } from './endpoints/authorization/authorize.ts';
import { chooseAccount } from './endpoints/authorization/choose-account.ts';
import { consent } from './endpoints/authorization/consent.ts';
import { continueRequest } from './endpoints/authorization/continue.ts';
import { pushRequest } from './endpoints/authorization/push.ts';
import { listConsents, revokeConsent } from './endpoints/consents/consents.ts';
import { changeConsole, downloadAudit, showConsole } from './endpoints/console/console.ts';
import { findConsole } from './endpoints/console/console-sign-in.ts';
import { developerRoutes } from './endpoints/developer/routes.ts';
import { deviceAuthorization } from './endpoints/device-authorization/device-authorization.ts';
import { askUserCode, takeUserCode } from './endpoints/device-authorization/device-pages.ts';
import { jwks, metadataDocument } from './endpoints/discovery/server-metadata.ts';
import { style } from './endpoints/discovery/style.ts';
import type { EndpointServices, MakeEndpoint } from './endpoints/endpoint.ts';
import { queryGrant, revokeGrant } from './endpoints/grant-management/grant.ts';
import { acceptLogin, rejectLogin, showLogin } from './endpoints/hosted-login/login-answer.ts';
import { resumeLogin } from './endpoints/hosted-login/login-resume.ts';
import { upstreamCallback } from './endpoints/identity-providers/callback.ts';
import { linkUpstream, startUpstream } from './endpoints/identity-providers/start.ts';
import { introspect } from './endpoints/introspection/introspect.ts';
import { makeKeyring } from './endpoints/keyring.ts';
import { login } from './endpoints/login/login.ts';
import { showLogo } from './endpoints/logos/logo.ts';
import { logout } from './endpoints/logout/logout.ts';
import * as registrations from './endpoints/registration/manage.ts';
import { register } from './endpoints/registration/register.ts';
import { revoke } from './endpoints/revocation/revoke.ts';
import { dispatch, makeRouter, type Route, refuseUnanswered } from './endpoints/router.ts';
import * as factors from './endpoints/second-factor/account-factors.ts';
import * as passkeys from './endpoints/second-factor/account-passkeys.ts';
import * as passkeySignIn from './endpoints/second-factor/passkey-sign-in.ts';
import * as secondFactors from './endpoints/second-factor/second-factor.ts';
import { beginSetUpPasskey, setUpPasskey } from './endpoints/second-factor/set-up-passkey.ts';
import { checkSession } from './endpoints/session/check-session.ts';
import { token } from './endpoints/token/token.ts';
import { userinfo } from './endpoints/userinfo/userinfo.ts';
import { answerErrors } from './http/answer-errors.ts';
import { Background } from './http/background.ts';
import type { State } from './http/ctx.ts';
import { enterTenant } from './http/enter-tenant.ts';
import { serveHealth, webProbes } from './http/health.ts';
import { type Mount, serveMounts } from './http/mounts.ts';
import { observeRequests } from './http/observe.ts';
import { identify } from './http/origin.ts';
import { PollRate } from './http/poll-rate.ts';
import { makeUpstreams } from './identity-providers/identity-providers.ts';
import { makeClientKeys, makeIssuerKeys } from './outbound/client-keys.ts';
import type { EndpointPaths } from './protocol/discovery.ts';
import { makeQueues } from './queues.ts';
import type { WebServices } from './services.ts';

/** Nothing happens when it is looked at: elsewhere HEAD, which scanners of links send, could use up a request. */
const seen = ['GET', 'HEAD'];
const registered = '/oauth/register/:client_id';
const grant = '/oauth/grants/:grant_id';

/** Whoever must know all endpoints reads them here, such as the fuzz. */
export const routes: readonly Route[] = [
  [seen, '/.well-known/openid-configuration', 'json', metadataDocument, 'any origin'],
  [seen, '/.well-known/oauth-authorization-server', 'json', metadataDocument, 'any origin'],
  [seen, '/oauth/jwks.json', 'json', jwks, 'any origin'],
  [['GET', 'POST'], '/oauth/authorize', 'page', authorize],
  [['GET'], '/oauth/continue', 'page', continueRequest],
  [['POST'], '/oauth/par', 'json', pushRequest, 'client origins'],
  [['POST'], '/oauth/login', 'page', login, 'own pages'],
  [['POST'], '/oauth/login/show', 'json', showLogin],
  [['POST'], '/oauth/login/accept', 'json', acceptLogin],
  [['POST'], '/oauth/login/reject', 'json', rejectLogin],
  [['GET'], '/oauth/login/continue', 'page', resumeLogin],
  [['POST'], '/oauth/second-factor', 'page', secondFactors.secondFactor, 'own pages'],
  [['POST'], '/oauth/second-factor/set-up', 'page', secondFactors.setUpSecondFactor, 'own pages'],
  [['POST'], '/oauth/second-factor/passkey/options', 'json', beginSetUpPasskey, 'own pages'],
  [['POST'], '/oauth/second-factor/passkey', 'page', setUpPasskey, 'own pages'],
  [['POST'], '/oauth/second-factor/leave', 'page', secondFactors.leaveSecondFactor, 'own pages'],
  [['POST'], '/oauth/passkey/options', 'json', passkeySignIn.askPasskey, 'own pages'],
  [['POST'], '/oauth/passkey', 'page', passkeySignIn.takePasskey, 'own pages'],
  [seen, '/oauth/passkey.js', 'page', passkeySignIn.showPasskeyScript],
  [['GET'], '/oauth/upstream/start', 'page', startUpstream],
  [['GET'], '/oauth/upstream/callback/:name', 'page', upstreamCallback],
  [['POST'], '/oauth/upstream/link', 'page', linkUpstream, 'own pages'],
  [['POST'], '/oauth/select-account', 'page', chooseAccount, 'own pages'],
  [['POST'], '/oauth/consent', 'page', consent, 'own pages'],
  [['POST'], '/oauth/token', 'json', token, 'client origins'],
  [['POST'], '/oauth/device_authorization', 'json', deviceAuthorization, 'client origins'],
  [seen, '/device', 'page', askUserCode],
  [['POST'], '/oauth/device', 'page', takeUserCode, 'own pages'],
  [['POST'], '/oauth/revoke', 'json', revoke, 'client origins'],
  [['POST'], '/oauth/introspect', 'json', introspect],
  [['GET', 'POST'], '/oauth/userinfo', 'bearer', userinfo, 'client origins'],
  [['GET'], grant, 'bearer', queryGrant],
  [['DELETE'], grant, 'bearer', revokeGrant],
  [['POST'], '/oauth/register', 'json', register, 'any program'],
  [['GET'], registered, 'bearer', registrations.readRegistration, 'any program'],
  [['PUT'], registered, 'bearer', registrations.replaceRegistration, 'any program'],
  [['DELETE'], registered, 'bearer', registrations.removeRegistration, 'any program'],
  [['GET', 'POST'], '/oauth/logout', 'page', logout],
  [seen, '/oauth/check-session', 'page', checkSession],
  [['GET'], '/account', 'page', accountPages.findAccount],
  [['GET'], '/oauth/account', 'page', accountPages.showApplications],
  [['GET'], '/oauth/account/sessions', 'page', accountPages.showSessions],
  [['POST'], '/oauth/account/sessions', 'page', accountPages.endSession, 'own pages'],
  [['GET'], '/oauth/account/sign-in', 'page', showSignIn],
  [['POST'], '/oauth/account/sign-in', 'page', changePassword, 'own pages'],
  [['GET'], '/oauth/account/authenticator', 'page', factors.showAuthenticator],
  [['POST'], '/oauth/account/authenticator', 'page', factors.addAuthenticator, 'own pages'],
  [
    ['POST'],
    '/oauth/account/authenticator/remove',
    'page',
    factors.removeAuthenticator,
    'own pages',
  ],
  [['POST'], '/oauth/account/recovery-codes', 'page', factors.renewRecoveryCodes, 'own pages'],
  [['POST'], '/oauth/account/passkeys/options', 'json', passkeys.beginPasskey, 'own pages'],
  [['POST'], '/oauth/account/passkeys', 'page', passkeys.addPasskey, 'own pages'],
  [['POST'], '/oauth/account/passkeys/remove', 'page', passkeys.removePasskey, 'own pages'],
  [['GET'], '/oauth/account/sign-in-again', 'page', accountPages.signInAgain],
  [['GET'], '/oauth/account/data', 'page', showData],
  [['GET'], '/oauth/account/data.json', 'page', downloadData],
  [['POST'], '/oauth/account/delete', 'page', deleteAccount, 'own pages'],
  [['GET'], '/oauth/consents', 'page', listConsents],
  [['POST'], '/oauth/consents', 'page', revokeConsent, 'own pages'],
  ...developerRoutes,
  [['GET'], '/admin', 'page', findConsole],
  [['GET'], '/oauth/admin/audit.csv', 'page', downloadAudit],
  [['GET'], '/oauth/admin/*page', 'page', showConsole],
  [['POST'], '/oauth/admin/*page', 'page', changeConsole, 'own pages'],
  [seen, '/oauth/style.css', 'page', style],
  [seen, '/oauth/logo/:digest', 'page', showLogo],
  [seen, '/api/v1/openapi.json', 'problem', adminApiDocument, 'any origin'],
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
  grant_management_endpoint: queryGrant,
};

/** Where they are, as the routes say. */
function publishedPaths(): EndpointPaths {
  const pathOf = new Map(routes.map(([, path, , endpoint]) => [endpoint, path]));
  // The URL of a grant is below the endpoint (Grant Management for OAuth 2.0 6.3).
  const below = /\/:\w+$/;
  const paths = Object.entries(published).map(([member, made]) => [
    member,
    pathOf.get(made)?.replace(below, ''),
  ]);
  return Object.fromEntries(paths);
}

/** The web application; `mounts` may be filled later on. */
export function createApp(base: WebServices, mounts: Mount[] = []): Koa {
  const queues = makeQueues();
  const services: EndpointServices = {
    ...base,
    queues,
    background: new Background(),
    pollRate: new PollRate(base.config.devicePolls),
    keyring: makeKeyring(base),
    authorizationDetails: makeDetailsReader(base),
    clientKeys: makeClientKeys(base, queues),
    issuerKeys: makeIssuerKeys(base, queues),
    upstreams: makeUpstreams(base),
    endpoints: publishedPaths(),
  };
  const router = makeRouter(routes, services);
  const app = new Koa<State>();
  app.use(identify(services));
  app.use(observeRequests(services.telemetry?.observer, mounts));
  app.use(answerErrors(services.log));
  app.use(serveHealth(webProbes(services)));
  app.use(serveMounts(mounts));
  app.use(services.background.count);
  app.use(enterTenant(services));
  app.use(refuseUnanswered(routes));
  app.use(dispatch(routes, router));
  app.use(router.allowedMethods() as unknown as Middleware<State>);
  app.on('error', (error) => services.log.warn({ err: error }, 'an answer could not be written'));
  return app as unknown as Koa;
}
