import { z } from 'zod';
import { byType } from '../schemas/by-type.ts';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

/**
 * A text that is kept beside a conversation. The character NUL is refused: databases end a text there, or refuse it. In
 * messages it is allowed, which are kept as JSON.
 */
export const keptText = () => z.string().refine((text) => !text.includes('\0'), 'must not hold the character U+0000');

const TextPart = z.looseObject({ type: z.literal('text'), text: z.string() }).meta({ id: 'TextPart' });

/** An image, always inline: the gateway and its upstreams fetch no addresses. */
export const ImagePart = z
  .looseObject({
    type: z.literal('image_url'),
    image_url: z.looseObject({
      url: z.string().describe('`data:image/<type>;base64,<data>`'),
      detail: z.string().optional(),
    }),
  })
  .meta({ id: 'ImagePart' });
export type ImagePart = z.infer<typeof ImagePart>;

const knownParts = new Set(['text', 'image_url']);

/** Audio, video and files, inline; from the administrator also parts that only the upstream knows. */
const OtherPart = z
  .looseObject({ type: z.string().refine((type) => !knownParts.has(type), { error: 'is malformed', abort: true }) })
  .meta({ id: 'OtherPart' });

export const ContentPart = byType([TextPart, ImagePart], OtherPart).meta({ id: 'ContentPart' });
export type ContentPart = z.infer<typeof ContentPart>;

export const Content = z.union([z.string(), listOf(ContentPart)]);
export type Content = z.infer<typeof Content>;

/** A call that the assistant made. `arguments` is JSON as text, exactly as the model wrote it. */
export const ToolCall = z
  .looseObject({
    id: z.string(),
    type: z.string().optional(),
    function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
  })
  .meta({ id: 'ToolCall' });
export type ToolCall = z.infer<typeof ToolCall>;

/**
 * One message of the prompt. Roles: system, developer, user, assistant, tool, function; unknown fields reach the
 * upstream. Format: OpenAI's chat completions reference.
 */
export const ChatMessage = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: Content.nullish(),
    tool_calls: listOf(ToolCall).nullish(),
    tool_call_id: z.string().nullish(),
    name: z.string().nullish(),
  })
  .meta({ id: 'ChatMessage' });
export type ChatMessage = z.infer<typeof ChatMessage>;

export const Tool = z
  .looseObject({
    type: z.string(),
    function: z
      .looseObject({
        name: z.string().min(1),
        description: z.string().nullish(),
        parameters: recordOf(z.string(), z.unknown()).nullish().describe('JSON Schema'),
      })
      .optional(),
  })
  .meta({ id: 'Tool' });
export type Tool = z.infer<typeof Tool>;

export const ToolChoice = z.union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.string() })]);

/** `text`, `json_object`, or `json_schema` with `json_schema: {name, schema, strict}`. */
export const ResponseFormat = z
  .looseObject({
    type: z.string(),
    json_schema: z.looseObject({ schema: recordOf(z.string(), z.unknown()).optional() }).optional(),
  })
  .meta({ id: 'ResponseFormat' });
