// RFC 9449 4.3: the URL of a request and the htu of its proof are compared as RFC 3986 6.2.2 and 6.2.3 have it.

/** A URL normalised, without query and fragment; undefined for no URL. */
export function normalUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/%[\da-f]{2}/gi, decodeUnreserved);
}

function decodeUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
}
