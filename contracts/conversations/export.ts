import { z } from 'zod';
import { ConversationRef, EraseUserRequest } from './conversation.ts';

const format = z
  .enum(['json', 'markdown', 'openai'])
  .default('json')
  .describe('`json` has everything that is stored; `openai` has the messages in the form of chat completions.');

/** `GET /c1/conversations/{conversation_id}/export` */
export const ExportRequest = ConversationRef.extend({ format }).meta({ id: 'ExportRequest' });
export type ExportRequest = z.infer<typeof ExportRequest>;

/** `GET /c1/conversations/export`: all of an end user. */
export const ExportUserRequest = z
  .object({
    user_id: EraseUserRequest.shape.user_id.describe('The end user whose conversations are exported.'),
    format,
  })
  .meta({ id: 'ExportUserRequest' });
export type ExportUserRequest = z.infer<typeof ExportUserRequest>;

export type ExportFormatName = ExportRequest['format'];
