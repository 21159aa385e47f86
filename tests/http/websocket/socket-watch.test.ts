import { beforeEach, expect, test } from 'vitest';
import { SocketWatch } from '../../../server/http/websocket/socket-watch.ts';

const MB = 1024 * 1024;
const seen = { received: 0, sent: 0, unsent: 0, message: null as number | null };
let watch: SocketWatch;
beforeEach(() => {
  Object.assign(seen, { received: 0, sent: 0, unsent: 0, message: null });
  watch = new SocketWatch({
    received: () => seen.received,
    sent: () => seen.sent,
    unsent: () => seen.unsent,
    message: () => seen.message,
  });
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

test('a message that stops half-way is late after 30 s, and is not pinged meanwhile', () => {
  seen.message = 7;
  seen.received = 10;
  expect(watch.check(1_000)).toBe('fine');
  expect(watch.check(31_000)).toBe('fine');
  expect(watch.check(31_001)).toBe('late');
});

test('a message that drips is late after five minutes, and messages that end are not', () => {
  for (let s = 1; s <= 400; s++) {
    seen.message = s;
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  for (let s = 401; s <= 700; s++) {
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  seen.received++;
  expect(watch.check(701_000)).toBe('late');
});

test('what waits for a client has to be taken within 30 s, and another second for each 32 KB', () => {
  seen.sent = MB;
  seen.unsent = MB;
  expect(watch.check(1_000)).toBe('fine');
  // A byte now and then does not count.
  for (let s = 2; s <= 63; s++) {
    seen.unsent--;
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
  expect(watch.check(63_001)).toBe('drop');
});

test('a client that always has something to take, and takes it, stays', () => {
  for (let s = 1; s <= 200; s++) {
    seen.sent += MB / 2;
    seen.unsent = MB / 4;
    seen.received++;
    expect(watch.check(s * 1_000)).toBe('fine');
  }
});

test('a client that does not agree to close is dropped after 5 s', () => {
  watch.closing(1_000);
  expect(watch.check(6_000)).toBe('fine');
  expect(watch.check(6_001)).toBe('drop');
});
