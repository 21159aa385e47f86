import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

const cache_control = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).optional();
const toolId = z.string().regex(/^[a-zA-Z0-9_-]+$/, "String should match pattern '^[a-zA-Z0-9_-]+$'");

const Text = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1, 'text content blocks must be non-empty'),
  cache_control,
});
const Image = z.strictObject({
  type: z.literal('image'),
  source: z.strictObject({
    type: z.literal('base64'),
    media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
    data: z.base64(),
  }),
  cache_control,
});
const DocumentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: z.base64() }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
  ]),
  title: z.string().optional(),
  cache_control,
});
const ToolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [Text, Image, DocumentBlock]))]).optional(),
  is_error: z.boolean().optional(),
  cache_control,
});
const AssistantBlock = z.discriminatedUnion('type', [
  Text,
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().min(1) }),
  z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().min(1) }),
  z.strictObject({
    type: z.literal('tool_use'),
    id: toolId,
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
    input: z.record(z.string(), z.unknown()),
    cache_control,
  }),
]);
const UserBlock = z.discriminatedUnion('type', [Text, Image, DocumentBlock, ToolResult]);

const Message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.array(UserBlock).min(1) }),
  z.strictObject({ role: z.literal('assistant'), content: z.array(AssistantBlock).min(1) }),
  z.strictObject({ role: z.literal('system'), content: z.array(Text).min(1) }),
]);
type Message = z.infer<typeof Message>;

const parallel = { disable_parallel_tool_use: z.boolean().optional() };

const Request = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(Message).min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(Text)]).optional(),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().regex(/\S/, 'each stop sequence must contain non-whitespace')).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  cache_control,
  container: z.unknown().optional(),
  inference_geo: z.string().optional(),
  speed: z.enum(['standard', 'fast']).optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('adaptive'), display: z.enum(['summarized', 'omitted']).optional() }),
      z.strictObject({
        type: z.literal('enabled'),
        budget_tokens: z.int().min(1024),
        display: z.enum(['summarized', 'omitted']).optional(),
      }),
      z.strictObject({ type: z.literal('disabled') }),
    ])
    .optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
      format: z.strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).optional(),
    })
    .optional(),
  tools: z
    .array(
      z.union([
        z.strictObject({
          type: z.literal('custom').optional(),
          name: z.string(),
          description: z.string().optional(),
          input_schema: z.looseObject({ type: z.literal('object') }),
          strict: z.boolean().optional(),
          defer_loading: z.boolean().optional(),
          cache_control,
        }),
        z.looseObject({ type: z.string().regex(/_\d{8}$/), name: z.string() }),
      ]),
    )
    .optional(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('auto'), ...parallel }),
      z.strictObject({ type: z.literal('any'), ...parallel }),
      z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
      z.strictObject({ type: z.literal('none') }),
    ])
    .optional(),
});

const idsOf = (message: Message | undefined, type: 'tool_use' | 'tool_result'): string[] =>
  (message?.content ?? []).flatMap((block) => {
    if (block.type === 'tool_use' && type === 'tool_use') return [block.id];
    return block.type === 'tool_result' && type === 'tool_result' ? [block.tool_use_id] : [];
  });

/** Every call is answered in the very next message, before anything else in it, and only calls are answered. */
function checkPair(before: Message | undefined, message: Message, at: string): string | null {
  const called = idsOf(before, 'tool_use');
  const answered = idsOf(message, 'tool_result');
  const missing = called.filter((id) => !answered.includes(id));
  if (missing.length > 0) {
    return `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
  }
  const strange = answered.find((id) => !called.includes(id));
  if (strange) return `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange}`;
  const late = message.content.findIndex(({ type }) => type === 'tool_result') > 0;
  return late ? `${at}: \`tool_result\` blocks must come first` : null;
}

function checkHistory(messages: readonly Message[]): string | null {
  if (messages[0]?.role === 'system') return "messages.0: role 'system' must follow a user turn";
  for (const [i, message] of messages.entries()) {
    const before = messages[i - 1];
    const fault = checkPair(before, message, `messages.${i}`);
    if (fault) return fault;
    // The API itself joins turns of one role; a gateway that leaves that to it has not thought of tool results.
    if (before?.role === message.role) return `messages.${i}: roles must alternate`;
    if (message.role === 'system' && before?.role !== 'user')
      return `messages.${i}: role 'system' must follow a user turn`;
    if (message.role === 'user' && before?.role === 'system')
      return `messages.${i}: role 'user' may not follow 'system'`;
  }
  const unanswered = idsOf(messages.at(-1), 'tool_use');
  return unanswered.length > 0 ? `\`tool_use\` ids were found without \`tool_result\`: ${unanswered.join(', ')}` : null;
}

function deepest(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): string {
  const path = [...base, ...issue.path];
  const [inner] = issue.code === 'invalid_union' ? issue.errors.flat() : [];
  if (inner) return deepest(inner, path);
  if (issue.code === 'unrecognized_keys')
    return `${[...path, issue.keys[0]].join('.')}: Extra inputs are not permitted`;
  if (issue.code === 'invalid_type' && issue.input === undefined) return `${path.join('.')}: Field required`;
  return `${path.join('.')}: ${issue.message}`;
}

/** What Anthropic would find wrong with a request, in its own words; null when nothing is. */
export function checkAnthropicRequest(headers: IncomingHttpHeaders, json: unknown): string | null {
  if (headers['anthropic-version'] !== '2023-06-01') return 'anthropic-version: header is required';
  if (headers['content-type'] !== 'application/json') return 'content-type: must be application/json';
  const parsed = Request.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return issue ? deepest(issue) : 'the request is not valid';
  }
  const { messages, thinking, max_tokens: maxTokens, tool_choice: choice, tools, temperature } = parsed.data;
  if (thinking?.type === 'enabled' && thinking.budget_tokens >= maxTokens) {
    return '`max_tokens` must be greater than `thinking.budget_tokens`';
  }
  if (thinking && thinking.type !== 'disabled' && temperature !== undefined && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled';
  }
  if (choice && !tools?.length) return 'tool_choice: may only be specified while providing tools';
  return checkHistory(messages);
}
