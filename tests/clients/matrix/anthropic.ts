import Anthropic from '@anthropic-ai/sdk';
import { type MatrixClient, person, type Where, weather, weatherIn } from './client.ts';

const open = ({ url, apiKey }: Where) => new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
const tools = [{ name: weather.name, description: weather.description, input_schema: weather.parameters }];
const MAX_TOKENS = 500;

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const cityIn = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'city' in input ? String(input.city) : '';

export const anthropicSdk: MatrixClient = {
  name: '@anthropic-ai/sdk 1, messages',
  async plain(where, content) {
    const request = { model: where.model, max_tokens: MAX_TOKENS, messages: [{ role: 'user' as const, content }] };
    return textOf(await open(where).messages.create(request));
  },
  async stream(where, content) {
    const request = { model: where.model, max_tokens: MAX_TOKENS, messages: [{ role: 'user' as const, content }] };
    return await open(where).messages.stream(request).finalText();
  },
  async tools(where, content) {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content }];
    const request = { model: where.model, max_tokens: MAX_TOKENS, tools, messages };
    const first = await open(where).messages.stream(request).finalMessage();
    const results = first.content
      .filter((block) => block.type === 'tool_use')
      .map(({ id, input }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: weatherIn(cityIn(input)),
      }));
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: results });
    return await open(where).messages.stream(request).finalText();
  },
  async structured(where, content) {
    const message = await open(where).messages.create({
      model: where.model,
      max_tokens: MAX_TOKENS,
      messages: [{ role: 'user', content }],
      tools: [{ name: 'person', input_schema: person }],
      tool_choice: { type: 'tool', name: 'person' },
    });
    const [block] = message.content;
    return block?.type === 'tool_use' ? block.input : null;
  },
};
