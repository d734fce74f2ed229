// The host product answers a login challenge over HTTP, by a JWT that it has signed.
import type { JSONWebKeySet } from 'jose';
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parametersOrJson } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { refuse } from '../../http/refuse.ts';
import { turnOf } from '../../http/turn.ts';
import {
  type LoginAssertion,
  type LoginAssertionType,
  readLoginClaims,
  readRejectReason,
  verifyLoginAssertion,
} from '../../protocol/login-assertion.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newLastingSecret } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** Under what a refusal is recorded. */
const actions = {
  'login-show+jwt': 'login.show',
  'login-accept+jwt': 'login.accept',
  'login-reject+jwt': 'login.reject',
} as const;

/** Tells the product who asks for the sign-in. */
export function showLogin(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { named } = await receive(services, ctx, 'login-show+jwt');
    const row = await call(services.database, api.login_show, { ...caller(ctx), ...named });
    const { error: _, reason: __, ...shown } = row;
    answer(ctx, Object.fromEntries(Object.entries(shown).filter(([, one]) => one !== null)));
  };
}

/** Takes the product's word for who has signed in; answers with where to send the browser. */
export function acceptLogin(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { named, claims } = await receive(services, ctx, 'login-accept+jwt');
    const verifier = newLastingSecret('login_verifier');
    const { redirect_to, user_id } = await call(services.database, api.login_accept, {
      ...caller(ctx),
      ...named,
      ...readLoginClaims(claims),
      next_verifier_hash: verifier.hash,
    });
    answer(ctx, { redirect_to: withVerifier(redirect_to, verifier.secret), sub: user_id });
  };
}

/** Takes the product's word that nobody signs in; answers with where to send the browser. */
export function rejectLogin(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { named, claims } = await receive(services, ctx, 'login-reject+jwt');
    const verifier = newLastingSecret('login_verifier');
    const { redirect_to } = await call(services.database, api.login_reject, {
      ...caller(ctx),
      ...named,
      next_verifier_hash: verifier.hash,
      reject_reason: readRejectReason(claims),
    });
    answer(ctx, { redirect_to: withVerifier(redirect_to, verifier.secret) });
  };
}

/** Verifies the assertion that was sent, by the keys that the tenant has for its product. */
async function receive(
  { database, queues }: EndpointServices,
  ctx: Ctx,
  typ: LoginAssertionType,
): Promise<{
  named: Omit<LoginAssertion, 'claims'>;
  claims: LoginAssertion['claims'];
}> {
  const { assertion = '' } = requireReadable(parametersOrJson(ctx), ['assertion']).values;
  const { issuer, jwks } = await call(database, api.login_settings, caller(ctx));
  const signer = {
    issuer,
    audience: ctx.state.tenant.issuer,
    jwks: jwks as unknown as JSONWebKeySet,
  };
  try {
    const { claims, ...named } = await queues.signatures.run(turnOf(ctx), () =>
      verifyLoginAssertion(assertion, typ, signer),
    );
    return { named, claims };
  } catch (failure) {
    return refuse(database, ctx, actions[typ], failure);
  }
}

function withVerifier(redirectTo: string | null, verifier: string): string {
  return `${redirectTo}?${new URLSearchParams({ login_verifier: verifier })}`;
}

function answer(ctx: Ctx, body: Record<string, unknown>): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.body = body;
}
