// RFC 8259 9, RFC 7493 2: what is taken of JSON that others send.

/** Deeper than anything that is sent for a reason: no reader of it runs out of stack. */
const depthLimit = 32;

/** NUL, which PostgreSQL stores in no text, and halves of surrogate pairs, which are in no text. */
const unstorable = /[\0\p{Cs}]/u;

/**
 * Why a value that was read from JSON cannot be kept; undefined where it can. What passes may be
 * given to jsonb, and to whatever walks through it.
 */
export function jsonFault(value: unknown, depth = depthLimit): string | undefined {
  if (typeof value === 'string') {
    return unstorable.test(value) ? 'a text holds NUL or half a surrogate pair' : undefined;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : 'a number is out of range';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === 0) return 'it is nested too deep';
  for (const [name, member] of Object.entries(value)) {
    const fault = jsonFault(name, depth) ?? jsonFault(member, depth - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether a value is a JSON object, and neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads JSON, and integers that no number holds as the text that they are; undefined for what is no JSON. */
export function losslessJson(text: string): unknown {
  try {
    return JSON.parse(text, keepInteger as Parameters<typeof JSON.parse>[1]);
  } catch {
    return undefined;
  }
}

function keepInteger(_name: string, value: unknown, context?: { source?: string }): unknown {
  const { source } = context ?? {};
  const lossy = typeof value === 'number' && !Number.isSafeInteger(value);
  return lossy && source !== undefined && /^-?\d+$/.test(source) ? source : value;
}
