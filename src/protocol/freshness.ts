// RFC 9111 4.2: how long an answer may be used again.

/** Seconds that an answer is fresh that does not say (RFC 9111 4.2.2). */
const usualFreshness = 300;
const longestFreshness = 86_400;

/** Seconds for which an answer is fresh (RFC 9111 4.2), its age taken off. */
export function freshnessOf(headers: Headers, now = Date.now()): number {
  const stated = (headers.get('cache-control') ?? '').split(',').map((one) => {
    const [name = '', value = ''] = one.trim().toLowerCase().split('=');
    return [name, value.replaceAll('"', '')] as const;
  });
  // Of a directive that is there twice the first one counts (RFC 9111 4.2.1).
  const directives = new Map(stated.reverse());
  if (directives.has('no-store') || directives.has('no-cache')) return 0;
  const longest = directives.get('s-maxage') ?? directives.get('max-age');
  const lifetime = longest === undefined ? untilExpiry(headers, now) : Number.parseInt(longest, 10);
  const age = Number.parseInt(headers.get('age') ?? '0', 10) || 0;
  return Math.min(Math.max(Math.floor((lifetime || 0) - age), 0), longestFreshness);
}

function untilExpiry(headers: Headers, now: number): number {
  const expires = headers.get('expires');
  if (expires === null) return usualFreshness;
  // Expires that is no date is in the past (RFC 9111 5.3).
  return (Date.parse(expires) - (Date.parse(headers.get('date') ?? '') || now)) / 1000;
}
