import { z } from 'zod';
import { errorCatalog } from '../../../contracts/errors.ts';
import type { Gateway } from '../../support/start-gateway.ts';
import { tools } from '../requests.ts';
import { readChat, readChatStream } from './read-chat.ts';
import { readMessage, readMessageStream } from './read-message.ts';
import { readResponse, readResponseStream } from './read-response.ts';
import type { Said } from './said.ts';

/** The addresses at which clients ask for chats. */
export const surfaces = ['v1', 'c1', 'responses', 'messages'] as const;
export type Surface = (typeof surfaces)[number];

export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly stream: boolean;
  /** Nothing is kept of it, where the surface can do without. */
  readonly unstored: boolean;
}

const functions = tools.map(({ function: one }) => one);

function requestOf(surface: Surface, { model, prompt, stream, unstored }: Question): [path: string, body: object] {
  switch (surface) {
    case 'v1':
      return ['/v1/chat/completions', { model, stream, tools, messages: [{ role: 'user', content: prompt }] }];
    case 'c1':
      return ['/c1/chat', { model, stream, tools, message: prompt }];
    case 'responses': {
      const flat = functions.map((one) => ({ type: 'function', ...one }));
      return ['/v1/responses', { model, stream, tools: flat, input: prompt, ...(unstored ? { store: false } : {}) }];
    }
    case 'messages': {
      const own = functions.map(({ name, description, parameters: schema }) => ({
        name,
        description,
        input_schema: schema,
      }));
      const content = [{ type: 'text', text: prompt }];
      return ['/v1/messages', { model, stream, max_tokens: 500, tools: own, messages: [{ role: 'user', content }] }];
    }
  }
}

const readers = {
  v1: { json: readChat, stream: readChatStream },
  c1: { json: readChat, stream: readChatStream },
  responses: { json: readResponse, stream: readResponseStream },
  messages: { json: readMessage, stream: readMessageStream },
} as const satisfies Record<Surface, object>;

const ErrorBody = z.object({ error: z.object({ code: z.string().optional(), type: z.string() }) });

const isDocumented = (code: string): boolean => code in errorCatalog && code !== 'internal_error';

/** An answer as its client sees it, and the conversation that it is kept in. */
export async function ask(gateway: Gateway, surface: Surface, question: Question) {
  const [path, body] = requestOf(surface, question);
  const response = await gateway.call('POST', path, body);
  const text = await response.text();
  const said: Said = { text: '', calls: [], error: null, faults: [] };
  if (response.status !== 200) {
    const { error } = ErrorBody.parse(JSON.parse(text));
    said.error = error.code ?? error.type;
    if (response.status === 500) said.faults.push('the status is 500');
  } else readers[surface][question.stream ? 'stream' : 'json'](text, said);
  if (said.error !== null && !isDocumented(said.error)) said.faults.push(`the error ${said.error} is in no catalog`);
  if (text.includes('[object Object]')) said.faults.push('[object Object]');
  return { said, conversation: response.headers.get('x-conversation-id') };
}
