import { describe, expect, test } from 'vitest';
import { decodeForm, readParameters, requireReadable } from '../../src/protocol/params.ts';
import { refusalOf } from './refusal.ts';

describe('a form or query string', () => {
  test('is decoded as browsers encode it [RFC 6749 appendix B]', () => {
    const text = 'a=1&b=x+y%20z&c=%C3%A4%26%3D&resource=r1&resource=r2&&empty=&bare';
    expect({ ...decodeForm(text) }).toEqual({
      a: '1',
      b: 'x y z',
      c: 'ä&=',
      resource: ['r1', 'r2'],
      empty: '',
      bare: '',
    });
  });

  test.each([
    ['a=%', 'a lone percent sign'],
    ['a=%4', 'half an octet'],
    ['a=%zz', 'no octet'],
    ['%E4=1', 'a broken name'],
    ['a=%C3', 'a cut-off character'],
    ['a=%C0%AF', 'an overlong slash'],
    ['a=%ED%A0%80', 'an encoded surrogate'],
    ['a=%F4%90%80%80', 'a character past U+10FFFF'],
    ['a=\u00e4', 'a raw octet past ASCII'],
    ['a&'.repeat(300), 'too many parameters'],
  ])('is refused when broken: %j, %s [RFC 3986 2.1, RFC 3629 3]', async (text) => {
    expect((await refusalOf(() => decodeForm(text))).error).toBe('invalid_request');
  });

  test('can not reach the prototype of an object', () => {
    const form = decodeForm('__proto__=x&constructor=y&__proto__=z');
    expect(Object.getPrototypeOf(form)).toBeNull();
    expect({}.constructor).toBe(Object);
    expect(readParameters({}, ['constructor'])).toEqual({ values: {}, resources: [], faults: {} });
  });
});

describe('parameters', () => {
  const names = ['state', 'scope', 'client_id'] as const;

  test('unknown ones are ignored, even repeated or broken ones [RFC 6749 3.1]', () => {
    const raw = { state: 's', foo: ['a', 'b'], bar: '\0', baz: { x: '1' } };
    expect(requireReadable(raw, names).values).toEqual({ state: 's' });
  });

  test('a parameter without a value counts as omitted [RFC 6749 3.1]', () => {
    expect(requireReadable({ state: '', scope: undefined }, names).values).toEqual({});
  });

  test.each([
    ['repeated', ['a', 'b']],
    ['repeated with the same value', ['a', 'a']],
    ['a list of one', ['a']],
    ['nested', { x: 'a' }],
    ['a number', 1],
    ['null', null],
    ['with a NUL byte', 'a\0b'],
    ['with a line break', 'a\r\nb'],
    ['with a C1 control character', 'a\u0085b'],
    ['with DEL', 'a\u007f'],
    ['with what was broken UTF-8', 'a\uFFFDb'],
    ['with a lone surrogate', 'a\uD800b'],
    ['too long', 'a'.repeat(20_000)],
  ])('one that is %s is invalid_request [RFC 6749 3.1]', async (_, value) => {
    const refusal = await refusalOf(() => requireReadable({ scope: 'x', state: value }, names));
    expect(refusal.error).toBe('invalid_request');
    expect(refusal.reason).toContain('state');
  });

  test('a fault in one leaves the others readable', () => {
    const { values, faults } = readParameters({ state: ['a', 'b'], client_id: 'c' }, names);
    expect(values).toEqual({ client_id: 'c' });
    expect(Object.keys(faults)).toEqual(['state']);
  });

  test('resource alone may be repeated [RFC 8707 2]', () => {
    expect(requireReadable({ resource: ['r1', '', 'r2'] }, names).resources).toEqual(['r1', 'r2']);
    expect(requireReadable({ resource: 'r1' }, names).resources).toEqual(['r1']);
    expect(requireReadable({}, names).resources).toEqual([]);
  });

  test.each([[['a', '\0']], [['a', ['b']]], [{ 0: 'a' }], [Array(21).fill('r')]])(
    'a resource that is not readable text is invalid_request: %j',
    async (resource) => {
      const refusal = await refusalOf(() => requireReadable({ resource }, names));
      expect(refusal.error).toBe('invalid_request');
    },
  );

  test('text of any language and emoji pass', () => {
    expect(requireReadable({ state: 'äßж漢👩‍🚀' }, names).values.state).toBe('äßж漢👩‍🚀');
  });
});
