import { expect, test } from 'vitest';
import { describe as describePerson } from '../../src/identity-providers/claims.ts';
import { jsonFault, losslessJson } from '../../src/protocol/json.ts';

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

test.each<[string, unknown]>([
  ['null', null],
  ['text of every plane', 'ä\u{1f511}\t'],
  ['an escaped backslash before u0000', '\\u0000'],
  ['the largest double', 1.7e308],
  ['a member that is called __proto__', JSON.parse('{"__proto__": {"a": [1, true]}}')],
  ['arrays 32 deep', nested(32)],
])('%s can be kept', (_, value) => {
  expect(jsonFault(value)).toBeUndefined();
});

test.each<[string, unknown, RegExp]>([
  ['NUL in a text', ['a\0b'], /NUL/],
  ['NUL in a name', { a: { 'b\0': 1 } }, /NUL/],
  ['half a surrogate pair', { a: '\ud800x' }, /surrogate/],
  ['the other half, in a name', { '\udfff': 1 }, /surrogate/],
  ['a number that is none after it was read', JSON.parse('[1e400]'), /range/],
  ['arrays 34 deep', nested(34), /deep/],
  ['arrays 30,000 deep', nested(30_000), /deep/],
])('%s cannot [RFC 7493 2.1, 2.2]', (_, value, fault) => {
  expect(jsonFault(value)).toMatch(fault);
});

test('integers that no number holds stay what they are, and apart [RFC 8259 6]', () => {
  const read = losslessJson('{"a":9007199254740993,"b":[9007199254740992],"c":42,"d":1.5,"e":"x"}');
  expect(read).toEqual({ a: '9007199254740993', b: ['9007199254740992'], c: 42, d: 1.5, e: 'x' });
  expect(losslessJson('{')).toBeUndefined();
});

test.each([
  [9007199254740992, undefined],
  [1.5, undefined],
  [42, '42'],
  ['9007199254740993', '9007199254740993'],
])('the account %j of an upstream is %j', (sub, subject) => {
  expect(describePerson({ sub }, {})?.subject).toBe(subject);
});

test.each([
  [true, true],
  ['true', true],
  ['false', false],
  [undefined, false],
])('an e-mail address that an upstream calls verified %j is so: %j', (email_verified, verified) => {
  const facts = { sub: 'x', email: 'a@example.com', email_verified };
  expect(describePerson(facts, {})?.profile).toMatchObject({ email_verified: verified });
});
