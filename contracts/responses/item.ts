import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** A content part: `input_text`, `input_image` or `input_file` in requests, `output_text` or `refusal` in responses. */
export const ItemPart = z
  .looseObject({
    type: z.string(),
    text: z.string().nullish(),
    refusal: z.string().nullish(),
    image_url: z.string().nullish().describe('`data:image/<type>;base64,<data>`'),
    detail: z.string().nullish(),
    file_data: z.string().nullish().describe('`data:<type>;base64,<data>`'),
    filename: z.string().nullish(),
    annotations: listOf(z.looseObject({ type: z.string() })).nullish(),
  })
  .meta({ id: 'ItemPart' });
export type ItemPart = z.infer<typeof ItemPart>;

/**
 * One item of a response's input or output: `message` (the type may be left out), `reasoning`, `function_call`,
 * `custom_tool_call` and their outputs, `item_reference`. Format: `InputItem` of OpenAI's OpenAPI document.
 */
export const InputItem = z
  .looseObject({
    type: z.string().nullish(),
    id: z.string().nullish(),
    role: z.enum(['system', 'developer', 'user', 'assistant']).nullish(),
    content: z.union([z.string(), listOf(ItemPart)]).nullish(),
    call_id: z.string().nullish(),
    name: z.string().nullish(),
    namespace: z.string().nullish(),
    arguments: z.string().nullish(),
    input: z.string().nullish(),
    output: z.union([z.string(), listOf(ItemPart)]).nullish(),
    summary: listOf(ItemPart).nullish(),
    encrypted_content: z.string().nullish().describe('Opaque: send it back unchanged.'),
    status: z.string().nullish(),
  })
  .meta({ id: 'InputItem' });
export type InputItem = z.infer<typeof InputItem>;

/** An item that the gateway gives: it has a type, and an id under which it can be referred to while it is stored. */
export const OutputItem = z
  .looseObject({
    type: z.string(),
    id: z.string(),
    role: z.string().optional(),
    status: z.string().optional(),
    content: listOf(ItemPart).optional(),
    phase: z.string().nullish(),
    call_id: z.string().optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
    arguments: z.string().optional(),
    input: z.string().optional(),
    output: z.union([z.string(), listOf(ItemPart)]).optional(),
    summary: listOf(ItemPart).optional(),
    encrypted_content: z.string().nullish(),
    result: z.string().nullish(),
  })
  .meta({ id: 'OutputItem' });
export type OutputItem = z.infer<typeof OutputItem>;

export const OutputItems = listOf(OutputItem);

/** The end user of a request that has no `user` in OpenAI's API. */
export const EndUser = z
  .string()
  .min(1)
  .max(256)
  .nullish()
  .describe("The end user who asks. What belongs to another one's conversation is not found.");

/** A page of items. */
export const ItemList = z
  .object({
    object: z.literal('list'),
    data: listOf(OutputItem),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'ItemList' });
export type ItemList = z.infer<typeof ItemList>;

export const Page = {
  limit: z.int().min(1).max(100).optional().describe('Default 20.'),
  order: z.enum(['asc', 'desc']).optional().describe('Default `desc`.'),
  include: z
    .string()
    .optional()
    .describe(
      '`reasoning.encrypted_content` shows it. `message.input_image.image_url` adds the data of pictures, sounds and files ' +
        'where it has 32 KB or more. Several are parted by commas.',
    ),
  after: z.string().min(1).optional().describe('The id of the item before the page. It may be deleted.'),
};
