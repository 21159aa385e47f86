import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { AppError } from '../errors/app-error.ts';
import { ChunkCollector } from './chunk-collector.ts';
import type { Json } from './json.ts';

/** The collected completion. Throws `upstream_broken` when it has no choice, or when a choice has no finish reason. */
export function finishCollected({ completion }: ChunkCollector): ChatCompletion {
  const finished = completion.choices.length > 0 && completion.choices.every((choice) => choice.finish_reason);
  if (!finished) throw new AppError('upstream_broken', 'The upstream ended its answer half-way.');
  return completion;
}

/** Joins all chunks of an answer. Throws `upstream_broken` when it is incomplete. */
export async function collectChunks(
  batches: AsyncIterable<readonly Json<ChatCompletionChunk>[]>,
): Promise<ChatCompletion> {
  const collector = new ChunkCollector();
  for await (const batch of batches) for (const chunk of batch) collector.add(chunk.value);
  return finishCollected(collector);
}
