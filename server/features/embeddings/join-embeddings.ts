import type { Embedding, EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { toCount } from '../metering/believe-usage.ts';
import { formatOf, isVector, toFormat, type VectorFormat } from './vectors.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

type EmbeddingUsage = { prompt_tokens: number; total_tokens: number };

/** The usage of several requests together; null when one of them does not report it. */
export function sumUsage(parts: readonly EmbeddingResponse['usage'][]): EmbeddingUsage | null {
  const sum = { prompt_tokens: 0, total_tokens: 0 };
  for (const usage of parts) {
    if (!usage) return null;
    sum.prompt_tokens += toCount(usage.prompt_tokens);
    sum.total_tokens += toCount(usage.total_tokens);
  }
  return sum;
}

/** True when each item says its own place, which some upstreams do not. */
const inPlace = (data: readonly Embedding[]) => data.every(({ index }, i) => index === i);

/** Sorts the embeddings as in the input: by their indexes, or, where those are missing, as they arrived. */
function inOrder(data: readonly Embedding[]): readonly Embedding[] {
  const sorted = data.toSorted((a, b) => a.index - b.index);
  return inPlace(sorted) ? sorted : data;
}

function check(data: readonly Embedding[], count: number): void {
  if (data.length !== count) throw broken(`The upstream sent ${data.length} embeddings for ${count} inputs.`);
  if (!data.every((item) => isVector(item?.embedding)))
    throw broken('The upstream sent an embedding that is not a vector.');
}

/**
 * One answer of those to the pieces of one input (`count` texts each), in the format that was asked for. A single
 * answer that is right already stays the bytes that came. Throws `upstream_broken`.
 */
export function joinEmbeddings(
  parts: readonly { readonly answer: Json<EmbeddingResponse>; readonly count: number }[],
  format: VectorFormat,
): Json<EmbeddingResponse> {
  for (const { answer, count } of parts) check(answer.value.data, count);
  const [first] = parts;
  if (!first) throw broken('The upstream sent no embeddings.');
  const { data } = first.answer.value;
  if (parts.length === 1 && inPlace(data) && data.every(({ embedding }) => formatOf(embedding) === format)) {
    return first.answer;
  }
  const joined = parts.flatMap(({ answer }) => inOrder(answer.value.data));
  const usage = parts.length > 1 ? { usage: sumUsage(parts.map(({ answer }) => answer.value.usage)) } : {};
  return Json.ofValue<EmbeddingResponse>({
    ...first.answer.value,
    ...usage,
    data: joined.map((item, index) => ({ ...item, index, embedding: toFormat(item.embedding, format) })),
  });
}
