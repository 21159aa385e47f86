import { z } from 'zod';
import { Usage } from '../chat/completion.ts';
import { Content, keptText, ToolCall } from '../chat/message.ts';
import { RunInProgress } from '../runs/run.ts';
import { listOf } from '../schemas/list-of.ts';
import { MessageStatus } from './status.ts';

export const StoredMessage = z
  .object({
    id: z.string(),
    seq: z.int().describe('In the order in which the messages of all branches were added, from 1, without gaps.'),
    parent_id: z.string().nullable().describe('The message that this one follows; null on a first one.'),
    siblings: z
      .object({
        ids: listOf(z.string()).describe('In the order in which they were added.'),
        position: z.int().describe('Of this message among them, from 1.'),
      })
      .optional()
      .describe('On the active path: the ids of this message and of its siblings, which follow the same message.'),
    role: z.enum(['user', 'assistant', 'tool', 'system', 'developer']),
    content: Content.nullable(),
    reasoning_content: z.string().optional(),
    tool_calls: listOf(ToolCall).optional(),
    tool_call_id: z.string().optional(),
    is_error: z.boolean().optional().describe('True on the result of a tool that failed.'),
    status: MessageStatus,
    model: z.string().nullable().describe('The alias that answered; null on messages of the user.'),
    finish_reason: z.string().nullable(),
    usage: Usage.nullable(),
    created_at: z.iso.datetime(),
    summary: z
      .object({
        text: z.string(),
        model: z.string().describe('The alias that wrote it.'),
        created_at: z.iso.datetime(),
      })
      .optional()
      .describe(
        'A summary of this message and everything before it on its path. With `overflow: "summarize"`, prompts have it in their place.',
      ),
    media_omitted: z.int().optional().describe('With `media=omit`: how many parts came without their data.'),
  })
  .meta({ id: 'StoredMessage' });
export type StoredMessage = z.infer<typeof StoredMessage>;

export const ConversationSummary = z
  .object({
    id: z.string(),
    title: z.string().nullable(),
    title_source: z
      .enum(['message', 'model', 'user'])
      .nullable()
      .describe(
        'Where the title is from: the first message, the model of `titles` in the models file, or a client that set it. Null ' +
          'without a title.',
      ),
    user_id: z.string().nullable(),
    model: z.string().nullable().describe('The alias of the last turn.'),
    message_count: z.int().describe('Of all branches.'),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
  })
  .meta({ id: 'ConversationSummary' });
export type ConversationSummary = z.infer<typeof ConversationSummary>;

/** A conversation without its messages. */
export const ConversationHead = ConversationSummary.extend({
  system_prompt: z.string().nullable(),
  head_message_id: z
    .string()
    .nullable()
    .describe('The last message of the active path. The next turn follows it. Null when there are no messages.'),
}).meta({ id: 'ConversationHead' });
export type ConversationHead = z.infer<typeof ConversationHead>;

export const Conversation = ConversationHead.extend({
  messages: listOf(StoredMessage).describe(
    'Those of the active path in order; with `view=tree` those of all branches.',
  ),
  has_more: z
    .boolean()
    .describe('Whether there are more in the direction of reading: earlier ones with `before`, otherwise later ones.'),
  runs: listOf(RunInProgress).describe('The answers that are being made: watch them at `/c1/runs/{run_id}/events`.'),
}).meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof Conversation>;

const user_id = keptText().min(1).max(256).nullish().describe('The end user whose conversations these are.');

const cursor = (what: string) => z.string().min(1).max(500).optional().describe(what);

/** `GET /c1/conversations`: the most recently used first. With `q`, only matching conversations, each with an excerpt. */
export const ListConversationsRequest = z
  .object({
    limit: z.int().min(1).max(100).optional().describe('Default 20.'),
    offset: z.int().min(0).optional().describe('Default 0. Rows shift while conversations are used: prefer `cursor`.'),
    cursor: cursor('The `next_cursor` of the page before; the same as `after`.'),
    after: cursor('What follows this `next_cursor` or, without `q`, this id of a conversation.'),
    before: cursor('The last ones before this `prev_cursor` or, without `q`, this id of a conversation.'),
    q: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe(
        'Words that a title or a message must contain, in any order. The last one may be the beginning of a word.',
      ),
    user_id,
  })
  .meta({ id: 'ListConversationsRequest' });
export type ListConversationsRequest = z.infer<typeof ListConversationsRequest>;

export const ConversationList = z
  .object({
    items: listOf(
      ConversationSummary.extend({
        in_progress: z.boolean().describe('Whether an answer is being made in it.'),
        excerpt: z.string().optional().describe('With `q`: the text around the match, matches in `[` `]`.'),
        message_id: z.string().optional().describe('With `q`: the message that matches; absent where the title does.'),
        on_active_path: z.boolean().optional().describe('With `message_id`: whether it is on the active path.'),
      }),
    ),
    total: z.int(),
    total_is_lower_bound: z.literal(true).optional().describe('There are more: a search counts the first 1,000 only.'),
    limit: z.int(),
    offset: z.int(),
    next_cursor: z.string().nullable().describe('Pass it as `cursor` for the next page; null on the last one.'),
    prev_cursor: z.string().nullable().describe('Pass it as `before` for the page before; null on the first one.'),
  })
  .meta({ id: 'ConversationList' });
export type ConversationList = z.infer<typeof ConversationList>;

/** `GET` and `DELETE /c1/conversations/{conversation_id}`. */
export const ConversationRef = z
  .object({ conversation_id: z.string().min(1), user_id })
  .meta({ id: 'ConversationRef' });
export type ConversationRef = z.infer<typeof ConversationRef>;

/** `GET /c1/conversations/{conversation_id}`: the first messages, or those beside a cursor. */
export const GetConversationRequest = ConversationRef.extend({
  limit: z.int().min(1).max(1000).optional().describe('Default 1000.'),
  after: cursor('The messages that follow this id of a message. It may be deleted.'),
  before: cursor('The last messages before this id of a message. It may be deleted.'),
  view: z
    .enum(['path', 'tree'])
    .optional()
    .describe('`path` (default): the messages of the active path. `tree`: those of all branches, as they were added.'),
  media: z.enum(['include', 'omit']).optional().describe('`omit` leaves the data of pictures, sound and files out.'),
}).meta({ id: 'GetConversationRequest' });
export type GetConversationRequest = z.infer<typeof GetConversationRequest>;

/** `DELETE /c1/conversations`: all of an end user. */
export const EraseUserRequest = z
  .object({ user_id: keptText().min(1).max(256).describe('The end user whose conversations are deleted.') })
  .meta({ id: 'EraseUserRequest' });
export type EraseUserRequest = z.infer<typeof EraseUserRequest>;

export const UserErased = z
  .object({
    object: z.literal('conversations.deleted'),
    user_id: z.string(),
    deleted: z.object({ conversations: z.int(), messages: z.int(), responses: z.int(), runs: z.int() }),
  })
  .meta({ id: 'UserErased' });
export type UserErased = z.infer<typeof UserErased>;

/** `PATCH /c1/conversations/{conversation_id}`: null clears a text, an absent field stays. */
export const UpdateConversationRequest = ConversationRef.extend({
  title: keptText().max(500).nullish(),
  system_prompt: keptText().nullish(),
  head_message_id: z
    .string()
    .min(1)
    .optional()
    .describe('The message that becomes the end of the active path. The next turn follows it.'),
}).meta({ id: 'UpdateConversationRequest' });
export type UpdateConversationRequest = z.infer<typeof UpdateConversationRequest>;

export const ConversationDeleted = z
  .object({ id: z.string(), object: z.literal('conversation.deleted'), deleted: z.literal(true) })
  .meta({ id: 'ConversationDeleted' });
export type ConversationDeleted = z.infer<typeof ConversationDeleted>;

/** `POST /c1/conversations/{conversation_id}/fork` */
export const ForkConversationRequest = ConversationRef.extend({
  message_id: z
    .string()
    .min(1)
    .nullish()
    .describe('The last message of the path that is copied; default: the head of the conversation.'),
}).meta({ id: 'ForkConversationRequest' });
export type ForkConversationRequest = z.infer<typeof ForkConversationRequest>;

/** `DELETE /c1/conversations/{conversation_id}/messages/{message_id}` */
export const MessageRef = ConversationRef.extend({ message_id: z.string().min(1) }).meta({ id: 'MessageRef' });
export type MessageRef = z.infer<typeof MessageRef>;

export const MessageDeleted = z
  .object({
    id: z.string(),
    object: z.literal('message.deleted'),
    deleted: z.literal(true),
    messages: z.int().describe('How many messages were deleted: it and all that followed it.'),
    head_message_id: z.string().nullable().describe('Where the active path ends now.'),
  })
  .meta({ id: 'MessageDeleted' });
export type MessageDeleted = z.infer<typeof MessageDeleted>;
