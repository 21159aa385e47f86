import type { Tool } from './tool.ts';

const exportKey = { say: 'In the shell:', language: 'sh', code: 'export DUPLEX_API_KEY={{key}}' } as const;

/** SDKs. The JavaScript is run by the tests as it stands. */
export const libraries = {
  'openai-sdk': {
    title: 'OpenAI SDKs',
    guide: 'connect.md',
    steps: [
      exportKey,
      {
        say: 'In JavaScript (`npm install openai`):',
        language: 'js',
        code: `
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '{{url}}/v1', apiKey: process.env.DUPLEX_API_KEY });
const completion = await client.chat.completions.create({
  model: '{{model}}',
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(completion.choices[0].message.content);
`,
      },
      {
        say: 'In Python (`pip install openai`):',
        language: 'python',
        code: `
import os
from openai import OpenAI

client = OpenAI(base_url="{{url}}/v1", api_key=os.environ["DUPLEX_API_KEY"])
completion = client.chat.completions.create(
    model="{{model}}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(completion.choices[0].message.content)
`,
      },
    ],
  },
  'anthropic-sdk': {
    title: 'Anthropic SDKs',
    guide: 'connect.md',
    steps: [
      exportKey,
      {
        say: 'In JavaScript (`npm install @anthropic-ai/sdk`), without `/v1`:',
        language: 'js',
        code: `
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '{{url}}', apiKey: process.env.DUPLEX_API_KEY });
const message = await client.messages.create({
  model: '{{model}}',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(message.content.find((block) => block.type === 'text')?.text);
`,
      },
      {
        say: 'In Python (`pip install anthropic`), without `/v1`:',
        language: 'python',
        code: `
import os
from anthropic import Anthropic

client = Anthropic(base_url="{{url}}", api_key=os.environ["DUPLEX_API_KEY"])
message = client.messages.create(
    model="{{model}}",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello"}],
)
print(next(block.text for block in message.content if block.type == "text"))
`,
      },
    ],
  },
  'ai-sdk': {
    title: 'AI SDK',
    guide: 'connect.md',
    steps: [
      exportKey,
      {
        say: 'In JavaScript (`npm install ai @ai-sdk/openai-compatible`):',
        language: 'js',
        code: `
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';

const duplex = createOpenAICompatible({
  name: 'duplex',
  baseURL: '{{url}}/v1',
  apiKey: process.env.DUPLEX_API_KEY,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const { text } = await generateText({ model: duplex('{{model}}'), prompt: 'Hello' });
console.log(text);
`,
      },
    ],
  },
  langchain: {
    title: 'LangChain',
    guide: 'connect.md',
    steps: [
      exportKey,
      {
        say: 'In JavaScript (`npm install @langchain/openai @langchain/core`):',
        language: 'js',
        code: `
import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({
  model: '{{model}}',
  apiKey: process.env.DUPLEX_API_KEY,
  configuration: { baseURL: '{{url}}/v1' },
});
console.log((await model.invoke('Hello')).text);
`,
      },
      {
        say: 'In Python (`pip install langchain-openai`):',
        language: 'python',
        code: `
import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(
    model="{{model}}",
    base_url="{{url}}/v1",
    api_key=os.environ["DUPLEX_API_KEY"],
)
print(model.invoke("Hello").text)
`,
      },
    ],
  },
} as const satisfies Record<string, Tool>;
