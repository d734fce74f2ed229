// The demonstration client: an application of its own that shares nothing but the port with the server.
import Router from '@koa/router';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import bodyParser from 'koa-bodyparser';
import helmet from 'koa-helmet';
import type { Log } from '../log.ts';
import { accountPages } from './account.ts';
import { courseResource } from './course-resource.ts';
import { answerErrors, refuseAnonymous, refusePermission } from './demo-refusals.ts';
import { say, stylesheet } from './pages.ts';
import { mountPath } from './paths.ts';
import { makeRelyingParty, type RelyingParty, type RelyingPartySettings } from './relying-party.ts';
import { isOwnForm, makeSessions, type Sessions } from './sessions.ts';
import { signInPages } from './sign-in.ts';

/** Makes the demonstration client, to be mounted under mountPath. */
export function createDemo(settings: RelyingPartySettings & { log: Log }): Middleware {
  const party = makeRelyingParty(settings);
  const sessions = makeSessions(mountPath, settings.base.startsWith('https:'));
  const { home, courses, refresh, introspect, revoke } = accountPages({ ...settings, party });
  const { login, callback, signOut } = signInPages({ party, sessions });
  const known = requirePerson(sessions);
  const posted = [bodyParser({ enableTypes: ['form'] }), known, requireOwnForm];

  const router = new Router({ prefix: mountPath });
  router.get('/', readSession(sessions), home);
  router.get('/login', login);
  router.get('/callback', callback);
  router.get('/courses', known, courses);
  router.get('/webhooks', known, requirePermission(party, 'webhook'), (ctx) => {
    say(ctx, 200, 'Your webhooks', 'You may change them: the access token says so.');
  });
  router.post('/refresh', ...posted, refresh);
  router.post('/introspect', ...posted, introspect);
  router.post('/revoke', ...posted, revoke);
  router.post('/sign-out', ...posted, signOut);
  router.get('/signed-out', (ctx) => {
    say(ctx, 200, 'You are signed out', 'Here, and at the server that signed you in.');
  });
  router.get('/api/courses', ...courseResource(settings.issuer));
  router.get('/style.css', (ctx) => {
    ctx.type = 'css';
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.body = stylesheet;
  });
  return mountable(router, settings.log, sessions);
}

function mountable(router: Router, log: Log, sessions: Sessions): Middleware {
  const app = new Koa();
  app.use(headers);
  app.use(noStore);
  app.use(answerErrors(log, sessions));
  app.use(router.routes());
  app.use(router.allowedMethods());
  app.use((ctx) => say(ctx, 404, 'Not found', 'There is nothing at this address.'));
  app.on('error', (error: Error) => log.warn({ reason: error.message }, 'demonstration client'));
  const answer = app.callback();
  return (ctx) => {
    ctx.respond = false;
    return answer(ctx.req, ctx.res);
  };
}

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ['data:'],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  strictTransportSecurity: false,
});

function noStore(ctx: Context, next: Next): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  return next();
}

function readSession(sessions: Sessions): Middleware {
  return (ctx, next) => {
    ctx.state.session = sessions.find(ctx as Context);
    return next();
  };
}

function requirePerson(sessions: Sessions): Middleware {
  return (ctx, next) => {
    const session = sessions.find(ctx as Context);
    if (!session?.person) return refuseAnonymous(ctx as Context);
    Object.assign(ctx.state, { session, person: session.person });
    return next();
  };
}

/** Permissions are those of a fresh token: a role that was taken away is gone within its lifetime. */
function requirePermission(party: RelyingParty, permission: string): Middleware {
  return async (ctx, next) => {
    await party.refreshIfDue(ctx.state.person);
    if (ctx.state.person.permissions.includes(permission)) return await next();
    refusePermission(ctx as Context, permission);
  };
}

function requireOwnForm(ctx: Context, next: Next): Promise<void> | void {
  const { csrf } = ctx.request.body as { csrf?: unknown };
  if (isOwnForm(ctx.state.session, csrf)) return next();
  say(ctx, 403, 'Please try again', 'The form is out of date. Go back and reload the page.');
}
