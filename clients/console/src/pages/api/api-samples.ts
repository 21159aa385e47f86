export type Endpoint = 'chat' | 'streaming' | 'embeddings' | 'images';
export type ApiLanguage = 'curl' | 'typescript' | 'python';

interface EndpointFacts {
  readonly path: string;
  /** Without its ending. */
  readonly file: string;
}

export const endpoints: Record<Endpoint, EndpointFacts> = {
  chat: { path: '/v1/chat/completions', file: 'chat-completions' },
  streaming: { path: '/v1/chat/completions', file: 'streaming' },
  embeddings: { path: '/v1/embeddings', file: 'embeddings' },
  images: { path: '/v1/images/generations', file: 'images' },
};

interface Place {
  /** The gateway's address, without a slash at its end. */
  readonly url: string;
  readonly model: string;
}

const bodies: Record<Endpoint, (model: string) => object> = {
  chat: (model) => ({
    model,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Hello!' },
    ],
  }),
  streaming: (model) => ({ model, stream: true, messages: [{ role: 'user', content: 'Tell me a short story.' }] }),
  embeddings: (model) => ({ model, input: 'The quick brown fox' }),
  images: (model) => ({ model, prompt: 'A lighthouse at dusk', size: '1024x1024' }),
};

const indented = (text: string, by: string) => text.replaceAll('\n', `\n${by}`);

function curl(endpoint: Endpoint, { url, model }: Place): string {
  const flag = endpoint === 'streaming' ? '-N ' : '';
  const body = indented(JSON.stringify(bodies[endpoint](model), null, 2), '  ');
  return `curl ${flag}${url}${endpoints[endpoint].path} \\
  -H "Authorization: Bearer $BEARER" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`;
}

const tsCalls: Record<Endpoint, (body: string) => string> = {
  chat: (body) => `const completion = await client.chat.completions.create(${body});
console.log(completion.choices[0]?.message.content);`,
  streaming: (body) => `const stream = await client.chat.completions.create(${body});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');`,
  embeddings: (body) => `const { data } = await client.embeddings.create(${body});
console.log(data[0]?.embedding.length);`,
  images: (body) => `const { data } = await client.images.generate(${body});
console.log(data?.[0]?.b64_json?.length);`,
};

function typescript(endpoint: Endpoint, { url, model }: Place): string {
  const body = JSON.stringify(bodies[endpoint](model), null, 2).replace(/^(\s*)"(\w+)":/gm, '$1$2:');
  return `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${url}/v1', apiKey: process.env.BEARER });
${tsCalls[endpoint](body)}`;
}

const pyCalls: Record<Endpoint, (model: string) => string> = {
  chat: (model) => `completion = client.chat.completions.create(
    model="${model}",
    messages=[
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello!"},
    ],
)
print(completion.choices[0].message.content)`,
  streaming: (model) => `stream = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Tell me a short story."}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")`,
  embeddings: (model) => `answer = client.embeddings.create(model="${model}", input="The quick brown fox")
print(len(answer.data[0].embedding))`,
  images: (model) => `answer = client.images.generate(
    model="${model}", prompt="A lighthouse at dusk", size="1024x1024"
)
print(len(answer.data[0].b64_json or ""))`,
};

const python = (endpoint: Endpoint, { url, model }: Place): string => `import os
from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key=os.environ["BEARER"])
${pyCalls[endpoint](model)}`;

const makers: Record<ApiLanguage, (endpoint: Endpoint, place: Place) => string> = { curl, typescript, python };

/** A program that calls an endpoint of this gateway. */
export const makeApiSample = (endpoint: Endpoint, language: ApiLanguage, place: Place): string =>
  makers[language](endpoint, place);
