import { z } from 'zod';
import { EndUser, InputItem, Page } from '../responses/item.ts';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

/** Key-value pairs that a client keeps with a conversation. */
/** At most 16 pairs, as OpenAI has it. */
export const Metadata = recordOf(z.string().max(64), z.string().max(512)).refine(
  (pairs) => Object.keys(pairs).length <= 16,
  { error: 'At most 16 pairs.' },
);
const conversation_id = z.string().min(1);

/** `POST /v1/conversations`. Format: OpenAI's API reference, "Conversations". */
export const CreateConversationRequest = z
  .object({
    items: listOf(InputItem).max(20).nullish().describe('What it begins with.'),
    metadata: Metadata.nullish(),
    user: EndUser,
  })
  .meta({ id: 'CreateConversationRequest' });
export type CreateConversationRequest = z.infer<typeof CreateConversationRequest>;

export const OpenAiConversationRef = z.object({ conversation_id, user: EndUser }).meta({ id: 'OpenAiConversationRef' });
export type OpenAiConversationRef = z.infer<typeof OpenAiConversationRef>;

/** `POST /v1/conversations/{conversation_id}` */
export const SetMetadataRequest = OpenAiConversationRef.extend({ metadata: Metadata.nullable() }).meta({
  id: 'SetMetadataRequest',
});
export type SetMetadataRequest = z.infer<typeof SetMetadataRequest>;

/** A conversation in OpenAI's shape; the same one that `/c1` knows under this id. */
export const OpenAiConversation = z
  .object({
    id: z.string(),
    object: z.literal('conversation'),
    created_at: z.number().describe('Unix time, in seconds.'),
    metadata: Metadata,
  })
  .meta({ id: 'OpenAiConversation' });
export type OpenAiConversation = z.infer<typeof OpenAiConversation>;

/** `POST /v1/conversations/{conversation_id}/items` */
export const AddItemsRequest = OpenAiConversationRef.extend({
  items: listOf(InputItem).min(1).max(20),
}).meta({ id: 'AddItemsRequest' });
export type AddItemsRequest = z.infer<typeof AddItemsRequest>;

/** `GET /v1/conversations/{conversation_id}/items` */
export const ListItemsRequest = OpenAiConversationRef.extend({ ...Page }).meta({
  id: 'ListItemsRequest',
});
export type ListItemsRequest = z.infer<typeof ListItemsRequest>;

/** `GET /v1/conversations/{conversation_id}/items/{item_id}` */
export const ItemRef = OpenAiConversationRef.extend({
  item_id: z.string().min(1),
  include: Page.include,
}).meta({ id: 'ItemRef' });
export type ItemRef = z.infer<typeof ItemRef>;

/** `GET /v1/responses/{response_id}/input_items` */
export const ListInputItemsRequest = z
  .object({ response_id: z.string().min(1), user: EndUser, ...Page })
  .meta({ id: 'ListInputItemsRequest' });
export type ListInputItemsRequest = z.infer<typeof ListInputItemsRequest>;
