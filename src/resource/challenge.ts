// RFC 6750 3, RFC 9449 7.1, RFC 9728 5.1, RFC 9470 3: what tells a client how to get a token that is good here.

export type Challenge = {
  error?: string;
  error_description?: string;
  /** What the request needs. */
  scopes?: readonly string[];
  /** How the user must have signed in, in order of preference. */
  acr_values?: readonly string[];
  /** For how many seconds a sign-in is good enough. */
  max_age?: number;
  /** URL of the resource's metadata. */
  resource_metadata?: string;
  /** The algorithms of DPoP proofs, where the scheme is DPoP. */
  algs?: readonly string[];
};

/** The value of the header WWW-Authenticate. */
export function challenge({ scopes = [], acr_values = [], algs, ...members }: Challenge): string {
  const { error, error_description, max_age, resource_metadata } = members;
  const parameters = Object.entries({
    error,
    error_description,
    scope: scopes.join(' ') || undefined,
    acr_values: acr_values.join(' ') || undefined,
    max_age,
    resource_metadata,
    algs: algs?.join(' '),
  }).filter(([, value]) => value !== undefined);
  const scheme = algs === undefined ? 'Bearer' : 'DPoP';
  return [scheme, parameters.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')]
    .join(' ')
    .trimEnd();
}

/** RFC 9110 5.6.4, of printable ASCII only: all that RFC 6749 allows in these members. */
function quoted(value: unknown): string {
  const text = String(value);
  if (!/^[\x20-\x7e]*$/.test(text)) throw new TypeError(`not for a header: ${text}`);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
