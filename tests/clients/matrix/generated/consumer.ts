// Compiled beside what the generators make of /openapi.json, and run against a gateway: prints what the two clients were told.
import createClient from 'openapi-fetch';
import type { paths } from './api.js';
import { client } from './hey/client.gen.js';
import { apiKeysCreate, apiKeysList, c1ChatCreate, conversationsList, v1ChatCreate } from './hey/index.js';

const baseUrl = process.env.GATEWAY_URL ?? '';
const headers = { authorization: `Bearer ${process.env.GATEWAY_KEY}` };
const model = 'llama-4-scout';
const question = { model, messages: [{ role: 'user' as const, content: 'In one word: capital of Italy?' }] };

interface Answered {
  readonly object: string;
  readonly choices: readonly object[];
}

/** Both clients say of a chat that it may also be a chunk of a stream. */
function textOf(data: Answered | undefined): string {
  const [choice = {}] = data?.object === 'chat.completion' ? data.choices : [];
  const message = 'message' in choice ? choice.message : undefined;
  const content = typeof message === 'object' && message && 'content' in message ? message.content : '';
  return typeof content === 'string' ? content : '';
}

async function withOpenApiFetch() {
  const api = createClient<paths>({ baseUrl, headers });
  const chat = await api.POST('/v1/chat/completions', { body: question });
  const stream = await api.POST('/v1/chat/completions', { body: { ...question, stream: true }, parseAs: 'text' });
  const turn = await api.POST('/c1/chat', { body: { model, message: 'My favourite colour is teal. Remember that.' } });
  const conversations = await api.GET('/c1/conversations', { params: { query: { limit: 5 } } });
  const made = await api.POST('/api/keys', { body: { name: 'generated', requests_per_minute: 60 } });
  const keys = await api.GET('/api/keys', { params: { query: { limit: 1 } } });
  return {
    chat: textOf(chat.data),
    stream: String(stream.data).trimEnd().endsWith('data: [DONE]'),
    turn: textOf(turn.data) !== '',
    conversations: conversations.data?.items.length ?? 0,
    key: made.data?.key.startsWith('sk-') ?? false,
    keys: keys.data?.items[0]?.name,
  };
}

async function withHeyApi() {
  client.setConfig({ baseUrl, headers });
  const chat = await v1ChatCreate({ body: question });
  const stream = await v1ChatCreate({ body: { ...question, stream: true }, parseAs: 'text' });
  const turn = await c1ChatCreate({ body: { model, message: 'My favourite colour is teal. Remember that.' } });
  const conversations = await conversationsList({ query: { limit: 5 } });
  const made = await apiKeysCreate({ body: { name: 'generated', requests_per_minute: 60 } });
  const keys = await apiKeysList({ query: { limit: 1 } });
  return {
    chat: textOf(chat.data),
    stream: String(stream.data).trimEnd().endsWith('data: [DONE]'),
    turn: textOf(turn.data) !== '',
    conversations: conversations.data?.items.length ?? 0,
    key: made.data?.key.startsWith('sk-') ?? false,
    keys: keys.data?.items[0]?.name,
  };
}

const openApiFetch = await withOpenApiFetch();
const heyApi = await withHeyApi();
console.log(JSON.stringify({ openApiFetch, heyApi }));
