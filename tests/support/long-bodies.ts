import type { LongRequest } from './measure-stalls.ts';
import { Random } from './random.ts';

/** What a shape is put into: JSON texts of a place in a request. */
interface Surface {
  readonly path: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is sent with a key, whose tokens are counted. */
  readonly byKey?: boolean;
  /** A request whose list of messages, inputs or texts is this. */
  readonly list?: (json: string) => string;
  /** A request in which a content is this: a text, or a list of parts. */
  readonly content: (json: string) => string;
  /** A request with a field that is not known. */
  readonly unknown?: (json: string) => string;
}

const hi = '[{"role":"user","content":"Hi"}]';
const user = (content: string) => `[{"role":"user","content":${content}}]`;

const chatOf = (model: string): Omit<Surface, 'path'> => ({
  list: (json) => `{"model":"${model}","messages":${json}}`,
  content: (json) => `{"model":"${model}","messages":${user(json)}}`,
  unknown: (json) => `{"model":"${model}","messages":${hi},"zzz":${json}}`,
});

const wrapped = (surface: Omit<Surface, 'path'>, wrap: (body: string) => string): Omit<Surface, 'path'> => ({
  ...surface,
  ...(surface.list ? { list: (json: string) => wrap(surface.list?.(json) ?? '') } : {}),
  content: (json) => wrap(surface.content(json)),
  ...(surface.unknown ? { unknown: (json: string) => wrap(surface.unknown?.(json) ?? '') } : {}),
});

const messagesOf = (model: string): Surface => ({
  path: '/v1/messages',
  list: (json) => `{"model":"${model}","max_tokens":9,"messages":${json}}`,
  content: (json) => `{"model":"${model}","max_tokens":9,"messages":${user(json)}}`,
  unknown: (json) => `{"model":"${model}","max_tokens":9,"messages":${hi},"zzz":${json}}`,
});

const turns: Surface = {
  path: '/c1/chat',
  list: (json) => `{"model":"own","message":"Hi","images":${json}}`,
  content: (json) => `{"model":"own","message":${json}}`,
  unknown: (json) => `{"model":"own","message":"Hi","zzz":${json}}`,
};

const responsesOf = (rest: string): Omit<Surface, 'path'> => ({
  list: (json) => `{"model":"own"${rest},"input":${json}}`,
  content: (json) => `{"model":"own"${rest},"input":${user(json)}}`,
  unknown: (json) => `{"model":"own"${rest},"input":"Hi","metadata":${json}}`,
});

const toCall = (path: string) => (body: string) =>
  `{"id":1,"method":"mutation","params":{"path":"${path}","input":${body}}}`;

const audioForm = (file: string): string =>
  [
    '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nown\r\n',
    `--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n${file}\r\n--x--\r\n`,
  ].join('');

const imageForm = (prompt: string): string =>
  [
    '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nown\r\n',
    '--x\r\ncontent-disposition: form-data; name="prompt"\r\n\r\nHi\r\n',
    `--x\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n${prompt}\r\n--x--\r\n`,
  ].join('');

const FORM = 'multipart/form-data; boundary=x';

/** Every surface that takes a body, by a name for people. */
export const surfaces: Readonly<Record<string, Surface>> = {
  chat: { path: '/v1/chat/completions', ...chatOf('own') },
  'chat, translated': { path: '/v1/chat/completions', ...chatOf('anthropic') },
  messages: messagesOf('anthropic'),
  'messages, translated': messagesOf('own'),
  responses: { path: '/v1/responses', ...responsesOf(',"store":false') },
  'stored responses': {
    path: '/v1/responses',
    list: (json) => `{"model":"own","input":${json}}`,
    content: (json) => `{"model":"own","input":${user(json)}}`,
  },
  turns,
  'chat, by a key': { path: '/v1/chat/completions', byKey: true, ...chatOf('own') },
  'messages, by a key': { ...messagesOf('own'), byKey: true },
  'turns, by a key': { ...turns, byKey: true },
  embeddings: {
    path: '/v1/embeddings',
    list: (json) => `{"model":"own","input":${json}}`,
    content: (json) => `{"model":"own","input":${json}}`,
    unknown: (json) => `{"model":"own","input":"Hi","zzz":${json}}`,
  },
  completions: {
    path: '/v1/completions',
    list: (json) => `{"model":"own","prompt":${json}}`,
    content: (json) => `{"model":"own","prompt":${json}}`,
    unknown: (json) => `{"model":"own","prompt":"Hi","zzz":${json}}`,
  },
  images: {
    path: '/v1/images/generations',
    content: (json) => `{"model":"own","prompt":${json}}`,
    unknown: (json) => `{"model":"own","prompt":"Hi","zzz":${json}}`,
  },
  keys: {
    path: '/api/keys',
    content: (json) => `{"name":${json}}`,
    unknown: (json) => `{"name":"x","zzz":${json}}`,
  },
  tRPC: { path: '/trpc/v1.chat.create', ...chatOf('own') },
  'a batch of tRPC': {
    path: '/trpc/v1.chat.create,v1.chat.create?batch=1',
    ...wrapped(chatOf('own'), (body) => `{"0":{},"1":${body}}`),
  },
  websocket: {
    path: '',
    type: 'websocket',
    ...wrapped(chatOf('own'), toCall('v1.chat.create')),
  },
  'a batch over a websocket': {
    path: '',
    type: 'websocket',
    ...wrapped(
      chatOf('own'),
      (body) => `[{"id":1,"method":"mutation","params":{"path":"v1.chat.create","input":${body}}},{"id":2}]`,
    ),
  },
  'messages over a websocket': {
    ...wrapped(messagesOf('own'), toCall('v1.messages.create')),
    path: '',
    type: 'websocket',
  },
  'turns over a websocket': { ...wrapped(turns, toCall('c1.chat.create')), path: '', type: 'websocket' },
  'responses over a websocket': {
    path: '/v1/responses',
    type: 'websocket',
    ...responsesOf(',"type":"response.create","store":false'),
  },
  'responses over tRPC': { path: '/trpc/v1.responses.create', ...responsesOf(',"store":false') },
  'a count of tokens': { ...messagesOf('own'), path: '/v1/messages/count_tokens' },
  'a count of input tokens': { path: '/v1/responses/input_tokens', ...responsesOf('') },
  'a compaction': { path: '/v1/responses/compact', ...responsesOf('') },
  'items of a conversation': {
    path: '/v1/conversations',
    list: (json) => `{"items":${json}}`,
    content: (json) => `{"items":${user(json)}}`,
    unknown: (json) => `{"metadata":${json}}`,
  },
  'an import': {
    path: '/c1/conversations/import',
    list: (json) => `{"messages":${json}}`,
    content: (json) => `{"messages":${user(json)}}`,
    unknown: (json) => `{"messages":${hi},"zzz":${json}}`,
  },
  'image edits': {
    path: '/v1/images/edits',
    list: (json) => `{"model":"own","prompt":"Hi","images":${json}}`,
    content: (json) => `{"model":"own","prompt":${json},"images":[{"image_url":"data:image/png;base64,iVBORw0KGgoA"}]}`,
    unknown: (json) => `{"model":"own","prompt":"Hi","images":[],"zzz":${json}}`,
  },
  'a form of image edits': { path: '/v1/images/edits', type: FORM, content: imageForm },
  'a form of audio': { path: '/v1/audio/transcriptions', type: FORM, content: audioForm },
  'a form of audio with an idempotency key': {
    path: '/v1/audio/transcriptions',
    type: FORM,
    headers: { 'idempotency-key': 'one' },
    content: audioForm,
  },
};

/** What the gateway counts beside bytes: just so many values are still parsed. */
const MOST_VALUES = 95_000;
const MOST_NAMES = 9_900;

/** As many as fit into so many bytes. `most` of them are below the limits; the rest are blanks. */
function repeat(unit: (i: number) => string, bytes: number, most: number): string {
  const length = unit(0).length + 1;
  const count = Math.max(1, Math.min(Math.floor(bytes / length), most));
  const text = Array.from({ length: count }, (_, i) => unit(i)).join(',');
  return text + ' '.repeat(Math.max(0, bytes - text.length));
}

const listOf = (unit: string, most: number) => (bytes: number) => `[${repeat(() => unit, bytes, most)}]`;
const textOf = (unit: string) => (bytes: number) =>
  `"${unit.repeat(Math.max(1, Math.floor(bytes / Buffer.byteLength(unit))))}"`;

const wide = (bytes: number, most: number) => `{${repeat((i) => `"k${i}":1`, bytes, most)}}`;

/** Objects with as many names as one may have. */
const wideObjects = (bytes: number): string => {
  const one = `{${Array.from({ length: MOST_NAMES }, (_, i) => `"k${i}":1`).join(',')}}`;
  return `[${repeat(() => one, bytes, 9)}]`;
};

const picture = (bytes: number) => `data:image/png;base64,iVBORw0KGgoA${'AAAA'.repeat(Math.floor(bytes / 4))}`;

function nestedParts(bytes: number): string {
  const levels = Math.min(100, Math.floor(bytes / 40));
  return `${'[{"type":"text","content":'.repeat(levels)}"${'x'.repeat(Math.max(0, bytes - levels * 30))}"${'}]'.repeat(levels)}`;
}

/** JSON texts of about so many bytes, each of which costs somebody more than its bytes. */
export const shapes: Readonly<Record<string, { readonly of: (bytes: number) => string; readonly in: keyof Surface }>> =
  {
    'a text': { in: 'content', of: textOf('x') },
    'a text of line ends': { in: 'content', of: textOf('\\n') },
    'a text of quotes': { in: 'content', of: textOf('\\"a') },
    'a text of escapes': { in: 'content', of: textOf('\\u00e9') },
    'a text of half surrogate pairs': { in: 'content', of: textOf('\\ud83d') },
    'a Chinese text': { in: 'content', of: textOf('中') },
    'an unknown text': { in: 'unknown', of: textOf('x') },
    'a text of boundaries': { in: 'content', of: textOf('--x') },
    'a picture': {
      in: 'content',
      of: (bytes) => `[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"${picture(bytes)}"}}]`,
    },
    'pictures of Anthropic': {
      in: 'content',
      of: (bytes) =>
        `[${repeat(() => `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${'iVBORw0K'.repeat(125_000)}"}}`, bytes, 40)}]`,
    },
    'pictures of a response': {
      in: 'content',
      of: (bytes) => `[${repeat(() => `{"type":"input_image","image_url":"${picture(1_000_000)}"}`, bytes, 40)}]`,
    },
    'empty objects': { in: 'list', of: listOf('{}', Number.POSITIVE_INFINITY) },
    'empty objects, below the limit': { in: 'list', of: listOf('{}', MOST_VALUES) },
    'wrong messages': { in: 'list', of: listOf('{"role":7}', MOST_VALUES / 2) },
    messages: { in: 'list', of: listOf('{"role":"user","content":"x"}', MOST_VALUES / 5) },
    texts: { in: 'list', of: listOf('"a"', MOST_VALUES) },
    numbers: { in: 'list', of: listOf('1', 490_000) },
    nulls: { in: 'list', of: listOf('null', 490_000) },
    'lists of numbers': { in: 'list', of: listOf('[1,2,3]', MOST_VALUES) },
    parts: { in: 'content', of: listOf('{"type":"text","text":"x"}', MOST_VALUES / 6) },
    'wrong parts': { in: 'content', of: listOf('{}', MOST_VALUES) },
    'unknown parts': { in: 'content', of: listOf('{"type":"zz","b":"x"}', MOST_VALUES / 6) },
    'nested parts': { in: 'content', of: nestedParts },
    'brackets that never close': { in: 'unknown', of: (bytes) => '['.repeat(bytes) },
    'a hundred levels': {
      in: 'unknown',
      of: (bytes) => `${'['.repeat(100)}${repeat(() => '{}', bytes, MOST_VALUES)}${']'.repeat(100)}`,
    },
    'a wide object': { in: 'unknown', of: (bytes) => wide(bytes, Number.POSITIVE_INFINITY) },
    'a wide object, below the limit': { in: 'unknown', of: (bytes) => wide(bytes, MOST_NAMES) },
    'wide objects': { in: 'unknown', of: wideObjects },
    'one name, again and again': { in: 'unknown', of: (bytes) => `{${repeat(() => '"a":1', bytes, MOST_NAMES)}}` },
    digits: { in: 'unknown', of: (bytes) => '1'.repeat(bytes) },
    blanks: { in: 'unknown', of: (bytes) => `[${' '.repeat(bytes)}]` },
    'texts of twenty kilobytes': { in: 'unknown', of: listOf(`"${'x'.repeat(20_000)}"`, MOST_VALUES) },
    'what is no JSON': { in: 'unknown', of: (bytes) => `[${repeat(() => '{"a":"b"}', bytes, MOST_VALUES / 4)}` },
  };

/** A request, and what it is called. */
export interface LongBody {
  readonly surface: string;
  readonly shape: string;
  readonly request: LongRequest;
}

/** Null: the surface has no place for the shape. */
export function makeBody(surface: string, shape: string, bytes: number): LongBody | null {
  const place = surfaces[surface];
  const form = shapes[shape];
  const wrap = place && form && place[form.in];
  if (typeof wrap !== 'function' || !place || !form) return null;
  const { path, type, headers, byKey = false } = place;
  const body = Buffer.from(wrap(form.of(bytes)));
  return { surface, shape, request: { path, body, byKey, ...(type ? { type } : {}), ...(headers ? { headers } : {}) } };
}

/** Every shape on one surface or another, of a random size. */
export function* randomBodies(seed: number, count: number, most: number): Generator<LongBody> {
  const random = new Random(seed);
  const names = Object.keys(surfaces);
  const forms = Object.keys(shapes);
  for (let made = 0; made < count; ) {
    const shape = forms[made % forms.length] ?? '';
    const surface = names[random.int(0, names.length - 1)] ?? '';
    const body = makeBody(surface, shape, random.int(most / 4, most));
    if (!body || body.request.body.length > most * 1.05) continue;
    made++;
    yield body;
  }
}
