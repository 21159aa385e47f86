import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ProviderCall } from '../provider.ts';

/**
 * What a stream cannot give, or gives in another form: sound (OpenAI streams it as PCM alone), the logprobs of the prompt and
 * beam search (vLLM refuses both in streams), and the best of several answers (legacy completions).
 */
const WHOLE_ALONE = ['audio', 'prompt_logprobs', 'use_beam_search', 'best_of'] as const;

const asks = (value: unknown) => value != null && value !== false;

/** Whether an upstream did not take a request because it asked for a stream. */
function isRefusedStream(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  const { code, param, message, cause } = error;
  if (code !== 'upstream_rejected' && code !== 'upstream_refused') return false;
  const words = `${message} ${cause instanceof Error ? cause.message : ''}`;
  return param?.startsWith('stream') === true || /\bstream(ing|ed|_options)?\b/i.test(words);
}

interface Counted {
  readonly usage?: unknown;
}

/** How a call is answered: as JSON, or by collecting a stream. */
interface Ways<Answer extends Counted> {
  whole(): Promise<Json<Answer>>;
  collected(): Promise<Json<Answer>>;
}

/**
 * Decides for one upstream which JSON answers are asked for as streams and collected. Then the first token is known when
 * it comes, and a server that goes on with a JSON answer nobody waits for stops. In exchange each piece is read.
 */
export class Collecting {
  readonly #always: boolean | undefined;
  /** Models that took no request for a stream. */
  readonly #refusing = new Set<string>();
  /** Models whose streams have no usage: those are asked for JSON, unless that has none either. */
  readonly #uncounted = new Map<string, 'streams' | 'all'>();

  /** Undefined: only where the model limits its first token. */
  constructor(always: boolean | undefined) {
    this.#always = always;
  }

  /** The answer to a call by the one way or the other. Both throw what a failure means. */
  async answer<Answer extends Counted>(call: ProviderCall<object>, ways: Ways<Answer>): Promise<Json<Answer>> {
    const { model } = call;
    if (!this.#suits(call)) return this.#whole(model, ways);
    try {
      const answer = await ways.collected();
      if (!answer.value.usage && !this.#uncounted.has(model)) this.#uncounted.set(model, 'streams');
      return answer;
    } catch (error) {
      if (!isRefusedStream(error)) throw error;
      this.#refusing.add(model);
      return this.#whole(model, ways);
    }
  }

  async #whole<Answer extends Counted>(model: string, { whole }: Ways<Answer>): Promise<Json<Answer>> {
    const answer = await whole();
    if (this.#uncounted.has(model) && !answer.value.usage) this.#uncounted.set(model, 'all');
    return answer;
  }

  #suits({ model, request, changes, timeouts }: ProviderCall<object>): boolean {
    const wanted = this.#always ?? timeouts?.firstTokenMs !== undefined;
    // Models that make pictures say nothing before those are made.
    if (!wanted || timeouts?.leastMs !== undefined) return false;
    if (this.#refusing.has(model) || this.#uncounted.get(model) === 'streams') return false;
    const fields: Readonly<Record<string, unknown>> = { ...request.value, ...changes };
    return !WHOLE_ALONE.some((name) => asks(fields[name]));
  }
}
