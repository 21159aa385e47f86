import { type Body, paths, type Surface } from '../draft.ts';
import { toPython } from './python-literal.ts';

export const sampleKinds = ['curl', 'client', 'openai', 'python', 'json'] as const;
export type SampleKind = (typeof sampleKinds)[number];

export interface SampleRequest {
  /** Without a slash at its end. */
  readonly url: string;
  readonly surface: Surface;
  readonly body: Body;
}

const indent = (text: string, by: string) => text.replaceAll('\n', `\n${by}`);
const json = (body: unknown) => JSON.stringify(body, null, 2);

/** An object of TypeScript: names need no quotes. */
const object = (body: unknown) => json(body).replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, '$1$2:');

function without(body: Body, ...names: string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

function curl({ url, surface, body }: SampleRequest): string {
  const flag = body.stream === true ? '-N ' : '';
  return [
    `curl ${flag}${url}${paths[surface]} \\`,
    '  -H "Authorization: Bearer $BEARER" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '${indent(json(body).replaceAll("'", "'\\''"), '  ')}'`,
  ].join('\n');
}

const clientCalls: Record<Surface, readonly [string, string]> = {
  chat: ['streamChat', "chunk.choices[0]?.delta.content ?? ''"],
  turn: ['streamTurn', "chunk.choices[0]?.delta.content ?? ''"],
  responses: ['streamResponse', "chunk.type === 'response.output_text.delta' ? (chunk.delta ?? '') : ''"],
  messages: ['streamMessage', "chunk.delta?.text ?? ''"],
};

function client({ url, surface, body }: SampleRequest): string {
  const [name, text] = clientCalls[surface];
  return `import { createGateway } from '@duplex/client';

const gateway = createGateway({ baseUrl: '${url}', apiKey: process.env.BEARER ?? '' });
const stream = gateway.${name}(${object(without(body, 'stream'))});
for await (const chunk of stream) {
  process.stdout.write(${text});
}
await gateway.close();`;
}

const openaiClient = (url: string) => `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${url}/v1', apiKey: process.env.BEARER });`;

function openai({ url, surface, body }: SampleRequest): string {
  switch (surface) {
    case 'chat':
      return `${openaiClient(url)}
const stream = await client.chat.completions.create(${object(body)});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
}`;
    case 'responses':
      return `${openaiClient(url)}
const stream = await client.responses.create(${object(body)});
for await (const event of stream) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
}`;
    case 'messages':
      return `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${url}', apiKey: process.env.BEARER });
const stream = client.messages.stream(${object(without(body, 'stream'))});
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();`;
    case 'turn':
      return `// OpenAI's client knows no conversations: fetch sends the turn.
const response = await fetch('${url}/c1/chat', {
  method: 'POST',
  headers: { authorization: \`Bearer \${process.env.BEARER}\`, 'content-type': 'application/json' },
  body: JSON.stringify(${indent(object(without(body, 'stream', 'stream_options')), '  ')}),
});
console.log(response.headers.get('x-conversation-id'));
console.log((await response.json()).choices[0].message.content);`;
  }
}

const pythonArguments = (body: Body) =>
  Object.entries(body)
    .map(([name, value]) => `    ${name}=${indent(toPython(value), '    ')},`)
    .join('\n');

const pythonClient = (url: string) => `import os
from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key=os.environ["BEARER"])`;

function python({ url, surface, body }: SampleRequest): string {
  switch (surface) {
    case 'chat':
      return `${pythonClient(url)}
stream = client.chat.completions.create(
${pythonArguments(body)}
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")`;
    case 'responses':
      return `${pythonClient(url)}
stream = client.responses.create(
${pythonArguments(body)}
)
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="")`;
    case 'messages':
      return `import os
from anthropic import Anthropic

client = Anthropic(base_url="${url}", api_key=os.environ["BEARER"])
with client.messages.stream(
${pythonArguments(without(body, 'stream'))}
) as stream:
    for text in stream.text_stream:
        print(text, end="")`;
    case 'turn':
      return `import os
import requests

answer = requests.post(
    "${url}/c1/chat",
    headers={"Authorization": f"Bearer {os.environ['BEARER']}"},
    json=${indent(toPython(without(body, 'stream', 'stream_options')), '    ')},
)
print(answer.headers["x-conversation-id"])
print(answer.json()["choices"][0]["message"]["content"])`;
  }
}

const makers: Record<SampleKind, (request: SampleRequest) => string> = {
  curl,
  client,
  openai,
  python,
  json: ({ body }) => json(body),
};

/** A program that sends the request. The key stays out: it is read from `BEARER`. */
export const makeSample = (kind: SampleKind, request: SampleRequest): string => makers[kind](request);
