import type { ChatCompletionChunk, ChatDelta } from '../../../contracts/chat/completion.ts';
import type { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { newId } from '../../canonical/ids.ts';
import { writeArguments } from '../../canonical/write-arguments.ts';
import { AppError } from '../../errors/app-error.ts';
import { toFinishReason } from './finish-reason.ts';
import { toLogprobs } from './read-logprobs.ts';
import { toDetail, toExtraContent } from './signatures.ts';
import type { AnswerPart, Candidate } from './wire.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** Metadata of a candidate that is passed on under the vendor's names. */
const METADATA = ['citationMetadata', 'groundingMetadata', 'urlContextMetadata', 'safetyRatings'];

/** Reads the candidates of one choice and makes its chunks. */
export class CandidateReader {
  readonly #index: number;
  readonly #writer: ChunkWriter;
  #started = false;
  #calls = 0;
  #images = 0;
  #signatures = 0;
  /** The calls of earlier events, by their ids. */
  readonly #said = new Map<string, string>();
  finished = false;

  constructor(index: number, writer: ChunkWriter) {
    this.#index = index;
    this.#writer = writer;
  }

  /** Throws `upstream_broken` when the model failed to answer. */
  read(candidate: Candidate): ChatCompletionChunk[] {
    const parts = (candidate.content?.parts ?? []).filter((part) => !this.#isRepeated(part));
    const deltas = parts.flatMap((part) => this.#toDeltas(part));
    for (const { functionCall: call } of parts) if (call?.id) this.#said.set(call.id, writeExact(call));
    const chunks = deltas.map((delta) => this.#write(delta));
    if (candidate.logprobsResult) {
      const [choice] = (chunks.at(-1) ?? this.#append(chunks, {})).choices;
      if (choice) choice.logprobs = toLogprobs(candidate.logprobsResult);
    }
    const google = Object.fromEntries(METADATA.flatMap((key) => (candidate[key] ? [[key, candidate[key]]] : [])));
    if (Object.keys(google).length > 0) this.#append(chunks, { extra_content: { google } });
    const { finishReason, finishMessage } = candidate;
    if (finishReason && finishReason !== 'FINISH_REASON_UNSPECIFIED') {
      chunks.push(...this.#finish(finishReason, finishMessage));
    }
    return chunks;
  }

  /** Whether a call only repeats one of an earlier event. Another call under the same id is a call of its own. */
  #isRepeated({ functionCall: call }: AnswerPart): boolean {
    return call?.id ? this.#said.get(call.id) === writeExact(call) : false;
  }

  /** The end of a candidate that was not streamed and has no finish reason. */
  complete(): ChatCompletionChunk[] {
    if (this.finished) return [];
    if (!this.#started) throw broken('The model ended without an answer.');
    this.finished = true;
    return [this.#writer.finish(this.#calls > 0 ? 'tool_calls' : 'stop', undefined, this.#index)];
  }

  #finish(native: string, message: string | null | undefined): ChatCompletionChunk[] {
    const reason = toFinishReason(native, message, this.#calls > 0);
    this.finished = true;
    const end: ChatCompletionChunk[] = [];
    if (reason === 'content_filter' && message) this.#append(end, { refusal: message });
    // Some models now and then end without an answer, and answer when they are asked again.
    else if (!this.#started && reason === 'stop') throw broken('The model ended without an answer.');
    else if (!this.#started) this.#append(end, {});
    end.push(this.#writer.finish(reason, native, this.#index));
    return end;
  }

  #append(chunks: ChatCompletionChunk[], delta: ChatDelta): ChatCompletionChunk {
    const chunk = this.#write(delta);
    chunks.push(chunk);
    return chunk;
  }

  #write(delta: ChatDelta): ChatCompletionChunk {
    const first = this.#started ? {} : { role: 'assistant' };
    this.#started = true;
    return this.#writer.delta({ ...first, ...delta }, this.#index);
  }

  #toDeltas(part: AnswerPart): ChatDelta[] {
    if (part.functionCall) return [this.#toCall(part.functionCall, part.thoughtSignature)];
    if (part.inlineData) return this.#toImage(part, part.inlineData);
    const { text, thought, thoughtSignature } = part;
    if (text === null) throw broken('The upstream sent a text that is null.');
    const deltas: ChatDelta[] = [];
    if (text) deltas.push(thought ? { reasoning_content: text, reasoning: text } : { content: text });
    if (thoughtSignature) {
      const detail = toDetail(thoughtSignature, thought ? 'reasoning' : 'text', this.#signatures++);
      deltas.push({ reasoning_details: [detail] });
    }
    return deltas;
  }

  #toCall(call: NonNullable<AnswerPart['functionCall']>, signature: string | null | undefined): ChatDelta {
    const entry = {
      index: this.#calls++,
      id: call.id || newId('call_'),
      type: 'function',
      function: { name: call.name, arguments: writeArguments(call.args) ?? undefined },
      ...toExtraContent(signature),
    };
    return { tool_calls: [entry] };
  }

  #toImage({ thought, thoughtSignature }: AnswerPart, { mimeType, data }: { mimeType: string; data: string }) {
    // These are drafts that the model made before the picture; clients would take them for the answer.
    if (thought) return [];
    if (!mimeType.startsWith('image/')) {
      throw broken(`The model answered with ${mimeType.slice(0, 50)}, which nobody asked for.`);
    }
    const url = `data:${mimeType};base64,${data}`;
    const image = {
      type: 'image_url' as const,
      image_url: { url },
      index: this.#images++,
      ...toExtraContent(thoughtSignature),
    };
    return [{ images: [image] }];
  }
}
