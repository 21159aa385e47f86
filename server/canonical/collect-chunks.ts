import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { AppError } from '../errors/app-error.ts';
import { ChunkCollector } from './chunk-collector.ts';
import type { Json } from './json.ts';

/** Reads a stream to its end. Throws `upstream_broken` when a choice ends without a finish reason, or none came. */
export async function collectChunks(batches: AsyncIterable<Json<ChatCompletionChunk>[]>): Promise<ChatCompletion> {
  const collector = new ChunkCollector();
  for await (const batch of batches) for (const chunk of batch) collector.add(chunk.value);
  const { completion } = collector;
  const finished = completion.choices.length > 0 && completion.choices.every((choice) => choice.finish_reason);
  if (!finished) throw new AppError('upstream_broken', 'The upstream ended its answer half-way.');
  return completion;
}
