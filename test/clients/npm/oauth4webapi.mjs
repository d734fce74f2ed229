import * as oauth from 'oauth4webapi';

export const installed = 'oauth4webapi';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn, must }) => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const url = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, insecure),
  );
  const [party, authentication] = [{ client_id }, oauth.ClientSecretPost(client_secret)];
  const tokens = await step('sign-in', async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const asked = new URL(server.authorization_endpoint);
    asked.search = new URLSearchParams({
      client_id,
      redirect_uri,
      response_type: 'code',
      scope: 'openid email offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const answered = oauth.validateAuthResponse(
      server,
      party,
      await signIn(asked),
      oauth.expectNoState,
    );
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      party,
      authentication,
      answered,
      redirect_uri,
      verifier,
      insecure,
    );
    return await oauth.processAuthorizationCodeResponse(server, party, response);
  });
  const next = await step('refresh', async () =>
    oauth.processRefreshTokenResponse(
      server,
      party,
      await oauth.refreshTokenGrantRequest(
        server,
        party,
        authentication,
        tokens.refresh_token,
        insecure,
      ),
    ),
  );
  await step('userinfo', async () => {
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const response = await oauth.userInfoRequest(server, party, next.access_token, insecure);
    must((await oauth.processUserInfoResponse(server, party, sub, response)).email, 'no email');
  });
  await step('revoke', async () =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(server, party, authentication, next.refresh_token, insecure),
    ),
  );
};
