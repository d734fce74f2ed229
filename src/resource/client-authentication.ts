// RFC 6749 2.3.1, RFC 7523 2.2: how a resource server says who it is where it asks about tokens.
import { randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';

/** A confidential client of the tenant: with a secret, or with the private JWK of one of its keys, which names its `alg`. */
export type ConfidentialClient = {
  client_id: string;
  /** Whether the issuer has to sign what it says of tokens (RFC 9701); false by default. */
  signedAnswers?: boolean;
} & ({ client_secret: string } | { private_key: JWK & { alg: string } });

/** For so many seconds an assertion is good. */
const lifetime = 60;

/** What a request to the issuer carries of the client. */
export async function authentication(
  client: ConfidentialClient,
  issuer: string,
): Promise<{ headers: Record<string, string>; parameters: Record<string, string> }> {
  const { client_id } = client;
  if ('client_secret' in client) {
    const pair = [client_id, client.client_secret].map(encodeURIComponent).join(':');
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    return { headers: { authorization }, parameters: {} };
  }
  const { alg, kid } = client.private_key;
  const now = Math.floor(Date.now() / 1000);
  const client_assertion = await new SignJWT({ jti: randomUUID() })
    // RFC 10070: so typed it passes for nothing else.
    .setProtectedHeader({ alg, ...(kid && { kid }), typ: 'client-authentication+jwt' })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(await importJWK(client.private_key));
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { headers: {}, parameters: { client_id, client_assertion_type, client_assertion } };
}
