/** What to answer, whatever the framework. */
export type Answer = {
  status: number;
  headers: Record<string, string>;
  /** JSON, or nothing. */
  body: string | null;
};

/** Lets scripts of every origin read an answer that holds nothing but what anybody may know. */
export const readableByAll = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'WWW-Authenticate, DPoP-Nonce, Retry-After',
};

/** `value` as JSON. */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Record<string, string>,
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...readableByAll, ...headers },
    body: JSON.stringify(value),
  };
}
