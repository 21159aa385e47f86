import { type Finding, ok, problem, skipped, warning } from './finding.ts';

/** The largest harmless difference, in seconds: a `Date` header has whole seconds, and an answer takes time. */
const SLIGHT = 10;
const MUCH = 120;

/** The time on another machine's clock, and when it was read here. */
export interface ClockReading {
  readonly provider: string;
  readonly theirs: Date;
  readonly ours: number;
}

/**
 * Compares this machine's clock with the `Date` headers of the providers. The provider with the smallest difference is
 * believed.
 */
export function checkClock(readings: readonly ClockReading[]): Finding {
  const off = readings
    .map(({ provider, theirs, ours }) => ({ provider, seconds: Math.round((ours - theirs.getTime()) / 1000) }))
    .toSorted((a, b) => Math.abs(a.seconds) - Math.abs(b.seconds))[0];
  if (!off) return skipped('clock', 'No provider told the time.', 'Compare `date -u` with another clock.');
  const distance = Math.abs(off.seconds);
  if (distance < SLIGHT) return ok('clock', `It agrees with the provider ${off.provider}.`);
  const what = `This machine's clock is ${distance} s ${off.seconds > 0 ? 'ahead of' : 'behind'} that of the provider ${off.provider}.`;
  const advice = 'Set the clock, for example with `timedatectl set-ntp true`: keys expire and budgets begin by it.';
  return distance < MUCH ? warning('clock', what, advice) : problem('clock', what, advice);
}
