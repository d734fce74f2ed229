// The host product answers a login challenge over HTTP, by a JWT that it has signed.
import type { JSONWebKeySet } from 'jose';
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parametersOrJson } from '../../http/body.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
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
import type { Endpoint, Services } from '../endpoint.ts';

/** Under what a refusal is recorded. */
const actions = {
  'login-show+jwt': 'login.show',
  'login-accept+jwt': 'login.accept',
  'login-reject+jwt': 'login.reject',
} as const;

/** Tells the product who asks for the sign-in. */
export function showLogin(services: Services): Endpoint {
  return async (exchange) => {
    const { named } = await receive(services, exchange, 'login-show+jwt');
    const row = await call(services.database, api.login_show, { ...caller(exchange), ...named });
    const { error: _, reason: __, ...shown } = row;
    answer(exchange, Object.fromEntries(Object.entries(shown).filter(([, one]) => one !== null)));
  };
}

/** Takes the product's word for who has signed in; answers with where to send the browser. */
export function acceptLogin(services: Services): Endpoint {
  return async (exchange) => {
    const { named, claims } = await receive(services, exchange, 'login-accept+jwt');
    const verifier = newLastingSecret('login_verifier');
    const { redirect_to, user_id } = await call(services.database, api.login_accept, {
      ...caller(exchange),
      ...named,
      ...readLoginClaims(claims),
      next_verifier_hash: verifier.hash,
    });
    answer(exchange, { redirect_to: withVerifier(redirect_to, verifier.secret), sub: user_id });
  };
}

/** Takes the product's word that nobody signs in; answers with where to send the browser. */
export function rejectLogin(services: Services): Endpoint {
  return async (exchange) => {
    const { named, claims } = await receive(services, exchange, 'login-reject+jwt');
    const verifier = newLastingSecret('login_verifier');
    const { redirect_to } = await call(services.database, api.login_reject, {
      ...caller(exchange),
      ...named,
      next_verifier_hash: verifier.hash,
      reject_reason: readRejectReason(claims),
    });
    answer(exchange, { redirect_to: withVerifier(redirect_to, verifier.secret) });
  };
}

/** Verifies the assertion that was sent, by the keys that the tenant has for its product. */
async function receive(
  { database, queues }: Services,
  exchange: Exchange,
  typ: LoginAssertionType,
): Promise<{
  named: Omit<LoginAssertion, 'claims'>;
  claims: LoginAssertion['claims'];
}> {
  const { assertion = '' } = requireReadable(parametersOrJson(exchange), ['assertion']).values;
  const { issuer, jwks } = await call(database, api.login_settings, caller(exchange));
  const signer = {
    issuer,
    audience: exchange.state.tenant.issuer,
    jwks: jwks as unknown as JSONWebKeySet,
  };
  try {
    const { claims, ...named } = await queues.signatures.run(turnOf(exchange), () =>
      verifyLoginAssertion(assertion, typ, signer),
    );
    return { named, claims };
  } catch (failure) {
    return refuse(database, exchange, actions[typ], failure);
  }
}

function withVerifier(redirectTo: string | null, verifier: string): string {
  return `${redirectTo}?${new URLSearchParams({ login_verifier: verifier })}`;
}

function answer(exchange: Exchange, body: Record<string, unknown>): void {
  exchange.set('Cache-Control', 'no-store');
  exchange.body = body;
}
