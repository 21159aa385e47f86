import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';

/**
 * DeepSeek: "The `reasoning_content` in the thinking mode must be passed back to the API." Kimi: "thinking is enabled but
 * reasoning_content is missing in assistant tool call message at index 2".
 */
const DEMAND = /reasoning_content\b.{0,80}\b(missing|passed back)\b|missing\b.{0,20}\breasoning_content\b/i;

/** The reasoning of an answer whose reasoning is not known. Kimi refuses an empty text. */
const NONE = ' ';

function fill(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || message.reasoning_content) return message;
  return { ...message, reasoning_content: message.reasoning || NONE };
}

/**
 * The models that demand the reasoning of every answer in the history. Answers of other models have none, and many
 * clients do not send it back.
 */
export class DemandedReasoning {
  readonly #models = new Set<string>();

  /** Whether a failure is such a demand, and the first one of the model: then the request is to be sent again. */
  learn(model: string, failure: unknown): boolean {
    const isDemand =
      failure instanceof AppError && failure.code === 'upstream_rejected' && DEMAND.test(failure.message);
    if (!isDemand || this.#models.has(model)) return false;
    this.#models.add(model);
    return true;
  }

  isDemandedBy(model: string): boolean {
    return this.#models.has(model);
  }

  /** The messages with reasoning in every answer. */
  fill(messages: readonly ChatMessage[]): ChatMessage[] {
    return messages.map(fill);
  }
}
