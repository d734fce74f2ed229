// The upstreams of a process: opened from the database, spoken to by kind.

import { serverFetch } from '../outbound/guarded-fetch.ts';
import { derivedText, type Master, type Place, seal, unseal } from '../protocol/seal.ts';
import type { Config } from '../settings/config.ts';
import { discord } from './discord.ts';
import {
  type Journey,
  type Protocol,
  type Upstream,
  UpstreamError,
  type UpstreamSecrets,
  type UpstreamTokens,
} from './identity-provider.ts';
import { plainOAuth } from './oauth2.ts';
import { openidConnect } from './oidc.ts';

/** An upstream as SQL returns it. */
export type StoredUpstream = {
  kind: string | null;
  title: string | null;
  issuer: string | null;
  authorization_endpoint: string | null;
  token_endpoint: string | null;
  userinfo_endpoint: string | null;
  client_id: string | null;
  token_endpoint_auth_method: string | null;
  sealed_secrets: Buffer | null;
  scopes: string[] | null;
  settings: unknown;
};

export type Upstreams = ReturnType<typeof makeUpstreams>;

/** What speaks to upstreams, with one cache of their metadata for the process. */
export function makeUpstreams({ config, secret }: { config: Config; secret: Master }) {
  const fetch = serverFetch(config);
  const protocols: Record<string, Protocol> = {
    oidc: openidConnect(fetch),
    oauth2: plainOAuth(fetch),
    discord: discord(fetch),
  };
  return {
    /** The upstream with its secrets, and how it is spoken to. Throws where they do not open. */
    open: (tenant: string, name: string, stored: StoredUpstream) => {
      const upstream = {
        ...stored,
        tenant,
        name,
        secrets: openSecrets(secret, tenant, name, stored.sealed_secrets),
      } as unknown as Upstream;
      const protocol = protocols[upstream.kind];
      if (!protocol) throw new UpstreamError('untrusted', `no kind ${upstream.kind}`);
      return { upstream, protocol };
    },
    sealTokens: (tenant: string, name: string, tokens: UpstreamTokens | null) =>
      tokens &&
      seal(secret, 'pgrant upstream tokens', { tenant, name }, Buffer.from(JSON.stringify(tokens))),
    openTokens: (tenant: string, name: string, sealed: Buffer | null): UpstreamTokens | null =>
      sealed &&
      JSON.parse(unseal(secret, 'pgrant upstream tokens', { tenant, name }, sealed).toString()),
    /** The PKCE verifier and nonce of a state: derived, so that nothing usable is stored. */
    derive: (state: string): Pick<Journey, 'verifier' | 'nonce'> => ({
      verifier: derivedText(secret, 'pgrant upstream login', `verifier ${state}`),
      nonce: derivedText(secret, 'pgrant upstream login', `nonce ${state}`),
    }),
    sealRequest: (tenant: string, stateHash: Buffer, request: string) =>
      seal(secret, 'pgrant upstream login', place(tenant, stateHash), Buffer.from(request)),
    openRequest: (tenant: string, stateHash: Buffer, sealed: Buffer) =>
      unseal(secret, 'pgrant upstream login', place(tenant, stateHash), sealed).toString(),
  };
}

/** Seals the secrets of an upstream, for its tenant and name only. */
export function sealSecrets(
  secret: Master,
  tenant: string,
  name: string,
  secrets: UpstreamSecrets,
): Buffer {
  const plain = Buffer.from(JSON.stringify(secrets));
  return seal(secret, 'pgrant upstream secrets', { tenant, name }, plain);
}

function openSecrets(secret: Master, tenant: string, name: string, sealed: Buffer | null) {
  if (sealed === null) return {};
  const plain = unseal(secret, 'pgrant upstream secrets', { tenant, name }, sealed);
  return JSON.parse(plain.toString()) as UpstreamSecrets;
}

function place(tenant: string, stateHash: Buffer): Place {
  return { tenant, name: stateHash.toString('hex') };
}
