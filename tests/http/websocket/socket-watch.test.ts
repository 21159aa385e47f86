import { beforeEach, expect, test } from 'vitest';
import { SocketWatch } from '../../../server/http/websocket/socket-watch.ts';

const limits = {
  body: { stallMs: 20_000, bytesPerSecond: 1_024 },
  answer: { stallMs: 30_000, bytesPerSecond: 1_024 },
};
const nothing = { received: 0, taken: 0, unsent: false, reading: true, message: null as number | null };
const seen = { ...nothing };
let watch: SocketWatch;
beforeEach(() => {
  Object.assign(seen, nothing);
  watch = new SocketWatch(
    {
      received: () => seen.received,
      taken: () => seen.taken,
      hasUnsent: () => seen.unsent,
      isReading: () => seen.reading,
      message: () => seen.message,
    },
    limits,
  );
  watch.check(0);
});

test('a silent client is pinged after 15 s, once, and dropped after 10 s more', () => {
  expect(watch.check(14_999)).toBe('fine');
  expect(watch.check(15_000)).toBe('ping');
  expect(watch.check(16_000)).toBe('fine');
  expect(watch.check(25_000)).toBe('fine');
  expect(watch.check(25_001)).toBe('drop');
});

test('whatever comes is a sign of life', () => {
  expect(watch.check(15_000)).toBe('ping');
  seen.received = 1;
  expect(watch.check(24_000)).toBe('fine');
  expect(watch.check(38_000)).toBe('fine');
  expect(watch.check(39_000)).toBe('ping');
});

test('a message that stops half-way is late after BODY_STALL_SECONDS, and is not pinged meanwhile', () => {
  seen.message = 7;
  seen.received = 10;
  expect(watch.check(1_000)).toBe('fine');
  expect(watch.check(20_999)).toBe('fine');
  expect(watch.check(21_000)).toBe('late');
});

test('a message that comes slower than MIN_BYTES_PER_SECOND is late, and messages that end are not', () => {
  for (let s = 1; s <= 400; s++) {
    seen.message = s;
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  for (let s = 401; s <= 419; s++) {
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  seen.received++;
  expect(watch.check(420_000)).toBe('late');
});

test('a message of any length may take as long as it comes fast enough', () => {
  seen.message = 1;
  for (let s = 1; s <= 4_000; s++) {
    seen.received += limits.body.bytesPerSecond;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
});

test('while nothing is read, nothing is late and nobody is pinged', () => {
  seen.message = 1;
  seen.reading = false;
  for (let s = 1; s <= 100; s++) expect(watch.check(s * 1_000)).toBe('fine');
  seen.message = null;
  for (let s = 101; s <= 200; s++) expect(watch.check(s * 1_000)).toBe('fine');
  seen.reading = true;
  expect(watch.check(214_999)).toBe('fine');
  expect(watch.check(215_000)).toBe('ping');
});

test('a client that takes nothing is dropped after ANSWER_STALL_SECONDS', () => {
  seen.unsent = true;
  expect(watch.check(1_000)).toBe('fine');
  seen.received = 1;
  expect(watch.check(30_999)).toBe('fine');
  expect(watch.check(31_000)).toBe('drop');
});

test('a client that takes less than MIN_BYTES_PER_SECOND is dropped', () => {
  seen.unsent = true;
  for (let s = 1; s <= 30; s++) {
    seen.taken++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  seen.taken++;
  expect(watch.check(31_000)).toBe('drop');
});

test('a client that always has something to take, and takes it, stays', () => {
  seen.unsent = true;
  for (let s = 1; s <= 200; s++) {
    seen.taken += limits.answer.bytesPerSecond;
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
});

test('a client that does not agree to close is dropped after 5 s', () => {
  watch.closing(1_000);
  expect(watch.check(6_000)).toBe('fine');
  expect(watch.check(6_001)).toBe('drop');
});
