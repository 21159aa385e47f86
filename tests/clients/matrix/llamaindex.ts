import { OpenAI } from '@llamaindex/openai';
import { cityOf, type MatrixClient, type Where, weather, weatherIn } from './client.ts';

const open = ({ url, apiKey, model }: Where) => new OpenAI({ model, apiKey, baseURL: `${url}/v1`, maxRetries: 0 });

const textOf = (content: unknown): string => (typeof content === 'string' ? content : JSON.stringify(content));

export const llamaIndex: MatrixClient = {
  name: '@llamaindex/openai, chat completions',
  async plain(where, content) {
    const { message } = await open(where).chat({ messages: [{ role: 'user', content }] });
    return textOf(message.content);
  },
  async stream(where, content) {
    let text = '';
    for await (const { delta } of await open(where).chat({ messages: [{ role: 'user', content }], stream: true })) {
      text += delta;
    }
    return text;
  },
  async tools(where, content) {
    const llm = open(where);
    const tools = [{ metadata: { ...weather }, call: ({ city }: { city: string }) => weatherIn(city) }];
    const asked = { role: 'user' as const, content };
    const { message } = await llm.chat({ messages: [asked], tools });
    const calls = message.options && 'toolCall' in message.options ? message.options.toolCall : [];
    const results = calls.map(({ id, input }) => {
      const result = weatherIn(cityOf(typeof input === 'string' ? input : JSON.stringify(input)));
      return { role: 'user' as const, content: result, options: { toolResult: { id, isError: false, result } } };
    });
    const last = await llm.chat({ messages: [asked, message, ...results], tools });
    return textOf(last.message.content);
  },
  structured: null,
};
