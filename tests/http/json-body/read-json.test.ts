import { describe, expect, test } from 'vitest';
import { AppError } from '../../../server/errors/app-error.ts';
import { readJson } from '../../../server/http/json-body/read-json.ts';
import { Random } from '../../support/random.ts';

const MAX = 1_000;

const read = async (text: string | Buffer, maxValues = MAX) => await readJson(Buffer.from(text), maxValues);

/** What the text is read as, its code when it is refused. */
async function outcome(text: string | Buffer, maxValues = MAX): Promise<unknown> {
  try {
    return (await read(text, maxValues)).value;
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.message}` : error;
  }
}

const MEGABYTE = 1024 * 1024;

describe('a body of any size', () => {
  test.each([
    ['a text', `{"a":"${'x'.repeat(3 * MEGABYTE)}"}`],
    ['escapes', `{"a":"${'\\n'.repeat(MEGABYTE)}${'\\u00e9\\\\'.repeat(300_000)}"}`],
    ['backslashes', `["${'\\\\'.repeat(2 * MEGABYTE)}","${'\\"'.repeat(MEGABYTE)}"]`],
    ['characters of two to four bytes', `["é${'中é😀'.repeat(400_000)}"]`],
    ['pairs of surrogates as escapes', `["${'\\ud83d\\uDE00'.repeat(250_000)}"]`],
    ['many texts of middle length', JSON.stringify(Array.from({ length: 900 }, (_, i) => `${i}`.repeat(4_000)))],
    ['long texts deep inside', `{"a":[{"b":{"c":"${'c'.repeat(MEGABYTE)}"}},null,"${'d'.repeat(50_000)}"],"e":1}`],
    ['a prototype', `{"__proto__":"${'x'.repeat(2 * MEGABYTE)}","a":{"__proto__":["${'y'.repeat(20_000)}"]}}`],
    ['a name that is there twice', `{"a":"${'x'.repeat(2 * MEGABYTE)}","a":"${'y'.repeat(MEGABYTE)}"}`],
    ['numbers', `[${Array.from({ length: 4_900 }, (_, i) => i).join(`,${' '.repeat(300)}`)}]`],
    ['white space', `${' '.repeat(2 * MEGABYTE)}{"a" :\n"b"}${'\t'.repeat(MEGABYTE)}`],
  ])('is read as JSON.parse reads it: %s', async (_, text) => {
    const { value, bytes } = await read(text);
    expect(JSON.stringify(value) === JSON.stringify(JSON.parse(text))).toBe(true);
    expect(bytes.equals(Buffer.from(text))).toBe(true);
  });

  test('is refused where JSON.parse refuses it', async () => {
    const long = 'x'.repeat(2 * MEGABYTE);
    for (const text of [
      `{"a":"${long}`,
      `{"a":"${long}\n"}`,
      `{"a":"${long}\\x"}`,
      `{"a":"${long}\\u12"}`,
      `{"a":"${long}",}`,
      `{"a" "${long}"}`,
      `"${long}" "${long}"`,
      `{"a":"${long}"}]`,
      'x '.repeat(MEGABYTE),
      `{"a":"${long}\\"}`,
    ]) {
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
      expect(await outcome(text)).toBe('invalid_json: The request body is not valid JSON.');
    }
  });

  test('random texts are read as JSON.parse reads them, wherever they are cut', async () => {
    const random = new Random(7);
    const pieces = [
      '\\\\',
      '\\"',
      '\\n',
      '\\u00e9',
      '\\ud83d\\ude00',
      'é',
      '中',
      '😀',
      'x',
      'abc',
      '\\/',
      '"',
      '\\',
      '\\u12',
    ] as const;
    for (let i = 0; i < 40; i++) {
      const unit = Array.from({ length: random.int(1, 7) }, () => random.pick(pieces)).join('');
      const shift = 'x'.repeat(random.int(0, 12));
      const text = `["${shift}${unit.repeat(Math.ceil((1.3 * MEGABYTE) / Buffer.byteLength(unit)))}"]`;
      let expected: unknown = 'invalid_json: The request body is not valid JSON.';
      try {
        expected = JSON.parse(text);
      } catch {}
      const got = await outcome(text, 10_000_000);
      expect(JSON.stringify(got) === JSON.stringify(expected), unit).toBe(true);
    }
  });
});

describe('what a body may hold', () => {
  const tooMany = `body_too_complex: The body holds more than ${MAX} names, texts, objects and lists.`;

  test.each([
    ['objects', `[${'{},'.repeat(MAX)}{}]`],
    ['lists', `[${'[],'.repeat(MAX)}[]]`],
    ['texts', `[${'"",'.repeat(MAX)}""]`],
    ['names', `{${Array.from({ length: MAX }, (_, i) => `"${i}":1`).join(',')}}`],
    ['brackets that never close', `${'[{"a":'.repeat(60)}${'"",'.repeat(MAX)}`],
  ])('too many %s are refused', async (_, text) => {
    expect(await outcome(text)).toBe(tooMany);
    expect(await outcome(text + ' '.repeat(2 * MEGABYTE))).toBe(tooMany);
  });

  test('five times as many numbers are taken, and no more', async () => {
    const numbers = (count: number) => `[${Array.from({ length: count }, () => 1).join(',')}]`;
    expect(await outcome(numbers(5 * MAX))).toHaveLength(5 * MAX);
    expect(await outcome(numbers(5 * MAX + 2))).toBe(`body_too_complex: The body holds more than ${5 * MAX} values.`);
  });

  test('10,000 names in one object are taken, and no more', async () => {
    const wide = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
    const refused = 'body_too_complex: An object in the body has more than 10000 names.';
    expect(await outcome(`[${wide(10_000)},{"a":${wide(10_000)},"b":1}]`, 100_000)).toHaveLength(2);
    expect(await outcome(wide(10_001), 100_000)).toBe(refused);
    expect(await outcome(`{"a":[{},${wide(10_001)}${' '.repeat(2 * MEGABYTE)}]}`, 100_000)).toBe(refused);
  });

  test('a number of 16 KB is taken, and no longer one, however many blanks stand around it', async () => {
    const refused = 'body_too_complex: A number or word in the body has more than 16384 bytes.';
    const blanks = ' '.repeat(2 * MEGABYTE);
    expect(await outcome(`{"a":${blanks}${'1'.repeat(16 * 1024)}${blanks}}`)).toHaveProperty('a');
    expect(await outcome(`{"a":${'1'.repeat(16 * 1024 + 1)}}`)).toBe(refused);
    expect(await outcome(`{"a":${blanks}${'1'.repeat(2 * MEGABYTE)}}`)).toBe(refused);
    expect(await outcome(`{"a":"${'1'.repeat(2 * MEGABYTE)}"}`)).toHaveProperty('a');
  });

  test('128 levels are taken, and no more', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(await outcome(nested(128))).toBeInstanceOf(Array);
    expect(await outcome(nested(129))).toBe('body_too_complex: The body is nested more than 128 levels deep.');
    expect(await outcome('['.repeat(3 * MEGABYTE))).toBe(
      'body_too_complex: The body is nested more than 128 levels deep.',
    );
  });

  test('brackets, commas and quotes inside texts count for nothing', async () => {
    const text = '[{,:}]\\"'.repeat(MAX);
    expect(await outcome(`["${text}"]`)).toEqual([text.replaceAll('\\"', '"')]);
  });

  test('a name of 16 KB is taken, a longer one is not', async () => {
    expect(await outcome(`{"${'n'.repeat(16_000)}" : 1}`)).toEqual({ ['n'.repeat(16_000)]: 1 });
    const refused = 'body_too_complex: A name in the body has more than 16384 bytes.';
    expect(await outcome(`{"${'n'.repeat(17_000)}" \n : 1}`)).toBe(refused);
    expect(await outcome(`{"a":"${'x'.repeat(2 * MEGABYTE)}","${'n'.repeat(17_000)}":1}`)).toBe(refused);
  });
});

describe('half a surrogate pair', () => {
  const REPAIRED = '\ufffd';

  test.each([
    ['a high one', 'a \\ud83d b', `a ${REPAIRED} b`],
    ['a low one', 'a \\ude00 b', `a ${REPAIRED} b`],
    ['in capital letters', '\\uD83D', REPAIRED],
    ['the last thing in a text', 'a\\ud83d', `a${REPAIRED}`],
    ['two high ones', '\\ud83d\\ud83d\\ude00', `${REPAIRED}😀`],
    ['two low ones', '\\ud83d\\ude00\\ude00', `😀${REPAIRED}`],
    ['the wrong way round', '\\ude00\\ud83d', REPAIRED.repeat(2)],
    ['beside another escape', '\\ud83d\\n\\ude00', `${REPAIRED}\n${REPAIRED}`],
    ['behind a backslash', '\\\\\\ud83d', `\\${REPAIRED}`],
    ['a low one behind what only looks like a high one', '\\\\ud83d\\ude00', `\\ud83d${REPAIRED}`],
  ])('as an escape becomes U+FFFD: %s', async (_, escaped, meant) => {
    for (const pad of ['', 'x'.repeat(2 * MEGABYTE)]) {
      const { value, bytes } = await read(`{"${escaped}":"${pad}${escaped}"}`);
      expect(value).toEqual({ [meant]: pad + meant });
      expect(JSON.parse(bytes.toString())).toEqual(value);
    }
  });

  test('is not changed when the pair is complete, or when it is not an escape', async () => {
    const text = '{"a":"\\ud83d\\ude00 \\uD83D\\uDE00 \\\\ud83d \\\\\\\\ud83d \\ufffd","arguments":["\\\\ud83d"]}';
    const { value, bytes } = await read(text);
    expect(bytes.toString()).toBe(text);
    expect(value).toEqual(JSON.parse(text));
  });

  test('as bytes becomes U+FFFD', async () => {
    const half = Buffer.from([0xed, 0xa0, 0xbd]);
    for (const pad of ['', 'x'.repeat(2 * MEGABYTE)]) {
      const { value, bytes } = await read(Buffer.concat([Buffer.from(`["${pad}`), half, Buffer.from('퟿한"]')]));
      expect(value).toEqual([`${pad}${REPAIRED}퟿한`]);
      expect(JSON.parse(bytes.toString())).toEqual(value);
    }
  });

  test("in the JSON of a tool's arguments becomes U+FFFD there", async () => {
    const call = (city: string) =>
      JSON.stringify({ name: 'f', arguments: `{"a":"\\"\\ud83d\\ude00","city":"${city}"}` });
    const { value, bytes } = await read(`[${call('\\ud83d')},${call('\\\\ud83d')},${call('x\\uDE00')}]`);
    expect(bytes.toString()).toBe(`[${call('\\ufffd')},${call('\\\\ud83d')},${call('x\\ufffd')}]`);
    expect(value).toEqual(JSON.parse(bytes.toString()));
  });
});

describe('bytes', () => {
  test('that are not UTF-8 are refused', async () => {
    for (const wrong of [[0xff], [0xc3], [0xc0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
      for (const pad of ['', 'x'.repeat(2 * MEGABYTE)]) {
        const text = Buffer.concat([Buffer.from(`["${pad}`), Buffer.from(wrong), Buffer.from('"]')]);
        expect(await outcome(text)).toBe('invalid_json: The request body is not valid UTF-8.');
      }
    }
  });

  test('a byte order mark is skipped', async () => {
    const { value, bytes } = await read('\ufeff{"a":1}');
    expect(value).toEqual({ a: 1 });
    expect(bytes.toString()).toBe('{"a":1}');
  });
});
