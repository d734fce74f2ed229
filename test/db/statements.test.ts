import { expect, test } from 'vitest';
import { statements } from '../../src/release/statements.ts';

const texts = (sql: string) => statements(sql).map(({ text }) => text);

test('a semicolon in a text, a name, a comment or a body ends nothing', () => {
  expect(
    texts(`select ';', "a;b", E'\\';' -- ;\n/* ; */ from t; select $$ ; $$; select $a$ $$;$$ $a$`),
  ).toEqual([
    `select ';', "a;b", E'\\';' -- ;\n/* ; */ from t`,
    'select $$ ; $$',
    'select $a$ $$;$$ $a$',
  ]);
});

test('a statement begins where its first word is, and knows its line', () => {
  expect(statements('-- why\n\nselect 1;;\n\n/* more */ select\n2;\n-- end')).toEqual([
    { text: 'select 1', line: 3 },
    { text: 'select\n2', line: 5 },
  ]);
});
