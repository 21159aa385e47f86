import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { TextCompletion } from '../../../contracts/completions/text-completion.ts';
import type { EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import { withoutMark } from '../../canonical/byte-order-mark.ts';
import type { ShaperOptions } from '../../canonical/chunk-shaper.ts';
import { isRecord, Json } from '../../canonical/json.ts';
import { repairJson } from '../../canonical/read-body/repair-json.ts';
import { shapeTextCompletion } from '../../canonical/text-shaper.ts';
import { shapeCompletion } from '../../canonical/whole-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { ANSWER_SHAPE, checkNumbers, checkShape } from '../http/check-shape.ts';
import { failureIn } from '../http/read-error.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** Vectors are computed with, so each number in them becomes the nearest that JavaScript has. */
function parseNumbers<Answer extends object>(bytes: Buffer): Json<Answer> {
  try {
    const value: Answer = JSON.parse(bytes.toString('utf8'));
    return Json.ofBoth(bytes, value);
  } catch (cause) {
    throw new AppError('upstream_broken', 'The upstream sent something that is not JSON.', { cause });
  }
}

/** Reads an answer. Throws the error that came in its place, or `upstream_broken`. */
function readAnswer<Answer extends object>(bytes: Buffer, parse = Json.ofBytes<Answer>): Json<Answer> {
  if (bytes.length === 0) throw broken('The upstream sent an empty answer.');
  const answer = parse(repairJson(withoutMark(bytes)));
  const failure = failureIn(answer.value);
  if (failure) throw failure;
  return answer;
}

export function readCompletion(bytes: Buffer, alias: string, options: ShaperOptions): Json<ChatCompletion> {
  checkShape(bytes, ANSWER_SHAPE);
  return shapeCompletion(readAnswer<ChatCompletion>(bytes), options).assign({ model: alias });
}

export function readTextCompletion(bytes: Buffer, alias: string): Json<TextCompletion> {
  checkShape(bytes, ANSWER_SHAPE);
  return shapeTextCompletion(readAnswer<TextCompletion>(bytes)).assign({ model: alias });
}

const isEmbedding = (entry: unknown): boolean =>
  isRecord(entry) && (Array.isArray(entry.embedding) || typeof entry.embedding === 'string');

export function readEmbeddings(bytes: Buffer, alias: string): Json<EmbeddingResponse> {
  checkNumbers(bytes);
  const answer = readAnswer<EmbeddingResponse>(bytes, parseNumbers);
  const value: unknown = answer.value;
  const data = isRecord(value) ? value.data : null;
  if (!Array.isArray(data) || data.length === 0 || !data.every(isEmbedding)) {
    throw broken('The upstream sent an answer without embeddings.');
  }
  return answer.assign({ model: alias });
}
