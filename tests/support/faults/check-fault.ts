import { expect } from 'vitest';
import { parseMetrics } from '../parse-metrics.ts';
import type { ScriptedUpstream } from '../upstream/start-upstream.ts';
import { askEverywhere } from './ask-everywhere.ts';
import { type Books, readBooks, readTurn } from './read-books.ts';
import { replay, tellsEnd } from './replay.ts';
import type { SeenEvent, Target, Trace, TraceEnd } from './trace.ts';

/** Where a fault is done. */
export interface Scene extends Target {
  readonly upstream: ScriptedUpstream;
  /** The database's file. */
  readonly database: string;
}

export interface CheckOptions {
  /** True: the process was killed, so that what was not on disk is lost. */
  readonly isKilled?: boolean;
}

/** What was found after a fault: a row of the table in the documentation. */
export interface Finding {
  readonly ends: Readonly<Record<TraceEnd, number>>;
  /** Questions of which the client knew that they were taken; every one is stored, with what came of its answer. */
  readonly acknowledged: number;
  /** Events of all runs; no number is missing. */
  readonly events: number;
  /** Requests that cost something; each has one usage row and one charge of the same amount. */
  readonly billed: number;
  /** What the upstream was asked, those that came to nothing included. */
  readonly upstreamCalls: number;
}

const GAUGES = [
  'duplex_requests_in_flight',
  'duplex_requests_waiting',
  'duplex_backend_requests_in_flight',
  'duplex_streams_open',
  'duplex_websockets_open',
  'duplex_websocket_calls_open',
  'duplex_runs_open',
];

/** What the gateway says that is under way. */
export async function openCounts({ url }: Pick<Target, 'url'>): Promise<Record<string, number>> {
  const families = parseMetrics(await (await fetch(`${url}/metrics`)).text());
  return Object.fromEntries(
    GAUGES.map((name) => [name, (families.get(name)?.samples ?? []).reduce((sum, { value }) => sum + value, 0)]),
  );
}

export const nothingOpen = Object.fromEntries(GAUGES.map((name) => [name, 0]));

/** Resolves when the gateway serves every transport at once again: each needs a slot of the key, which has no more. */
async function waitForRecovery(scene: Scene): Promise<readonly Trace[]> {
  const all: Trace[] = [];
  const attempt = async () => {
    const { traces, ended } = askEverywhere(scene);
    all.push(...traces);
    await ended;
    return traces.filter(({ end }) => end !== 'completed').map(({ transport, end, error }) => [transport, end, error]);
  };
  await expect.poll(attempt, { timeout: 120_000, interval: 250 }).toEqual([]);
  expect((await fetch(`${scene.url}/readyz`)).status).toBe(200);
  return all;
}

/** No slot, hold, run, lock, connection to the upstream or stream is left over. */
async function checkLeaks(scene: Scene): Promise<Books> {
  await expect.poll(() => scene.upstream.open).toBe(0);
  await expect.poll(() => openCounts(scene), { timeout: 60_000 }).toEqual(nothingOpen);
  await expect
    .poll(async () => {
      const { held, reservations, openMessages, openRuns, busyConversations } = await readBooks(scene.database);
      return { held, reservations, openMessages, openRuns, busyConversations };
    })
    .toEqual({ held: 0, reservations: 0, openMessages: 0, openRuns: 0, busyConversations: 0 });
  return readBooks(scene.database);
}

/** Each charge is that of one usage row, and no request has two of either. */
function checkBills({ priced, charges, ledger, balance }: Books, { upstream }: Scene): void {
  expect(charges).toEqual(priced);
  expect(new Set(charges.map(([requestId]) => requestId)).size).toBe(charges.length);
  expect(balance).toBe(ledger);
  expect(charges.length).toBeLessThanOrEqual(upstream.chats.length);
}

/** No run lacks an event between its first and its last one. */
function checkNumbers({ runs }: Books): void {
  for (const { id, last, segments } of runs) {
    let next = 0;
    for (const [first, count] of segments) {
      expect([id, first]).toEqual([id, next]);
      next += count;
    }
    expect([id, last]).toEqual([id, next - 1]);
  }
}

/** Of two texts or lists of events, one is the beginning of the other. */
function expectSameBeginning<T extends string | readonly unknown[]>(one: T, other: T): void {
  const length = Math.min(one.length, other.length);
  expect(one.slice(0, length)).toEqual(other.slice(0, length));
}

/** A question that was acknowledged is stored once, with what its client saw of the answer. */
async function checkTrace(scene: Scene, trace: Trace, { isKilled = false }: CheckOptions): Promise<void> {
  const { message, events, text, end } = trace;
  expect(events.map(({ number }) => number)).toEqual(events.map((_, i) => i));
  if (!trace.isAcknowledged) return;
  const stored = await readTurn(scene.database, message);
  expect([message, stored?.questions]).toEqual([message, 1]);
  expectSameBeginning<string>(stored?.text ?? '', text);
  if (end === 'completed') expect([message, stored]).toEqual([message, { questions: 1, status: 'completed', text }]);
  if (trace.transport === 'json') return;
  const again = await replay(scene, trace);
  expect(again.map(({ number }) => number)).toEqual(again.map((_, i) => i));
  // The end of an answer that was interrupted is made when somebody asks, and takes the place of an event that was lost.
  if (isKilled && end !== 'completed' && trace.responseId) again.pop();
  expectSameBeginning<readonly SeenEvent[]>(again, events);
  if (!isKilled || end === 'completed') expect(again.length).toBeGreaterThanOrEqual(events.length);
  // The end of a response is its last event, so whoever has that one gets nothing more.
  const hasEnd = trace.responseId !== null && (end === 'completed' || end === 'failed');
  if (!hasEnd) expect([message, await tellsEnd(scene, trace)]).toEqual([message, true]);
}

/**
 * What holds after every fault: no acknowledged message is lost, no event of a run is missing, no answer is billed twice,
 * nothing is left over, and the gateway serves again without a restart.
 */
export async function checkFault(scene: Scene, traces: readonly Trace[], options: CheckOptions = {}): Promise<Finding> {
  const served = await waitForRecovery(scene);
  const books = await checkLeaks(scene);
  checkBills(books, scene);
  checkNumbers(books);
  for (const trace of [...traces, ...served]) await checkTrace(scene, trace, options);
  const ends: Record<TraceEnd, number> = { open: 0, completed: 0, failed: 0, cut: 0 };
  for (const { end } of traces) ends[end] += 1;
  return {
    ends,
    acknowledged: [...traces, ...served].filter((trace) => trace.isAcknowledged).length,
    events: books.runs.reduce((sum, { last }) => sum + last + 1, 0),
    billed: books.charges.length,
    upstreamCalls: scene.upstream.chats.length,
  };
}
