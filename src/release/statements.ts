export type Statement = { text: string; line: number };

// A comment, a quoted text, an identifier or a dollar-quoted body, in which a semicolon ends nothing.
const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|;|\s+|[^\s;]/g;

/** The statements of an SQL file, each with the line that it starts on. */
export function statements(sql: string): Statement[] {
  const found: Statement[] = [];
  let start = -1;
  for (const { 0: text, index } of sql.matchAll(token)) {
    if (text === ';' && start >= 0) {
      found.push({ text: sql.slice(start, index), line: lineAt(sql, start) });
      start = -1;
    } else if (start < 0 && !/^(\s|--|\/\*|;)/.test(text)) {
      start = index;
    }
  }
  if (start >= 0) found.push({ text: sql.slice(start).trimEnd(), line: lineAt(sql, start) });
  return found;
}

function lineAt(sql: string, index: number): number {
  return sql.slice(0, index).split('\n').length;
}
