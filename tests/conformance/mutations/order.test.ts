import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../support/random.ts';
import { type DialectGateway, startDialects } from '../../support/start-dialects.ts';
import type { Answer } from '../../support/upstream/answer.ts';
import type { Asked } from '../../support/upstream/asked.ts';
import type { Dialect } from '../../support/upstream/dialects/dialect.ts';
import type { Exchange, Script } from '../../support/upstream/exchange.ts';
import type { Said, SaidCall } from './said.ts';
import { type Surface, surfaces } from './surfaces.ts';
import { tryCases } from './try-cases.ts';

/** How many streams are tried, each on one surface. With `ORDERS=all` each is tried on all of them. */
const selection = process.env.ORDERS ?? '300';

const dialects = ['vllm', 'llamacpp', 'ollama', 'openai-responses', 'anthropic', 'gemini'] as const;

const text = ['Grüße', ' an', ' alle.'];
const answers: Readonly<Record<string, Answer>> = {
  text: { text },
  thought: { reasoning: ['Hm,', ' well.'], text },
  call: { calls: [{ name: 'get_weather', pieces: ['{"ci', 'ty":', '"Rome"}'] }] },
  calls: {
    text: ['Let', ' me'],
    calls: [
      { name: 'get_weather', pieces: ['{"city":', '"Rome"}'] },
      { name: 'get_time', pieces: ['{"zone"', ':"CET"}'] },
    ],
  },
};

/** What is done to a stream: it ends before this byte, or one of its events is repeated, left out, or sent too late. */
type Change = { readonly cut: number } | { readonly kind: 'repeated' | 'left out' | 'late'; readonly event: number };

interface Case {
  readonly dialect: Dialect;
  readonly name: string;
  readonly answer: Answer;
  readonly change: Change;
  readonly surface: Surface;
}

const asked: Asked = {
  ...{ model: 'test-model', includeUsage: true, n: 1, logprobs: false, stream: true, images: null, body: {} },
};

function framesOf(dialect: Dialect, answer: Answer, ask: Asked): string[] {
  const events = dialect.events(answer, ask).map((event) => {
    const name = 'name' in event && event.name ? `event: ${event.name}\n` : '';
    return `${name}data: ${JSON.stringify(event.data)}\n\n`;
  });
  return dialect.endMark ? [...events, 'data: [DONE]\n\n'] : events;
}

function changed(frames: readonly string[], change: Change): Buffer {
  if ('cut' in change) return Buffer.from(frames.join('')).subarray(0, change.cut);
  const { kind, event } = change;
  const [first = '', second = ''] = frames.slice(event, event + 2);
  const between = { repeated: [first, first, second], 'left out': [second], late: [second, first] }[kind];
  return Buffer.from([...frames.slice(0, event), ...between, ...frames.slice(event + 2)].join(''));
}

function changesOf(frames: readonly string[]): Change[] {
  const bytes = Buffer.byteLength(frames.join(''));
  const cuts = Array.from({ length: bytes }, (_, cut) => ({ cut }));
  const kinds = ['repeated', 'left out', 'late'] as const;
  return [...cuts, ...kinds.flatMap((kind) => frames.slice(0, -1).map((_, event) => ({ kind, event })))];
}

function casesOf(spoken: readonly Dialect[]): Case[] {
  const found = spoken.flatMap((dialect) =>
    Object.entries(answers).flatMap(([name, answer]) =>
      changesOf(framesOf(dialect, answer, asked)).map((change) => ({ dialect, name, answer, change })),
    ),
  );
  if (selection === 'all') return found.flatMap((one) => surfaces.map((surface) => ({ ...one, surface })));
  const random = new Random(11);
  // Cuts are many, and much alike.
  const weight = (change: Change) => ('cut' in change ? random.next() : random.next() / 30);
  return found
    .map((one) => ({ one, at: weight(one.change) }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, Number(selection))
    .map(({ one }, i) => ({ ...one, surface: surfaces[i % surfaces.length] ?? 'v1' }));
}

let gateway: DialectGateway;
const cases = new Map<number, Case>();

const play: Script = async (exchange: Exchange) => {
  const { dialect, request } = exchange;
  const id = [...request.body.toString().matchAll(/case-(\d+);/g)].at(-1)?.[1];
  const one = cases.get(Number(id));
  if (!one || !request.asked.stream) {
    const again: Answer = { text: ['Again.'] };
    if (!request.asked.stream) {
      exchange.send(200, { 'content-type': dialect.jsonType }, JSON.stringify(dialect.body(again, request.asked)));
      return;
    }
    exchange.send(200, { 'content-type': dialect.streamType }, framesOf(dialect, again, request.asked).join(''));
    return;
  }
  exchange.head(200, { 'content-type': dialect.streamType });
  await exchange.write(changed(framesOf(dialect, one.answer, request.asked), one.change));
  exchange.end();
};

beforeAll(async () => {
  gateway = await startDialects(dialects, {
    upstream: { fallback: play, unchecked: true },
    env: { CIRCUIT_FAILURES: '1000000', UPSTREAM_RETRIES: '0' },
  });
  const spoken = Object.values(gateway.upstreams).map(({ dialect }) => dialect);
  for (const [i, one] of casesOf(spoken).entries()) cases.set(i + 1, one);
});
afterAll(() => gateway.close());

const meantCalls = ({ calls = [] }: Answer): SaidCall[] =>
  calls.map(({ name, pieces }) => ({ name, arguments: pieces.join('') }));

const isWhole = ({ answer }: Case, said: Said): boolean =>
  said.text === (answer.text ?? []).join('') && JSON.stringify(said.calls) === JSON.stringify(meantCalls(answer));

/** Whether a text is made of these pieces in the order of the events, in which one is repeated, left out or late. */
function isAsSent(said: string, pieces: readonly string[]): boolean {
  const orders = pieces.flatMap((piece, i) => {
    const [before, after] = [pieces.slice(0, i), pieces.slice(i + 1)];
    const [next = '', ...rest] = after;
    return [
      [...before, piece, piece, ...after],
      [...before, ...after],
      [...before, next, piece, ...rest],
    ];
  });
  return [pieces, ...orders].some((order) => order.join('') === said);
}

const isBeginning = (said: Said, { answer }: Case): boolean =>
  (answer.text ?? []).join('').startsWith(said.text) &&
  said.calls.every(({ name, arguments: args }, i) => {
    const meant = meantCalls(answer)[i];
    return name === meant?.name && meant.arguments.startsWith(args);
  });

function judge(one: Case, said: Said): string {
  if (said.faults.length > 0) return `FAULT: ${said.faults.join(', ')}`;
  if (isWhole(one, said)) return said.error === null ? 'right' : `all of it, then ${said.error}`;
  const isCut = 'cut' in one.change;
  if (said.error !== null && (!isCut || isBeginning(said, one))) return said.error;
  const { text: pieces = [], calls = [] } = one.answer;
  // Gemini sends a call in one event and without an id, so that nothing tells a repeated event from a second call.
  const isRepeated = 'kind' in one.change && one.change.kind === 'repeated' && one.dialect.name === 'gemini';
  const sameCalls =
    said.calls.length <= calls.length + (isRepeated ? 1 : 0) &&
    said.calls.every(({ arguments: args }) => calls.some((call) => isAsSent(args, call.pieces)));
  if (!isCut && isAsSent(said.text, pieces) && sameCalls) return 'as sent';
  return `FAULT: said "${said.text}" ${JSON.stringify(said.calls)} with error ${said.error}`;
}

const titleOf = ({ dialect, name, change, surface }: Case): string =>
  `${dialect.name} ${name} on ${surface}, ${JSON.stringify(change)}`;

test('a stream that is cut, or has an event twice, late or not at all, is as it was sent or ends with an error', {
  timeout: 3_600_000,
}, async () => {
  const question = (id: number) => ({ stream: true, unstored: id % 2 === 0 });
  const { faults, outcomes } = await tryCases(gateway, { cases, question, judge, titleOf });
  console.info(`${cases.size} streams: ${outcomes}`);
  expect(faults).toEqual([]);
});
