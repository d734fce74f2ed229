// The developer portal: who asks for which page, and what its forms send.
import type { Json } from '../../db/bindings.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { keepTyped } from '../../http/keep-typed.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { signedInPage } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

export const home = '/oauth/developer';

export const kinds = ['web', 'app', 'machine'] as const;
export type Kind = (typeof kinds)[number];

/** What a developer fills in, as pgrant_rules.developer_fields() names it. */
export type Typed = {
  name: string;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  scopes: string[];
  client_uri: string | null;
  logo_uri: string | null;
  policy_uri: string | null;
  tos_uri: string | null;
};

/** What is wrong with which field. */
export type Faults = Record<string, { fault: string; value?: string | null }>;

export const pathOf = (client_id: string) =>
  `${home}/applications/${encodeURIComponent(client_id)}`;

/** The application that the path names. */
export const named = (ctx: Ctx) => String(ctx.params.client_id);

/** A page of the portal; whoever signs in for it comes back to it. */
export function developerPage(
  services: EndpointServices,
  work: (ctx: Ctx) => Promise<void>,
): Endpoint {
  return signedInPage(services, pathBack, work);
}

/** What was asked for, where it is no longer than what the pages link to: it is kept while somebody signs in. */
function pathBack({ method, path, search }: Ctx): string {
  const asked = method === 'GET' ? path + search : path;
  return asked.length <= 1000 ? asked : home;
}

/** A form of the portal whose words are kept where the session has ended meanwhile. */
export function developerForm(
  services: EndpointServices,
  work: (ctx: Ctx) => Promise<void>,
): Endpoint {
  return developerPage(services, async (ctx) => {
    try {
      await work(ctx);
    } catch (failure) {
      if ((failure as { error?: string }).error !== 'login_required') throw failure;
      keepTyped(ctx, ctx.path);
    }
  });
}

/** The application that a form describes. */
export function readTyped(ctx: Ctx): Typed {
  const sent = parameters(ctx);
  const names = ['name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri'];
  const { values } = requireReadable(sent, names);
  return {
    name: values.name ?? '',
    redirect_uris: wordsOf(sent.redirect_uris, 'redirect_uris'),
    post_logout_redirect_uris: wordsOf(sent.post_logout_redirect_uris, 'post_logout_redirect_uris'),
    scopes: wordsOf(sent.scopes, 'scopes'),
    client_uri: values.client_uri?.trim() || null,
    logo_uri: values.logo_uri?.trim() || null,
    policy_uri: values.policy_uri?.trim() || null,
    tos_uri: values.tos_uri?.trim() || null,
  };
}

/** The words of a field, each once: boxes that are ticked, or lines. */
function wordsOf(sent: unknown, name: string): string[] {
  const words = [sent ?? []].flat().flatMap((text) => String(text).split(/\s+/));
  for (const word of words) requireReadable({ [name]: word }, [name]);
  return [...new Set(words.filter((word) => word !== ''))];
}

/** A message of several lines; SQL says how long it may be. */
export function readMessage(ctx: Ctx): string {
  const { message = '' } = parameters(ctx);
  if (typeof message !== 'string') throw new OAuthError('invalid_request', 'message is repeated');
  const lines = message.replaceAll('\t', ' ').split(/\r\n|\r|\n/);
  for (const line of lines) requireReadable({ message: line }, ['message']);
  return lines.join('\n').trim();
}

export const faultsOf = (faults: Json | null): Faults => (faults ?? {}) as Faults;
