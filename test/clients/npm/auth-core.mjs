import { Auth } from '@auth/core';

export const installed = '@auth/core';

export default async ({ issuer, client_id, client_secret, port, step, signIn, must }) => {
  const origin = `http://127.0.0.1:${port}`;
  const options = {
    secret: 'x'.repeat(32),
    trustHost: true,
    basePath: '/auth',
    providers: [
      {
        id: 'pgrant',
        name: 'pgrant',
        type: 'oidc',
        issuer,
        clientId: client_id,
        clientSecret: client_secret,
        checks: ['pkce', 'state'],
        authorization: { params: { scope: 'openid profile email' } },
      },
    ],
  };
  const cookies = new Map();
  const ask = async (path, body) => {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (body) headers['content-type'] = 'application/x-www-form-urlencoded';
    const answer = await Auth(
      new Request(new URL(path, origin), { headers, ...(body && { method: 'POST', body }) }),
      options,
    );
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return answer;
  };
  await step('sign-in', async () => {
    const { csrfToken } = await (await ask('/auth/csrf')).json();
    const begun = await ask(
      '/auth/signin/pgrant',
      new URLSearchParams({ csrfToken, callbackUrl: origin }),
    );
    const back = await signIn(begun.headers.get('location'));
    await ask(back.pathname + back.search);
    const session = await (await ask('/auth/session')).json();
    must(session?.user, `no session: ${JSON.stringify(session)}`);
  });
};
