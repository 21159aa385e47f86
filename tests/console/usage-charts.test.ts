import { expect, test } from 'vitest';
import { toLines } from '../../clients/console/src/pages/usage/chart-scale.ts';
import { daysAgo, daysSince } from '../../clients/console/src/pages/usage/usage-days.ts';
import { seriesOf } from '../../clients/console/src/pages/usage/usage-series.ts';

test.each([
  [{ most: 0.53, finest: 1e-6, lines: 4 }, [0, 0.2, 0.4, 0.6]],
  [{ most: 100, finest: 1, lines: 2 }, [0, 50, 100]],
  [{ most: 1, finest: 1, lines: 2 }, [0, 1]],
  [{ most: 0, finest: 1, lines: 2 }, [0, 1]],
  [{ most: 0.000003, finest: 1e-6, lines: 4 }, [0, 0.000001, 0.000002, 0.000003]],
])('the lines of a chart for %j are at round numbers, and no value is above the last one', (range, lines) => {
  expect(toLines(range)).toEqual(lines);
});

test('a chart has every day from the first one until today, also those without a request', () => {
  const days = daysSince(daysAgo(29));
  expect(days).toHaveLength(30);
  expect(days.at(-1)).toBe(`${daysAgo(0)}T00:00:00.000Z`);
  expect(new Set(days).size).toBe(30);
});

test('the four most expensive have a colour each, and all others share one', () => {
  const item = (model: string, cost_usd: number) => ({
    start: null,
    model,
    requests: 1,
    failed: 0,
    prompt_tokens: 0,
    cached_tokens: 0,
    completion_tokens: 0,
    reasoning_tokens: 0,
    cost_usd,
    latency_ms: null,
    first_token_ms: null,
  });
  const { names, placeOf } = seriesOf(
    [1, 6, 2, 5, 3, 4].map((cost) => item(`m${cost}`, cost)),
    'model',
  );
  expect(names).toEqual(['m6', 'm5', 'm4', 'm3']);
  expect(['m6', 'm3', 'm2', 'm1'].map(placeOf)).toEqual([0, 3, 4, 4]);
});
