// Registers itself (RFC 7591): nothing is set up beforehand.
import {
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js';

export const installed = '@modelcontextprotocol/sdk';

export default async ({ issuer, redirect_uri, step, signIn }) => {
  const metadata = await discoverAuthorizationServerMetadata(issuer);
  const clientInformation = await step('register', () =>
    registerClient(issuer, {
      metadata,
      clientMetadata: {
        client_name: 'MCP client',
        redirect_uris: [redirect_uri, 'cursor://anysphere.cursor-mcp/oauth/callback'],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    }),
  );
  const known = { metadata, clientInformation };
  const tokens = await step('sign-in', async () => {
    const { authorizationUrl, codeVerifier } = await startAuthorization(issuer, {
      ...known,
      redirectUrl: redirect_uri,
      scope: 'openid offline_access',
    });
    const authorizationCode = (await signIn(authorizationUrl)).searchParams.get('code');
    return await exchangeAuthorization(issuer, {
      ...known,
      authorizationCode,
      codeVerifier,
      redirectUri: redirect_uri,
    });
  });
  await step('refresh', () =>
    refreshAuthorization(issuer, { ...known, refreshToken: tokens.refresh_token }),
  );
};
