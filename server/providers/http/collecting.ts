import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ProviderCall } from '../provider.ts';

/**
 * Fields whose result a stream does not have, or has in another form: sound (OpenAI streams it as PCM only), the
 * logprobs of the prompt and beam search (vLLM refuses both in streams), and the best of several answers (legacy
 * completions).
 */
const WHOLE_ALONE = ['audio', 'prompt_logprobs', 'use_beam_search', 'best_of'] as const;

const asks = (value: unknown) => value != null && value !== false;

/** Whether an upstream refused a request because it asked for a stream. */
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

/** The two ways to answer a call: as JSON, or by collecting a stream. */
interface Ways<Answer extends Counted> {
  whole(): Promise<Json<Answer>>;
  collected(): Promise<Json<Answer>>;
}

/**
 * Decides for one upstream which JSON answers are requested as streams and collected. With a stream, the first token is
 * noticed when it arrives, and a server that would finish a JSON answer nobody waits for stops. The price is that each
 * piece is parsed.
 */
export class Collecting {
  readonly #always: boolean | undefined;
  /** Models that refused a request for a stream. */
  readonly #refusing = new Set<string>();
  /** Models whose streams have no usage. They are asked for JSON, unless their JSON has no usage either (`all`). */
  readonly #uncounted = new Map<string, 'streams' | 'all'>();

  /** Whether to collect always or never. Undefined: only where the model limits the time to its first token. */
  constructor(always: boolean | undefined) {
    this.#always = always;
  }

  /** Answers a call in one of the two ways. Both throw the `AppError` of a failure. */
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
    // Models that make pictures send nothing before the pictures are made.
    if (!wanted || timeouts?.leastMs !== undefined) return false;
    if (this.#refusing.has(model) || this.#uncounted.get(model) === 'streams') return false;
    const fields: Readonly<Record<string, unknown>> = { ...request.value, ...changes };
    return !WHOLE_ALONE.some((name) => asks(fields[name]));
  }
}
