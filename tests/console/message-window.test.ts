import { describe, expect, test } from 'vitest';
import {
  END,
  earlierRange,
  laterRange,
  MOST_SHOWN,
  partOf,
  type Range,
} from '../../clients/console/src/playground/message-window.ts';
import type { Entry } from '../../clients/console/src/playground/thread.ts';

const questions = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from }, (_, at) => ({
    kind: 'question',
    id: `m${from + at}`,
    text: '',
    attachments: [],
  }));

/** The range after so many steps. */
function moved(step: typeof earlierRange, thread: readonly Entry[], times: number, from: Range = END): Range {
  let range = from;
  for (let i = 0; i < times; i++) range = step(thread, range);
  return range;
}

describe('the messages of a long conversation that are in the page', () => {
  const thread = questions(0, 1_000);

  test('are its last ones at first, and all of a short one', () => {
    expect(partOf(thread, END)).toEqual({ from: 960, to: 1_000 });
    expect(partOf(questions(0, 3), END)).toEqual({ from: 0, to: 3 });
    expect(partOf([], END)).toEqual({ from: 0, to: 0 });
  });

  test('are never more than so many, whichever way the reader goes', () => {
    const up = moved(earlierRange, thread, 50);
    expect(partOf(thread, up)).toEqual({ from: 460, to: 460 + MOST_SHOWN });
    const down = moved(laterRange, thread, 20, up);
    expect(partOf(thread, down)).toEqual({ from: 780 - MOST_SHOWN, to: 780 });
  });

  test('end at the first message and at the last one', () => {
    const top = moved(earlierRange, thread, 200);
    expect(partOf(thread, top)).toEqual({ from: 0, to: MOST_SHOWN });
    const end = moved(laterRange, thread, 200, top);
    expect(partOf(thread, end)).toEqual({ from: 1_000 - MOST_SHOWN, to: 1_000 });
  });

  test('stay the same while messages come before the first one and after the last one', () => {
    const range = moved(earlierRange, thread, 50);
    const more = [...questions(-100, 0), ...thread, ...questions(1_000, 1_010)];
    expect(partOf(more, range)).toEqual({ from: 560, to: 560 + MOST_SHOWN });
  });

  test('have the newest message among them as long as the reader is there', () => {
    const range = moved(earlierRange, thread, 2);
    expect(partOf([...thread, ...questions(1_000, 1_002)], range)).toEqual({ from: 940, to: 1_002 });
  });

  test('are the last ones of another thread when theirs is gone', () => {
    const range = moved(earlierRange, thread, 50);
    expect(partOf(questions(5_000, 5_100), range)).toEqual({ from: 60, to: 100 });
  });
});
