// Many scopes, as pages group them.
import { expect, test } from 'vitest';
import { scopeGroups, scopesAsked } from '../../src/http/scope-groups.ts';

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

const askedFor = (scopes: [string, ('sensitive' | 'granted')?][]) => {
  const { seen, groups } = scopesAsked(
    scopes.map(([scope, is]) => ({
      scope,
      sensitive: is === 'sensitive',
      granted: is === 'granted',
    })),
  );
  return [seen.length, ...groups.map(({ name, scopes }) => `${name} ${scopes.length}`)];
};
const plain = (prefix: string, count: number) =>
  some(prefix, count).map((name): [string] => [name]);
const granted = (prefix: string, count: number) =>
  some(prefix, count).map((name): [string, 'granted'] => [name, 'granted']);

test('what is few that an application asks for is a list, of many what is sensitive, and what is new to whoever allowed some', () => {
  expect(askedFor([...plain('a:', 11), ['b', 'sensitive']])).toEqual([12]);
  expect(askedFor([['b', 'sensitive'], ...plain('a:', 20), ...plain('c:', 5)])).toEqual([
    1,
    'a 20',
    'c 5',
  ]);
  expect(askedFor(plain('a:', 20))).toEqual([0, 'a 20']);
  expect(askedFor([['b', 'sensitive'], ...granted('a:', 20), ...plain('c:', 5)])).toEqual([
    6,
    'a 20',
  ]);
  expect(askedFor([['a', 'granted'], ...plain('c:', 15)])).toEqual([15, ' 1']);
});
