import { createHash } from 'node:crypto';
import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { MessageRequest, TokenCountRequest } from '../../../contracts/messages/request.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { HistoryWriter } from './history-writer.ts';
import { toAssistant } from './to-assistant.ts';
import { type Others, toContent, toParts } from './to-parts.ts';
import { toTools } from './to-tools.ts';

/** The fields that are mapped below. */
const MAPPED = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'output_format'];
const OWN = ['max_tokens', 'stream', 'stop_sequences', 'temperature', 'top_p', 'metadata'];
/** Fields that concern Anthropic's service and not the model: where and how fast it runs, and what it trims. */
const HINTS = ['cache_control', 'context_management', 'diagnostics', 'service_tier', 'inference_geo', 'speed'];
const ACCOUNT = ['user_profile_id', 'workspace_id', 'betas', 'anthropic_beta', 'anthropic_version', 'billing_policy'];
const KNOWN: ReadonlySet<string> = new Set([...MAPPED, ...OWN, ...HINTS, ...ACCOUNT, 'fallback_credit_token']);

/** Fields for things that only Anthropic's service stores, calls or does. */
const SERVICE: ReadonlySet<string> = new Set(['container', 'mcp_servers', 'thread', 'compaction', 'fallbacks']);

/** `fallbacks: "default"` asks for what a model without fallbacks does: it answers alone. */
const asksForSomething = (value: unknown) =>
  value != null && value !== 'default' && !(Array.isArray(value) && value.length === 0);

/** Fields that upstreams of other kinds know, such as `top_k` and `min_p`; those of Anthropic's service are refused. */
function otherFields(request: Readonly<Record<string, unknown>>, kept: Others): Record<string, unknown> {
  const others: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(request)) {
    if (KNOWN.has(field) || !asksForSomething(value)) continue;
    if (SERVICE.has(field) && kept === 'refuse')
      throw invalidField(field, `Only Anthropic's own models support '${field}'.`);
    others[field] = value;
  }
  return others;
}

/** Budgets in tokens → OpenAI's words. */
function effortOfBudget(budget: number): string {
  if (budget < 4_096) return 'low';
  return budget < 16_384 ? 'medium' : 'high';
}

/** The field is only sent to models that reason, and no model is told not to reason, because most refuse that. */
function toEffort(
  { thinking, output_config: config }: MessageRequest,
  reasons: boolean,
): { reasoning_effort?: string } {
  if (!reasons || thinking?.type === 'disabled') return {};
  const asked = config?.effort ?? (thinking?.budget_tokens == null ? null : effortOfBudget(thinking.budget_tokens));
  if (asked == null) return {};
  return { reasoning_effort: asked === 'xhigh' || asked === 'max' ? 'high' : asked };
}

function toFormat({ output_config: config }: MessageRequest): Pick<ChatCompletionRequest, 'response_format'> {
  const format = config?.format;
  if (!format) return {};
  if (format.type !== 'json_schema' || !format.schema) {
    throw invalidField('output_config.format', 'Send {"type": "json_schema", "schema": …}.');
  }
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema, strict: true } },
  };
}

/** The longest id that OpenAI accepts, in characters. The ids of agents are longer. */
const MAX_USER = 64;

function toUser(id: string | null | undefined): { user?: string } {
  if (!id) return {};
  return { user: id.length <= MAX_USER ? id : createHash('sha256').update(id).digest('hex') };
}

/** Claude Code's own note to Anthropic's service; it differs from run to run, so that no prompt cache would ever be hit. */
const isForService = ({ text }: { text: string }) => text.startsWith('x-anthropic-billing-header:');

function toInstructions(system: TokenCountRequest['system']): string {
  if (system == null || typeof system === 'string') return system ?? '';
  const blocks = system.filter((block) => !isForService(block));
  return blocks.map(({ text }) => text).join('\n\n');
}

const set = (name: string, value: unknown) => (value == null ? {} : { [name]: value });

/** The system prompt and the turns as messages of a chat. */
export function toMessages(
  { system, messages }: Pick<TokenCountRequest, 'system' | 'messages'>,
  others: Others,
): ChatMessage[] {
  const writer = new HistoryWriter(others);
  const first = messages.findIndex(({ role }) => role !== 'system');
  const instructions = [toInstructions(system)];
  for (const [i, { role, content }] of messages.entries()) {
    const param = `messages[${i}].content`;
    if (role === 'assistant') writer.assistant(toAssistant(content, param, others));
    else if (role === 'user') writer.user(content, param);
    else {
      const text =
        typeof content === 'string'
          ? content
          : toText(
              content.flatMap((block, j) => toParts(block, `${param}[${j}]`, others)),
              param,
            );
      if (i < first || first < 0) instructions.push(text);
      else writer.instruct(text);
    }
  }
  const prompt = instructions.filter(Boolean).join('\n\n');
  return [...(prompt ? [{ role: 'system' as const, content: prompt }] : []), ...writer.finish()];
}

function toText(parts: Parameters<typeof toContent>[0], param: string): string {
  const text = toContent(parts);
  if (typeof text === 'string') return text;
  throw invalidField(param, 'Instructions must be text: images and files are not allowed here.');
}

/**
 * Anthropic's request in the canonical form, which no field of Anthropic's own is left in. `reasons`: whether the model
 * can be told how much to think. Throws `invalid_field` with a `param` of Anthropic's request for what would be lost;
 * with `others: 'keep'` it stays where it is, for the upstream that is asked to refuse.
 */
export function toChat(request: MessageRequest, reasons: boolean, others: Others): ChatCompletionRequest {
  return {
    ...otherFields(request, others),
    model: request.model,
    messages: toMessages(request, others),
    max_tokens: request.max_tokens,
    ...toTools(request, others),
    ...toEffort(request, reasons),
    ...toFormat(request),
    ...toUser(request.metadata?.user_id),
    ...set('stop', request.stop_sequences?.length ? request.stop_sequences : null),
    ...set('temperature', request.temperature),
    ...set('top_p', request.top_p),
  };
}
