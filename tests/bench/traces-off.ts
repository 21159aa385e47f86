// What tracing costs a request while it is off: the checks for somebody who follows the request, and nobody does.
// In turns with the same loop without them; the least of many short batches counts, so a busy machine disturbs it little.
import { RequestRecord } from '../../server/features/access/request-record.ts';
import { traceParentOf } from '../../server/features/access/trace-parent.ts';

const BATCHES = 400;
const REQUESTS = 20_000;
const CHUNKS = 20;

const headers = { host: 'localhost', authorization: 'Bearer key', 'content-type': 'application/json' };
const backend = { name: 'gpu1/m', provider: { id: 'gpu1', kind: 'openai-compatible' }, model: 'm' };
const attempt = { backend: 'gpu1/m', startMs: 0, ms: 1, outcome: 'ok', failure: null } as const;
let sink = 0;

/** A record as every request has one, with the checks that tracing needs. */
function followed(): void {
  const record = new RequestRecord(traceParentOf(headers));
  record.watch?.decided?.('ordered', {});
  record.begin(backend);
  if (record.tap) sink++;
  record.add(attempt);
  for (let chunk = 0; chunk < CHUNKS; chunk++) if (record.watch?.answer) sink++;
  if (record.watch) sink++;
  sink += record.attempts.length;
}

/** The same record without them. */
class PlainRecord {
  readonly #attempts: object[] = [];
  isMetered = false;
  said: unknown;

  get attempts(): readonly object[] {
    return this.#attempts;
  }

  add(one: object): void {
    if (this.#attempts.length < 20) this.#attempts.push(one);
  }
}

function plain(): void {
  const record = new PlainRecord();
  record.add(attempt);
  for (let chunk = 0; chunk < CHUNKS; chunk++) if (record.isMetered) sink++;
  sink += record.attempts.length;
}

function nanosOf(run: () => void): number {
  const begun = process.hrtime.bigint();
  for (let i = 0; i < REQUESTS; i++) run();
  return Number(process.hrtime.bigint() - begun) / REQUESTS;
}

const least = { followed: Number.POSITIVE_INFINITY, plain: Number.POSITIVE_INFINITY };
for (let batch = 0; batch < BATCHES; batch++) {
  least.plain = Math.min(least.plain, nanosOf(plain));
  least.followed = Math.min(least.followed, nanosOf(followed));
}
const cost = least.followed - least.plain;
console.log(
  `Of a request with ${CHUNKS} chunks: ${least.followed.toFixed(0)} ns with the checks, ${least.plain.toFixed(0)} ns without: ` +
    `${cost.toFixed(0)} ns (${sink} looked at).`,
);
