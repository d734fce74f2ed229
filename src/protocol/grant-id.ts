// What clients call grants (Grant Management for OAuth 2.0 5.5).

/** Whether the text can be the name of a grant. */
export function isGrantId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
