import { describe, expect, test } from 'vitest';
import { Json } from '../../server/canonical/json.ts';
import { spliceFields } from '../../server/canonical/splice-fields.ts';

const splice = (text: string, changes: Record<string, unknown>) =>
  spliceFields(Buffer.from(text), changes)?.toString() ?? null;

describe('setting top-level fields in the bytes of an object', () => {
  test('leaves every other byte as it came', () => {
    expect(splice('{ "a":1.0, "model" : "x","big":12345678901234567890}', { model: 'ü"y' })).toBe(
      '{ "a":1.0, "model" : "ü\\"y","big":12345678901234567890}',
    );
  });

  test('adds what is not there', () => {
    expect(splice('{"a":1}', { b: [2], c: null })).toBe('{"b":[2],"c":null,"a":1}');
    expect(splice(' {\n"a":1} ', { b: 2, a: 3 })).toBe(' {"b":2,\n"a":3} ');
  });

  test('a field that has the value already keeps its bytes', () => {
    const bytes = Buffer.from('{"model":"a","n":[1, 2]}');
    expect(spliceFields(bytes, { model: 'a' })).toBe(bytes);
    expect(splice('{"model":"a","n":[1, 2]}', { model: 'a', n: [1, 2] })).toBe('{"model":"a","n":[1,2]}');
    expect(splice('{"model":"a","model":"b"}', { model: 'b' })).toBeNull();
  });

  test('an empty object is written again', () => {
    expect(splice('{}', { b: 2 })).toBeNull();
    expect(Json.ofBytes(Buffer.from('{}')).with({ b: 2 }).bytes.toString()).toBe('{"b":2}');
  });

  test('is not misled by the same name deeper down or in a string', () => {
    const text = '{"x":{"model":"deep"},"t":"\\"model\\":\\"no\\"","model":"old","y":[{"model":1}]}';
    expect(splice(text, { model: 'new' })).toBe(text.replace('"old"', '"new"'));
  });

  test('refuses what another parser could read differently', () => {
    expect(splice('{"model":"a","model":"b"}', { model: 'c' })).toBeNull();
    expect(splice('{"mod\\u0065l":"a"}', { model: 'c' })).toBeNull();
    expect(splice('[1]', { model: 'c' })).toBeNull();
    expect(splice('{"a":1', { model: 'c' })).toBeNull();
    expect(splice('{"a":"1}', { model: 'c' })).toBeNull();
  });

  test.each([
    ['a doubled key', '{"model":"a","x":[{"url":"1","b":2,"url":"3"}]}'],
    ['an escaped key', '{"model":"a","x":{"y":{"ur\\u006c":1}}}'],
    ['a key that some parsers take for the prototype', '{"model":"a","x":{"__proto__":{"url":1}}}'],
    ['a doubled key among many', `{"model":"a","x":{${Array.from({ length: 90 }, (_, i) => `"k${i % 89}":1`)}}}`],
  ])('refuses %s however deep it is', (_what, text) => {
    expect(splice(text, { model: 'c' })).toBeNull();
    expect(splice(`{"z":[[[${text}]]],"model":"a"}`, { model: 'c' })).toBeNull();
  });

  test('accepts the same key in different objects', () => {
    const text = '{"m":[{"r":1,"c":"x"},{"r":2,"c":["r",{"r":3}]}, {} ,[ ],true],"r":{"c":null} ,"model":"a"}';
    expect(splice(text, { model: 'b' })).toBe(text.replace('"a"', '"b"'));
  });

  test.each([30, 31, 32, 33, 900])('finds its own and the doubled among %i fields', (count) => {
    const fields = Array.from({ length: count }, (_, i) => `"f${i}":${i}.0`).join();
    expect(splice(`{${fields},"model":"a"}`, { model: 'b' })).toBe(`{${fields},"model":"b"}`);
    expect(splice(`{"model":"a",${fields},"model":"a"}`, { model: 'b' })).toBeNull();
    expect(splice(`{"model":"a",${fields},"f${count - 1}":1}`, { model: 'b' })).toBeNull();
  });

  test('treats keys with the same hash as duplicates, which only costs a parse', () => {
    // FNV-1a, 32 bits, of both is the same.
    const text = '{"costarring":1,"liquid":2,"model":"a"}';
    expect(splice(text, { model: 'b' })).toBeNull();
    expect(Json.ofBytes(Buffer.from(text)).with({ model: 'b' }).value).toEqual({
      costarring: 1,
      liquid: 2,
      model: 'b',
    });
  });

  test('finds its way through quotes and backslashes, near and far', () => {
    for (const length of [0, 1, 5, 29, 30, 31, 32, 33, 34, 200]) {
      for (const tail of ['', '\\', '"', '\\"', '"\\', '\\\\"x']) {
        const value = {
          a: `${'x'.repeat(length)}${tail}`,
          b: [`${'y'.repeat(length)}${tail}`, { c: tail }],
          model: 'a',
        };
        expect(splice(JSON.stringify(value), { model: 'b' })).toBe(JSON.stringify({ ...value, model: 'b' }));
      }
    }
  });

  test('removing a field goes through the value', () => {
    expect(splice('{"a":1,"b":2}', { a: undefined })).toBeNull();
    expect(Json.ofBytes(Buffer.from('{"a":1,"b":2}')).with({ a: undefined }).bytes.toString()).toBe('{"b":2}');
  });
});

test('a field is mentioned when it has a value other than null, not when its name is inside a text', () => {
  const mentions = (text: string) => Json.ofBytes(Buffer.from(text)).mentions('usage');
  expect(mentions('{"usage":{"total_tokens":1}}')).toBe(true);
  expect(mentions('{"a":[{"usage" : 0}]}')).toBe(true);
  expect(mentions('{"usage":null}')).toBe(false);
  expect(mentions('{"text":"\\"usage\\":1"}')).toBe(false);
});
