import { z } from 'zod';
import { byType } from '../schemas/by-type.ts';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

/** A mark of Anthropic's prompt cache; other upstreams cache by themselves. */
const CacheControl = z.looseObject({ type: z.string() }).meta({ id: 'MessageCacheControl' });
const CacheMark = { cache_control: CacheControl.nullish() };

const TextBlock = z
  .looseObject({ type: z.literal('text'), text: z.string(), ...CacheMark })
  .meta({ id: 'MessageTextBlock' });

/** `base64` with `media_type` and `data`. The gateway and its upstreams fetch no addresses and keep no files. */
const source = {
  type: z.string(),
  media_type: z.string().nullish(),
  data: z.string().nullish(),
};
const ImageSource = z.looseObject(source).meta({ id: 'MessageImageSource' });

export const ImageBlock = z
  .looseObject({ type: z.literal('image'), source: ImageSource, ...CacheMark })
  .meta({ id: 'MessageImageBlock' });
export type ImageBlock = z.infer<typeof ImageBlock>;

/** A PDF (`base64`), a text (`text`), or blocks (`content`). */
const DocumentSource = z
  .looseObject({ ...source, content: z.union([z.string(), listOf(z.union([TextBlock, ImageBlock]))]).nullish() })
  .meta({ id: 'MessageDocumentSource' });

export const DocumentBlock = z
  .looseObject({
    type: z.literal('document'),
    source: DocumentSource,
    title: z.string().nullish(),
    context: z.string().nullish(),
    ...CacheMark,
  })
  .meta({ id: 'MessageDocumentBlock' });
export type DocumentBlock = z.infer<typeof DocumentBlock>;

/** `signature` is opaque: the signature of the model that made the block. Send it back unchanged. */
const ThinkingBlock = z
  .looseObject({
    type: z.literal('thinking'),
    thinking: z.string(),
    signature: z.string().nullish(),
  })
  .meta({ id: 'MessageThinkingBlock' });
const RedactedThinkingBlock = z
  .looseObject({ type: z.literal('redacted_thinking'), data: z.string() })
  .meta({ id: 'MessageRedactedThinkingBlock' });
const ToolUseBlock = z
  .looseObject({
    type: z.literal('tool_use'),
    id: z.string().min(1),
    name: z.string().min(1),
    input: recordOf(z.string(), z.unknown()),
    ...CacheMark,
  })
  .meta({ id: 'MessageToolUseBlock' });

const known = new Set(['text', 'image', 'document', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result']);

/** Blocks that only some upstreams know, such as those of Anthropic's server tools. */
const OtherBlock = z
  .looseObject({
    type: z.string().refine((type) => !known.has(type), { error: 'is malformed', abort: true }),
  })
  .meta({ id: 'MessageOtherBlock' });

/** The result of a tool call. `tool_reference` names a tool that the model can use from now on. */
const ResultBlock = byType([TextBlock, ImageBlock, DocumentBlock], OtherBlock);
export type ResultBlock = z.infer<typeof ResultBlock>;

const ToolResultBlock = z
  .looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string().min(1),
    content: z.union([z.string(), listOf(ResultBlock)]).nullish(),
    is_error: z.boolean().nullish(),
    ...CacheMark,
  })
  .meta({ id: 'MessageToolResultBlock' });
export type ToolResultBlock = z.infer<typeof ToolResultBlock>;

export const InputBlock = byType(
  [TextBlock, ImageBlock, DocumentBlock, ThinkingBlock, RedactedThinkingBlock, ToolUseBlock, ToolResultBlock],
  OtherBlock,
).meta({ id: 'MessageInputBlock' });
export type InputBlock = z.infer<typeof InputBlock>;

/** One turn; `system` is an instruction amid the history. */
export const InputMessage = z
  .looseObject({
    role: z.enum(['user', 'assistant', 'system']),
    content: z.union([z.string(), listOf(InputBlock)]),
  })
  .meta({ id: 'MessageInput' });
export type InputMessage = z.infer<typeof InputMessage>;

/** A tool that the client runs, or by its `type` one of Anthropic's own. */
export const MessageTool = z
  .looseObject({
    type: z.string().nullish(),
    name: z.string().nullish(),
    description: z.string().nullish(),
    input_schema: recordOf(z.string(), z.unknown()).nullish().describe('JSON Schema'),
    strict: z.boolean().nullish(),
    defer_loading: z.boolean().nullish().describe('Shown to the model once a `tool_reference` names it.'),
    ...CacheMark,
  })
  .meta({ id: 'MessageTool' });
export type MessageTool = z.infer<typeof MessageTool>;

/** Anthropic's `tool_addition` and `tool_removal`: a system turn adds or removes tools for the turns after it. */
export const ToolChangeBlock = z.object({
  type: z.enum(['tool_addition', 'tool_removal']),
  tool: z.union([
    z.object({ type: z.literal('tool_reference'), name: z.string() }),
    z.object({ type: z.literal('tool_definition'), definition: MessageTool.extend({ name: z.string() }) }),
  ]),
});

const PromptFields = {
  model: z.string().min(1).describe('An alias of `GET /v1/models`, or a name that the model map knows.'),
  messages: listOf(InputMessage).min(1),
  system: z.union([z.string(), listOf(TextBlock)]).nullish(),
  tools: listOf(MessageTool).nullish(),
  tool_choice: z
    .looseObject({
      type: z.enum(['auto', 'any', 'tool', 'none']),
      name: z.string().nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  thinking: z.looseObject({ type: z.string(), budget_tokens: z.number().nullish() }).nullish(),
  output_config: z
    .looseObject({
      effort: z.string().nullish(),
      format: z.looseObject({ type: z.string(), schema: recordOf(z.string(), z.unknown()).nullish() }).nullish(),
    })
    .nullish(),
};

/** `POST /v1/messages`. Format: Anthropic's Messages API reference; `?beta=true` and beta headers are tolerated. */
export const MessageRequest = z
  .looseObject({
    ...PromptFields,
    max_tokens: z.int().min(1).describe('The longest answer, in tokens.'),
    stream: z.boolean().nullish(),
    stop_sequences: listOf(z.string()).nullish(),
    temperature: z.number().min(0).max(1).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_k: z.int().min(0).nullish(),
    metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  })
  .meta({ id: 'MessageRequest' });
export type MessageRequest = z.infer<typeof MessageRequest>;

/** `POST /v1/messages/count_tokens`. */
export const TokenCountRequest = z.looseObject(PromptFields).meta({ id: 'TokenCountRequest' });
export type TokenCountRequest = z.infer<typeof TokenCountRequest>;

export const TokenCount = z
  .object({ input_tokens: z.int().describe('Of all the prompt; an estimate, unless the upstream counts.') })
  .meta({ id: 'TokenCount' });
export type TokenCount = z.infer<typeof TokenCount>;
