import type { Answer } from '../../support/upstream/answer.ts';
import type { Dialect, DialectName } from '../../support/upstream/dialects/dialect.ts';
import type { Exchange, Script } from '../../support/upstream/exchange.ts';
import { isObject, type JsonObject } from '../../support/upstream/json.ts';
import type { SaidCall } from './said.ts';

/** An answer in a shape that no specification has, but that servers send. */
export interface Shape {
  readonly name: string;
  readonly answer: Answer;
  /** What clients must read. */
  readonly text?: string;
  readonly calls?: readonly SaidCall[];
  /** Makes the shape of the events that the dialect would send; a body of JSON is one. Absent: the answer is enough. */
  readonly form?: (events: readonly JsonObject[]) => JsonObject[];
  /** The dialects and ways that can have the shape. Absent: all. */
  readonly only?: (dialect: DialectName, stream: boolean) => boolean;
}

const rome: SaidCall = { name: 'get_weather', arguments: '{"city":"Rome"}' };
const cet: SaidCall = { name: 'get_time', arguments: '{"zone":"CET"}' };
const oslo: SaidCall = { name: 'get_weather', arguments: '{"city":"Oslo"}' };
const weather = { name: 'get_weather', pieces: ['{"city":', '"Rome"}'] };
const time = { name: 'get_time', pieces: ['{"zone":', '"CET"}'] };

/** The value with every field of these names changed. */
function change(value: unknown, names: readonly string[], to: (old: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => change(one, names, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, names.includes(name) ? to(inner) : change(inner, names, to)]),
  );
}

const changeAll =
  (names: readonly string[], to: (old: unknown) => unknown) =>
  (events: readonly JsonObject[]): JsonObject[] =>
    events.map((event) => change(event, names, to)).filter(isObject);

const textIn = (pieces: readonly JsonObject[], field: string): JsonObject => {
  const texts = pieces.map((piece) => piece[field]).filter((text) => typeof text === 'string');
  return texts.length > 0 ? { [field]: texts.join('') } : {};
};

/** A message or a delta with OpenAI's older `function_call`. */
function toFunctionCall(holder: JsonObject): JsonObject {
  const { tool_calls: calls, ...rest } = holder;
  if (!Array.isArray(calls) || calls.length === 0) return holder;
  const pieces = calls.map((call) => (isObject(call) ? call.function : null)).filter(isObject);
  return { ...rest, function_call: { ...textIn(pieces, 'name'), ...textIn(pieces, 'arguments') } };
}

const asOldCalls = (events: readonly JsonObject[]): JsonObject[] =>
  changeAll(['message', 'delta'], (holder) => (isObject(holder) ? toFunctionCall(holder) : holder))(
    changeAll(['finish_reason'], (reason) => (reason === 'tool_calls' ? 'function_call' : reason))(events),
  );

/** OpenAI's calls with name and arguments beside the id. */
const asFlatCalls = changeAll(['tool_calls'], (calls) =>
  Array.isArray(calls)
    ? calls.map((call) => {
        const { function: called, ...rest } = isObject(call) ? call : {};
        return { ...rest, ...(isObject(called) ? called : {}) };
      })
    : calls,
);

/** Two calls whose pieces alternate, without numbers. */
function alternate(events: readonly JsonObject[]): JsonObject[] {
  const unnumbered = changeAll(['tool_calls'], (calls) =>
    Array.isArray(calls) ? calls.map((call) => ({ ...call, index: undefined, id: `id_${call.index}` })) : calls,
  )(events);
  const isOf = (id: string) => (event: JsonObject) => JSON.stringify(event).includes(`"${id}"`);
  const [first, second] = [unnumbered.filter(isOf('id_0')), unnumbered.filter(isOf('id_1'))];
  const others = unnumbered.filter((event) => ![...first, ...second].includes(event));
  const pieces = first.flatMap((event, i) => [event, second[i]]).filter((event) => event !== undefined);
  const end = others.findIndex((event) => /"finish_reason":"/.test(JSON.stringify(event)));
  return [...others.slice(0, end), ...pieces, ...others.slice(end)];
}

/** OpenAI's chunks as those of legacy completions. */
const asOldTexts = (events: readonly JsonObject[]): JsonObject[] =>
  changeAll(['choices'], (choices) =>
    Array.isArray(choices)
      ? choices.map(({ delta, message, ...choice }) => ({ ...choice, text: (delta ?? message).content ?? '' }))
      : choices,
  )(events);

const isBlock = ({ type }: JsonObject): boolean => String(type).startsWith('content_block');

/** Anthropic's events with the text in the start of the message: without its blocks, or before they say it again. */
const earlyText =
  (keeps: (event: JsonObject) => boolean, content: readonly JsonObject[]) =>
  (events: readonly JsonObject[]): JsonObject[] =>
    events
      .filter((event) => !isBlock(event) || keeps(event))
      .map((event) => (isObject(event.message) ? { ...event, message: { ...event.message, content } } : event));

/** The text in the start of its block, as far as it is one piece. */
function inBlockStart(events: readonly JsonObject[]): JsonObject[] {
  const first = events.find(({ delta }) => isObject(delta) && delta.type === 'text_delta');
  const text = isObject(first?.delta) ? first.delta.text : '';
  return events
    .filter((event) => event !== first)
    .map((event) =>
      event.type === 'content_block_start' ? { ...event, content_block: { type: 'text', text } } : event,
    );
}

const isAnthropicStream = (dialect: DialectName, stream: boolean) => dialect === 'anthropic' && stream;
const isOpenAi = (dialect: DialectName) => ['vllm', 'llamacpp', 'ollama'].includes(dialect);
const hello = [{ type: 'text', text: 'Hello you' }];
const greeting: Answer = { text: ['Hello', ' you'] };

const twice = (text: string): string[] => {
  const encoded = JSON.stringify(text);
  return [encoded.slice(0, 4), encoded.slice(4, 9), encoded.slice(9)];
};

export const shapes: readonly Shape[] = [
  {
    name: 'two calls with one id',
    answer: {
      calls: [
        { ...weather, id: 'same' },
        { ...time, id: 'same' },
      ],
    },
    calls: [rome, cet],
  },
  {
    name: 'two calls of one tool with one id',
    answer: {
      calls: [
        { ...weather, id: 'same' },
        { name: 'get_weather', pieces: ['{"city":', '"Oslo"}'], id: 'same' },
      ],
    },
    calls: [rome, oslo],
  },
  {
    name: 'a call that a later event repeats',
    answer: { calls: [{ ...weather, id: 'same' }] },
    calls: [rome],
    form: (events) => [...events.slice(0, 1), ...events],
    only: (dialect, stream) => stream && dialect === 'gemini',
  },
  {
    name: 'calls and texts under one number',
    answer: { text: ['Hello', ' you'], calls: [weather, time] },
    text: 'Hello you',
    calls: [rome, cet],
    form: changeAll(['index', 'output_index'], () => 0),
    only: (dialect, stream) => stream && dialect !== 'gemini',
  },
  {
    name: 'arguments inside a string of JSON',
    answer: { calls: [weather, time].map(({ name, pieces }) => ({ name, pieces: twice(pieces.join('')) })) },
    calls: [rome, cet],
  },
  {
    name: 'a function_call',
    answer: { calls: [weather] },
    calls: [rome],
    form: asOldCalls,
    only: isOpenAi,
  },
  {
    name: 'calls without a function around them',
    answer: { calls: [weather, time] },
    calls: [rome, cet],
    form: asFlatCalls,
    only: isOpenAi,
  },
  {
    name: 'two calls whose pieces alternate, told apart by their ids alone',
    answer: { calls: [weather, time] },
    calls: [rome, cet],
    form: alternate,
    only: (dialect, stream) => stream && isOpenAi(dialect),
  },
  {
    name: 'a text in the form of legacy completions',
    answer: greeting,
    text: 'Hello you',
    form: asOldTexts,
    only: isOpenAi,
  },
  {
    name: 'a content that is one part and no list',
    answer: greeting,
    text: 'Hello you',
    form: changeAll(['content', 'parts'], (content) => {
      if (typeof content === 'string') return { type: 'text', text: content };
      return Array.isArray(content) ? content[0] : content;
    }),
    only: (dialect, stream) => !stream || isOpenAi(dialect),
  },
  {
    name: 'a content that is a text and no list',
    answer: greeting,
    text: 'Hello you',
    form: changeAll(['content'], (content) => (Array.isArray(content) ? content[0]?.text : content)),
    only: (dialect, stream) => !stream && ['anthropic', 'openai-responses'].includes(dialect),
  },
  {
    name: 'texts that are cut inside characters',
    answer: { reasoning: ['Hm \ud83d', '\ude00.'], text: ['A\ud83d', '\ude00B', ' \ude00', ' \ud83d', 'C\ud83d'] },
    text: 'A😀B � �C�',
  },
  {
    name: 'arguments that are cut inside characters',
    answer: {
      calls: [
        { ...weather, pieces: [String.raw`{"city":"R\ud83d`, String.raw`\ude00m`, String.raw`e\ud8`, '3d"}'] },
        { ...time, pieces: ['{"zone":"C\ud83d', '\ude00E', 'T\ud83d', '"}'] },
      ],
    },
    calls: [
      { name: 'get_weather', arguments: '{"city":"R😀me�"}' },
      { name: 'get_time', arguments: '{"zone":"C😀ET�"}' },
    ],
  },
  {
    name: 'a text that only the start of the message holds',
    answer: greeting,
    text: 'Hello you',
    form: earlyText(() => false, hello),
    only: isAnthropicStream,
  },
  {
    name: 'a text that the start of the message holds, and an empty block',
    answer: greeting,
    text: 'Hello you',
    form: earlyText(({ delta }) => delta === undefined, hello),
    only: isAnthropicStream,
  },
  {
    name: 'a text that the start of the message says first',
    answer: greeting,
    text: 'Hello you',
    form: earlyText(() => true, hello),
    only: isAnthropicStream,
  },
  {
    name: 'a text that the start of the message begins',
    answer: greeting,
    text: 'Oh! Hello you',
    form: earlyText(() => true, [{ type: 'text', text: 'Oh! ' }]),
    only: isAnthropicStream,
  },
  {
    name: 'a text before the calls that the start of the message holds',
    answer: { calls: [weather, time] },
    text: 'Hello you',
    calls: [rome, cet],
    form: earlyText(() => true, hello),
    only: isAnthropicStream,
  },
  {
    name: 'a text that begins with its block',
    answer: greeting,
    text: 'Hello you',
    form: inBlockStart,
    only: isAnthropicStream,
  },
  {
    name: 'arguments in pieces that are objects',
    answer: { calls: [{ name: 'get_weather', pieces: ['{"city":"Rome"}'] }] },
    calls: [rome],
    form: changeAll(['delta'], (delta) => (delta === '{"city":"Rome"}' ? { city: 'Rome' } : delta)),
    only: (dialect, stream) => stream && dialect === 'openai-responses',
  },
  {
    name: 'a call whose name comes with the end of its arguments',
    answer: { calls: [weather] },
    calls: [rome],
    form: (events) =>
      events
        .map((event): JsonObject => {
          if (event.type === 'response.function_call_arguments.done') return { ...event, name: 'get_weather' };
          return event.type === 'response.output_item.added'
            ? { ...event, item: { ...(isObject(event.item) ? event.item : {}), name: '' } }
            : event;
        })
        .filter(({ type }) => type !== 'response.output_item.done'),
    only: (dialect, stream) => stream && dialect === 'openai-responses',
  },
  {
    name: 'an answer with empty events and notices',
    answer: greeting,
    text: 'Hello you',
    form: (events) =>
      events.flatMap((event) => [event, {}, { type: 'ping', message: 'still here' }, { message: 'queued' }]),
    only: (_dialect, stream) => stream,
  },
  {
    name: 'an answer that does not say why it ended',
    answer: { text: ['Hello you'] },
    text: 'Hello you',
    form: changeAll(['finish_reason', 'stop_reason', 'finishReason', 'status'], () => null),
    only: (_dialect, stream) => !stream,
  },
  {
    name: 'a call that does not say why it ended',
    answer: { calls: [weather] },
    calls: [rome],
    form: changeAll(['finish_reason', 'stop_reason', 'finishReason', 'status'], () => null),
    only: (_dialect, stream) => !stream,
  },
];

/** The prompt by which the upstream knows which shape it is to send. */
export const promptOf = (shape: Shape): string => `shape-${shapes.indexOf(shape)};`;

const shapeOf = (body: Buffer): Shape | undefined =>
  shapes[Number([...body.toString().matchAll(/shape-(\d+);/g)].at(-1)?.[1])];

const frame = (data: JsonObject): string =>
  `${typeof data.type === 'string' ? `event: ${data.type}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

const answerOf = ({ answer }: Shape, dialect: Dialect, { request }: Exchange): JsonObject[] =>
  request.asked.stream
    ? dialect.events(answer, request.asked).map(({ data }) => data)
    : [dialect.body(answer, request.asked)];

/** Sends the shape that the prompt names last. */
export const playShape: Script = (exchange) => {
  const { dialect, request } = exchange;
  const shape = shapeOf(request.body) ?? { name: 'plain', answer: greeting };
  const events = answerOf(shape, dialect, exchange);
  const sent = shape.form?.(events) ?? events;
  if (!request.asked.stream) {
    exchange.send(200, { 'content-type': dialect.jsonType }, JSON.stringify(sent[0]));
    return;
  }
  const end = dialect.endMark ? 'data: [DONE]\n\n' : '';
  exchange.send(200, { 'content-type': dialect.streamType }, sent.map(frame).join('') + end);
};
