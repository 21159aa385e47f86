import { Random } from '../../support/random.ts';
import type { Answer } from '../../support/upstream/answer.ts';
import type { Asked } from '../../support/upstream/asked.ts';
import type { Dialect } from '../../support/upstream/dialects/dialect.ts';
import type { Exchange, Script } from '../../support/upstream/exchange.ts';
import type { JsonObject } from '../../support/upstream/json.ts';
import { type Mutation, mutate, mutationsOf } from './mutate.ts';
import type { SaidCall } from './said.ts';
import { type Surface, surfaces } from './surfaces.ts';

const ways = ['json', 'stream'] as const;

const text = ['Grüße', ' an', ' alle.'];
const weather = { name: 'get_weather', pieces: ['{"ci', 'ty":', '"Rome"}'] };
const time = { name: 'get_time', pieces: ['{"zone"', ':"CET"}'] };
const answers: Readonly<Record<string, Answer>> = {
  text: { text },
  thought: { reasoning: ['Hm,', ' well.'], text },
  call: { calls: [weather] },
  calls: { calls: [weather, time] },
};

/** One mutation of one answer of one dialect. */
interface MutatedAnswer {
  readonly dialect: Dialect;
  readonly way: (typeof ways)[number];
  /** The name of the answer. */
  readonly name: string;
  readonly answer: Answer;
  readonly mutation: Mutation;
}

/** The same, asked for on one surface. */
export interface Case extends MutatedAnswer {
  readonly surface: Surface;
}

/** The events of an answer; a body of JSON is one. */
function eventsOf(dialect: Dialect, answer: Answer, ask: Asked): JsonObject[] {
  return ask.stream ? dialect.events(answer, ask).map(({ data }) => data) : [dialect.body(answer, ask)];
}

const asked: Asked = {
  model: 'test-model',
  includeUsage: true,
  n: 1,
  logprobs: false,
  stream: false,
  images: null,
  body: {},
};

function mutatedAnswers(dialect: Dialect, way: (typeof ways)[number]): MutatedAnswer[] {
  return Object.entries(answers).flatMap(([name, answer]) =>
    mutationsOf(eventsOf(dialect, answer, { ...asked, stream: way === 'stream' })).map((mutation) => ({
      ...{ dialect, way, name, answer, mutation },
    })),
  );
}

const textOf = ({ text: pieces = [] }: Answer): string => pieces.join('');
const callsOf = ({ calls = [] }: Answer): SaidCall[] =>
  calls.map(({ name, pieces }) => ({ name, arguments: pieces.join('') }));

/** The answer that was meant. */
export const meant = ({ answer }: MutatedAnswer) => ({ text: textOf(answer), calls: callsOf(answer) });

/** What the upstream has really sent of it: a piece that is nowhere in its events was never said. */
export function sent({ dialect, way, answer, mutation }: MutatedAnswer) {
  const { events } = mutate(eventsOf(dialect, answer, { ...asked, stream: way === 'stream' }), mutation);
  const wire = JSON.stringify(events);
  const isThere = (piece: string): boolean => wire.includes(JSON.stringify(piece));
  const whole = textOf(answer);
  return {
    text: isThere(whole) ? whole : (answer.text ?? []).filter(isThere).join(''),
    calls: callsOf(answer).filter(({ name }) => isThere(name)),
  };
}

/** Which cases are tried: so many mutations, each on one surface; or part 3 of 8 of all mutations on all surfaces. */
export type Selection = { readonly mutations: number } | { readonly part: number; readonly of: number };

/** `400`, `all`, or `3/8`. */
export function parseSelection(text: string): Selection {
  if (text === 'all') return { part: 1, of: 1 };
  const [first, of] = text.split('/').map(Number);
  if (first === undefined || Number.isNaN(first))
    throw new Error(`MUTATIONS is "${text}", not a number, "all" or "3/8".`);
  return of === undefined ? { mutations: first } : { part: first, of };
}

/** The selected cases, in an order that is the same in every run. */
export function casesOf(dialects: readonly Dialect[], selection: Selection): Case[] {
  const found = dialects.flatMap((dialect) => ways.flatMap((way) => mutatedAnswers(dialect, way)));
  const random = new Random(7);
  const shuffled = found.map((one) => ({ one, at: random.next() })).toSorted((a, b) => a.at - b.at);
  if ('mutations' in selection)
    return shuffled
      .slice(0, selection.mutations)
      .map(({ one }, i) => ({ ...one, surface: surfaces[i % surfaces.length] ?? 'v1' }));
  const { part, of } = selection;
  return shuffled
    .flatMap(({ one }) => surfaces.map((surface) => ({ ...one, surface })))
    .filter((_, i) => Math.floor(i / surfaces.length) % of === part - 1);
}

const toFrame = (data: JsonObject, name: string | undefined): string =>
  `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

/** What the prompt of a case says, by which the upstream knows it. */
export const promptOf = (id: number): string => `case-${id};`;

/** Answers with the mutated answer of the case that the prompt names last, as JSON or as a stream. */
export function playMutated(cases: ReadonlyMap<number, Case>): Script {
  return async (exchange: Exchange) => {
    const { dialect, request } = exchange;
    const id = [...request.body.toString().matchAll(/case-(\d+);/g)].at(-1)?.[1];
    const played = cases.get(Number(id));
    const answer = played?.answer ?? { text: ['Again.'] };
    const { stream } = request.asked;
    const given = stream ? dialect.events(answer, request.asked) : [{ data: dialect.body(answer, request.asked) }];
    const data = given.map((event) => event.data);
    const { events, cut } = played ? mutate(data, played.mutation) : { events: data, cut: null };
    const names = given.map((event) => ('name' in event ? event.name : undefined));
    const whole = events
      .slice(0, cut?.event)
      .map((event, i) => (stream ? toFrame(event, names[i]) : JSON.stringify(event)));
    const end = stream && dialect.endMark ? 'data: [DONE]\n\n' : '';
    exchange.head(200, { 'content-type': stream ? dialect.streamType : dialect.jsonType });
    await exchange.write(whole.join('') + (cut ? `${stream ? 'data: ' : ''}${cut.text}` : end));
    exchange.end();
  };
}
