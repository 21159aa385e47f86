import type { OutputItem } from '../../../../contracts/responses/item.ts';
import type { ResponseRequest, ResponseTool } from '../../../../contracts/responses/request.ts';
import type { Response, ResponseEcho, ResponseFailure } from '../../../../contracts/responses/response.ts';
import { tableOf } from '../../../canonical/table-of.ts';

/** OpenAI's schema wants these two fields of a function, null or not. */
const echoTool = (tool: ResponseTool): ResponseTool =>
  tool.type === 'function' ? { ...tool, parameters: tool.parameters ?? null, strict: tool.strict ?? false } : tool;

const TIERS: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast']);

/** A time as responses tell it: Unix time, in seconds. */
export const toSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** The fields of the request that a response repeats, with the defaults. */
export function echoOf(request: ResponseRequest, conversation: string | null): ResponseEcho {
  const { reasoning, text, service_tier: tier } = request;
  return {
    model: request.model,
    background: request.background ?? false,
    conversation: conversation === null ? null : { id: conversation },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    service_tier: tier && TIERS.has(tier) ? tier : 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: text?.format ?? { type: 'text' }, ...(text?.verbosity ? { verbosity: text.verbosity } : {}) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: (request.tools ?? []).map(echoTool),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    truncation: request.truncation ?? 'disabled',
    ...(request.user ? { user: request.user } : {}),
    ...(request.safety_identifier ? { safety_identifier: request.safety_identifier } : {}),
    ...(request.prompt_cache_key ? { prompt_cache_key: request.prompt_cache_key } : {}),
  };
}

/** How a response stands. */
export interface ResponseState {
  readonly id: string;
  /** Unix time, in seconds. */
  readonly createdAt: number;
  readonly completedAt?: number | null;
  readonly status: Response['status'];
  readonly output: OutputItem[];
  readonly usage?: Response['usage'] | undefined;
  readonly error?: ResponseFailure | null;
  readonly finishReason?: string | null;
}

/** Why an answer is not whole, by the word of chat completions. */
const CUTS = tableOf<string>({ length: 'max_output_tokens', content_filter: 'content_filter' });

export const cutOf = (finishReason: string | null | undefined): string | null => CUTS[finishReason ?? ''] ?? null;

export function describeResponse(echo: ResponseEcho, state: ResponseState): Response {
  const { id, createdAt, completedAt, status, output, usage, error, finishReason } = state;
  const cut = status === 'incomplete' ? cutOf(finishReason) : null;
  return {
    id,
    object: 'response',
    created_at: createdAt,
    completed_at: completedAt ?? null,
    status,
    error: error ?? null,
    incomplete_details: cut === null ? null : { reason: cut },
    output,
    ...(usage ? { usage } : {}),
    ...echo,
  };
}

/** An item as a client sees it who did not ask for encrypted reasoning. */
export const withoutSignature = ({ encrypted_content: _, ...item }: OutputItem): OutputItem => item;
