// The developer portal: an authorization that is begun from the page of an application, and its answer.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { presentedSecret } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { challengeOf } from '../../protocol/pkce.ts';
import { goTo, person } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { developerPage, named, pathOf } from './developer.ts';
import { shellWord } from './snippets.ts';

type Client = { client_id: string; kind: string; redirect_uris: string[]; scopes: string[] | null };

/** Where answers are shown, for applications that have it among their redirect URIs. */
export const answerUri = (ctx: Ctx) => `${ctx.state.tenant.issuer}/oauth/developer/answer`;

/** The code_verifier of a try: whoever holds the session makes it again (RFC 7636 4.1). */
const verifierOf = (ctx: Ctx, client_id: string) => presentedSecret(ctx, `try ${client_id}`);

async function find({ database }: EndpointServices, ctx: Ctx, client_id: string) {
  const asked = { ...person(ctx), client_id, kind: null };
  const row = await call(database, api.developer_client_show, asked);
  return { row, client: (row.page as { client: Client }).client };
}

/** Sends the browser to the authorization endpoint, as the application would. */
export function tryApplication(services: EndpointServices): Endpoint {
  return developerPage(services, async (ctx) => {
    const { client } = await find(services, ctx, named(ctx));
    const { client_id } = client;
    // Null where an admin has let it ask for any.
    const scopes = client.scopes ?? ['openid'];
    if (!client.redirect_uris.includes(answerUri(ctx))) {
      throw new OAuthError('invalid_redirect_uri', 'the page for answers is none of its own', {
        detail: answerUri(ctx),
      });
    }
    const query = new URLSearchParams({
      client_id,
      redirect_uri: answerUri(ctx),
      response_type: 'code',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      state: client_id,
      code_challenge: challengeOf(verifierOf(ctx, client_id)),
      code_challenge_method: 'S256',
      prompt: 'consent',
    });
    goTo(ctx, `/oauth/authorize?${query}`);
  });
}

/** Shows what the application would get, and how it redeems that. */
export function showAnswer(services: EndpointServices): Endpoint {
  return developerPage(services, async (ctx) => {
    const names = ['code', 'state', 'iss', 'error', 'error_description'] as const;
    const { values } = requireReadable(parameters(ctx), names);
    const { row, client } = await find(services, ctx, values.state ?? '');
    const { client_id } = client;
    const command = [
      `curl ${ctx.state.tenant.issuer}/oauth/token`,
      ...(client.kind === 'app'
        ? [`-d client_id=${client_id}`]
        : [`-u ${client_id}:CLIENT_SECRET`]),
      '-d grant_type=authorization_code',
      `-d code=${shellWord(values.code ?? '')}`,
      `--data-urlencode redirect_uri=${shellWord(answerUri(ctx))}`,
      `-d code_verifier=${verifierOf(ctx, client_id)}`,
    ].join(' \\\n  ');
    const answer = Object.entries(values);
    const shown = { ...row, client, answer, error: values.error, to: pathOf(client_id) };
    render(ctx, 'developer_answer', { ...shown, command: values.code && command });
  });
}
