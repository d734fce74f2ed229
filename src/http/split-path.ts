// Where the issuer of a path ends and the endpoint begins (RFC 8414 3.1).

export type Split = { issuer: string; endpoint: string };

const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** Pages whose addresses people type: directly below the issuer. */
const typed = ['/account', '/admin', '/developer', '/device'];

/** What has whole trees of endpoints below the issuer, besides /oauth. */
const trees = /\/api\/v1(?=\/|$)/;

/**
 * The ways to split a path into the path of the issuer and that of the endpoint, likeliest first: an issuer may have
 * in its path what is an endpoint elsewhere, and what an endpoint names may be called like one.
 */
export function splitPath(path: string): Split[] {
  for (const endpoint of wellKnown) {
    const rest = path.slice(endpoint.length);
    if (path.startsWith(endpoint) && (rest === '' || /^\/.*[^/]$/.test(rest))) {
      return [{ issuer: rest, endpoint }];
    }
  }
  const page = typed.find((one) => path.endsWith(one));
  const places = [
    Math.max(path.lastIndexOf('/oauth/'), path.lastIndexOf('/.well-known/')),
    ...(page === undefined ? [] : [path.length - page.length]),
    path.search(trees),
  ];
  return [...new Set(places)]
    .filter((at) => at >= 0)
    .map((at) => ({ issuer: path.slice(0, at), endpoint: path.slice(at) }));
}
