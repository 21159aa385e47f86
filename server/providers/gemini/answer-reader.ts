import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { CandidateReader } from './candidate-reader.ts';
import { toUsage } from './read-usage.ts';
import { GenerateContentResponse, type UsageMetadata } from './wire.ts';

const isError = (event: unknown): boolean =>
  Array.isArray(event) ? event.some(isError) : isObject(event) && event.error != null;

function parse(event: unknown): GenerateContentResponse {
  if (isError(event)) throw readErrorEvent(event);
  const parsed = GenerateContentResponse.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_broken', 'The upstream sent something that is not an answer.', { cause: parsed.error });
}

/** Reads an answer of Gemini. Each event of a stream has the form of a whole answer, with the new parts. */
export class AnswerReader implements EventReader {
  readonly #alias: string;
  readonly #candidates = new Map<number, CandidateReader>();
  #writer: ChunkWriter | undefined;
  #blocked = false;
  #usage: UsageMetadata | undefined;
  #told = false;

  constructor(alias: string) {
    this.#alias = alias;
  }

  get finished(): boolean {
    if (this.#candidates.size === 0) return this.#blocked;
    return [...this.#candidates.values()].every((candidate) => candidate.finished);
  }

  read(event: unknown): ChatCompletionChunk[] {
    const { candidates, promptFeedback, usageMetadata, responseId } = parse(event);
    this.#writer ??= new ChunkWriter(this.#alias, responseId || undefined);
    const writer = this.#writer;
    const chunks = (candidates ?? []).flatMap((candidate, place) =>
      this.#candidate(candidate.index ?? place, writer).read(candidate),
    );
    const { blockReason, blockReasonMessage } = promptFeedback ?? {};
    if (blockReason && this.#candidates.size === 0 && !this.#blocked) {
      this.#blocked = true;
      const refusal = blockReasonMessage ?? `The prompt was blocked (${blockReason}).`;
      chunks.push(writer.delta({ role: 'assistant', refusal }), writer.finish('content_filter', blockReason));
    }
    if (usageMetadata) {
      this.#usage = usageMetadata;
      this.#told = false;
    }
    return [...chunks, ...this.#tellUsage(writer)];
  }

  /** The end of an answer that is complete although it does not say why it ended. */
  complete(): ChatCompletionChunk[] {
    const writer = this.#writer;
    if (!writer || this.finished) return [];
    const ends = [...this.#candidates.values()].flatMap((candidate) => candidate.complete());
    return [...ends, ...this.#tellUsage(writer)];
  }

  #tellUsage(writer: ChunkWriter): ChatCompletionChunk[] {
    const usage = this.finished && this.#usage && !this.#told ? toUsage(this.#usage) : null;
    if (!usage) return [];
    this.#told = true;
    return [writer.usage(usage)];
  }

  #candidate(index: number, writer: ChunkWriter): CandidateReader {
    const known = this.#candidates.get(index) ?? new CandidateReader(index, writer);
    this.#candidates.set(index, known);
    return known;
  }
}
