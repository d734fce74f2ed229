// Many scopes, as pages group them.
import { expect, test } from 'vitest';
import { scopeGroups } from '../../src/http/scope-groups.ts';

const groupsOf = (names: string[]) =>
  scopeGroups(names.map((scope) => ({ scope }))).map(({ name, scopes }) => [name, scopes.length]);
const some = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);

test('few are one group, none are too', () => {
  expect(groupsOf(some('a.', 12))).toEqual([['', 12]]);
  expect(groupsOf([])).toEqual([['', 0]]);
});

test('many are in groups by the beginning of their names, in their order; what is alone comes first', () => {
  expect(groupsOf([...some('files:', 7), 'openid', 'mail.read', ...some('a.b.', 7)])).toEqual([
    ['', 2],
    ['files', 7],
    ['a', 7],
  ]);
  expect(groupsOf(some('x', 200))).toEqual([['', 200]]);
});

test('each scope is in one group', () => {
  const names = [...some('', 3), ...some('.', 3), ...some('a:', 3), ...some('a/b:', 9), 'b_c'];
  const grouped = scopeGroups(names.map((scope) => ({ scope }))).flatMap(({ scopes }) => scopes);
  expect(grouped.map(({ scope }) => scope).toSorted()).toEqual(names.toSorted());
});
