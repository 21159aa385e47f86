import { describe, expect, test } from 'vitest';
import { parseExact, writeExact } from '../../server/canonical/exact-json.ts';
import { isLong, type Steps, writeAsBytes, writeAsText } from '../../server/canonical/write-in-steps.ts';
import { Random } from '../support/random.ts';

const MEGABYTE = 1024 * 1024;

function runAll<T>(steps: Steps<T>): { value: T; stops: number } {
  for (let stops = 0; ; stops++) {
    const step = steps.next();
    if (step.done) return { value: step.value, stops };
  }
}

const values: readonly [string, unknown][] = [
  ['a text', 'x'.repeat(3 * MEGABYTE)],
  ['base64 in parts of a message', { role: 'user', content: [{ data: 'iVBOR+/='.repeat(MEGABYTE) }, null, 1, true] }],
  ['quotes, backslashes and lines', [`"\\\n\u0000\u007f`.repeat(MEGABYTE / 2)]],
  ['emoji, wherever they are cut', [`x${'😀'.repeat(MEGABYTE)}`, '😀'.repeat(MEGABYTE)]],
  ['half surrogate pairs', ['\ud83d'.repeat(MEGABYTE), '\ude00'.repeat(MEGABYTE)]],
  ['scripts of two and three bytes', { a: 'éß'.repeat(MEGABYTE), b: '中文'.repeat(MEGABYTE) }],
  ['a prototype', JSON.parse(`{"__proto__":{"a":"${'x'.repeat(MEGABYTE)}"},"b":[]}`)],
  ['what JSON leaves out', { a: undefined, b: ['y'.repeat(MEGABYTE), undefined] }],
  ['long integers', parseExact(`{"a":{"id":12345678901234567890},"b":"${'x'.repeat(MEGABYTE)}"}`)],
  ['many texts of middle length', Array.from({ length: 100 }, (_, i) => `${i}`.repeat(20_000))],
];

describe('a long value', () => {
  test.each(values)('is written in steps as it is written at once: %s', (_, value) => {
    expect(isLong(value)).toBe(true);
    const whole = writeExact(value);
    const text = runAll(writeAsText(value));
    const bytes = runAll(writeAsBytes(value));
    expect(text.value === whole).toBe(true);
    expect(bytes.value.equals(Buffer.from(whole))).toBe(true);
    expect(Math.min(text.stops, bytes.stops)).toBeGreaterThan(0);
  });

  test('is written so whatever stands where it is cut', () => {
    const random = new Random(11);
    const units = ['x', 'é', '中', '😀', '\\', '"', '\n', '\ud83d', '\ude00'] as const;
    for (let i = 0; i < 20; i++) {
      const around = Array.from({ length: 9 }, () => random.pick(units)).join('');
      const value = [`${'x'.repeat(MEGABYTE - random.int(0, 9))}${around}${'y'.repeat(MEGABYTE)}`];
      expect(runAll(writeAsText(value)).value === writeExact(value)).toBe(true);
      expect(runAll(writeAsBytes(value)).value.equals(Buffer.from(writeExact(value)))).toBe(true);
    }
  });

  test('takes a step for each megabyte of its texts, and is not changed', () => {
    const part = { text: 'x'.repeat(8 * MEGABYTE) };
    const value = { parts: [part] };
    expect(runAll(writeAsBytes(value)).stops).toBeGreaterThanOrEqual(8);
    expect(value.parts[0]).toBe(part);
  });
});

test('short values are written at once', () => {
  expect(isLong({ messages: [{ role: 'user', content: 'Hello' }] })).toBe(false);
  expect(isLong(Array.from({ length: 1_000 }, () => 'x'.repeat(2_000)))).toBe(false);
});
