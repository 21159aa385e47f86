import { z } from 'zod';
import { Usage } from '../chat/completion.ts';
import { ChatMessage } from '../chat/message.ts';
import { listOf } from '../schemas/list-of.ts';
import { MessageStatus } from './status.ts';

const time = z.iso.datetime().transform((text) => new Date(text));

const ExportedMessage = z.object({
  id: z.string(),
  parent_id: z.string().nullable(),
  turn_id: z.string(),
  role: z.enum(['user', 'assistant', 'tool', 'system', 'developer']),
  status: MessageStatus,
  model: z.string().nullable(),
  finish_reason: z.string().nullable(),
  reasoning: z.string().nullable(),
  usage: Usage.nullable(),
  created_at: time,
  summary: z.object({ text: z.string(), model: z.string(), created_at: time }).nullish(),
  message: z.unknown(),
});

const ExportedResponse = z.object({
  id: z.string(),
  first_seq: z.int().min(1),
  answer_seq: z.int().min(1),
  request: z.unknown(),
  output: z.unknown(),
  error: z.unknown(),
  created_at: time,
  ended_at: time.nullable(),
});

/** A conversation as `GET /c1/conversations/{id}/export` writes it. */
export const ExportedConversation = z.object({
  version: z.literal(1, { error: 'is of a newer version of this program' }),
  conversation: z.object({
    id: z.string(),
    title: z.string().nullable(),
    title_source: z.enum(['message', 'model', 'user']).nullish(),
    user_id: z.string().nullable(),
    model: z.string().nullable(),
    system_prompt: z.string().nullable(),
    metadata: z.unknown(),
    head_message_id: z.string().nullish(),
    created_at: time,
    last_used_at: time,
  }),
  messages: listOf(ExportedMessage),
  responses: listOf(ExportedResponse),
});

/** Messages as a request of chat completions has them, and as files for fine-tuning do. */
export const MessageFile = z.object({ messages: listOf(ChatMessage), title: z.string().nullish() });

/** `conversations.json` of ChatGPT's data export. Fields that are not read here come and go. */
export const ChatGptConversation = z.looseObject({
  id: z.string().nullish(),
  conversation_id: z.string().nullish(),
  title: z.string().nullish(),
  current_node: z.string().nullish(),
  default_model_slug: z.string().nullish(),
});

/** A message of it. */
export const ChatGptMessage = z.looseObject({
  author: z.looseObject({ role: z.string() }),
  recipient: z.string().nullish(),
  content: z.looseObject({ content_type: z.string() }),
  metadata: z.looseObject({ model_slug: z.string().nullish() }).nullish(),
});
export type ChatGptMessage = z.infer<typeof ChatGptMessage>;

/** A chat of Open WebUI's export. */
export const OpenWebUiChat = z.looseObject({
  id: z.string().nullish(),
  title: z.string().nullish(),
  chat: z.looseObject({
    title: z.string().nullish(),
    system: z.string().nullish(),
    models: listOf(z.string()).nullish(),
    history: z.looseObject({ currentId: z.string().nullish() }).nullish(),
  }),
});

/** A message of it. */
export const OpenWebUiMessage = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.string() });

export type OpenWebUiMessage = z.infer<typeof OpenWebUiMessage>;
