// The developer portal: what clients are told, with the names of the tenant and of the application in it.

type Told = {
  issuer: string;
  client_id: string;
  kind: string;
  redirect_uris: readonly string[];
  /** Null where an admin has let it ask for any. */
  scopes: readonly string[] | null;
};

/** A word for a POSIX shell. */
export const shellWord = (text: string) =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** openid-client as an application begins with it; it takes http where it is told to, as while one develops. */
function discoveryOf({
  issuer,
  client_id,
  isPublic,
}: Pick<Told, 'issuer' | 'client_id'> & { isPublic: boolean }) {
  const isHttp = issuer.startsWith('http:');
  const given = [
    `new URL(${JSON.stringify(issuer)})`,
    JSON.stringify(client_id),
    isPublic ? 'undefined' : 'process.env.CLIENT_SECRET',
    ...(isPublic ? ['client.None()'] : isHttp ? ['undefined'] : []),
    ...(isHttp ? ['{ execute: [client.allowInsecureRequests] }'] : []),
  ];
  return `import * as client from 'openid-client';

const config = await client.discovery(
${given.map((one) => `  ${one},\n`).join('')});`;
}

/** Each client with what it is told. */
export function snippetsOf(told: Told): { title: string; text: string }[] {
  return told.kind === 'machine' ? ofMachine(told) : ofPeople(told);
}

function ofMachine({ issuer, client_id, scopes }: Told) {
  const scope = (scopes ?? []).join(' ');
  return [
    {
      title: 'curl',
      text: [
        `curl -u ${client_id}:CLIENT_SECRET ${issuer}/oauth/token`,
        `-d grant_type=client_credentials --data-urlencode scope=${shellWord(scope)}`,
      ].join(' \\\n  '),
    },
    {
      title: 'openid-client',
      text: `${discoveryOf({ issuer, client_id, isPublic: false })}
const tokens = await client.clientCredentialsGrant(config, { scope: ${JSON.stringify(scope)} });`,
    },
  ];
}

function ofPeople({ issuer, client_id, kind, redirect_uris: [redirect_uri = ''], scopes }: Told) {
  const [scope, isPublic] = [(scopes ?? ['openid']).join(' '), kind === 'app'];
  return [
    { title: 'curl', text: `curl ${issuer}/.well-known/openid-configuration` },
    {
      title: 'openid-client',
      text: `${discoveryOf({ issuer, client_id, isPublic })}
const code_verifier = client.randomPKCECodeVerifier();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: ${JSON.stringify(redirect_uri)},
  scope: ${JSON.stringify(scope)},
  code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
  code_challenge_method: 'S256',
});`,
    },
    {
      title: 'MCP (@modelcontextprotocol/sdk)',
      text: `const authProvider = {
  redirectUrl: ${JSON.stringify(redirect_uri)},
  clientMetadata: { redirect_uris: [${JSON.stringify(redirect_uri)}], scope: ${JSON.stringify(scope)} },
  clientInformation: () => ({ client_id: ${JSON.stringify(client_id)}${isPublic ? '' : ', client_secret: process.env.CLIENT_SECRET'} }),
  // … and where you keep tokens and the code_verifier
};`,
    },
    {
      title: 'n8n',
      text: `Grant Type: PKCE
Authorization URL: ${issuer}/oauth/authorize
Access Token URL: ${issuer}/oauth/token
Client ID: ${client_id}${isPublic ? '' : '\nClient Secret: CLIENT_SECRET'}
Scope: ${scope}
Authentication: ${isPublic ? 'Body' : 'Header'}`,
    },
  ];
}
