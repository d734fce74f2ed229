import { InMemoryWebStorage, OidcClient, WebStorageStateStore } from 'oidc-client-ts';

export const installed = 'oidc-client-ts';

export default async ({ issuer, client_id, redirect_uri, step, signIn, must }) => {
  const party = new OidcClient({
    authority: issuer,
    client_id,
    redirect_uri,
    scope: 'openid email offline_access',
    loadUserInfo: true,
    stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  });
  const response = await step('sign-in', async () => {
    const { url } = await party.createSigninRequest({});
    return await party.processSigninResponse(String(await signIn(url)));
  });
  await step('userinfo', () => must(response.profile.email, 'no email'));
  const next = await step('refresh', () =>
    party.useRefreshToken({ state: { ...response, profile: response.profile } }),
  );
  await step('revoke', () => party.revokeToken(next.refresh_token, 'refresh_token'));
};
