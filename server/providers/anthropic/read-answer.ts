import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { AnthropicReader } from './read-events.ts';
import { AnthropicMessage, Typed } from './wire.ts';

/** A whole answer is read as the stream that it could have been: one meaning, in one place. */
export function readAnswer(body: unknown, alias: string): ChatCompletion {
  if (Typed.safeParse(body).data?.type === 'error') throw readErrorEvent(body);
  const parsed = AnthropicMessage.safeParse(body);
  if (!parsed.success || !parsed.data.stop_reason) {
    throw new AppError('upstream_broken', 'The upstream sent something that is no answer.', { cause: parsed.error });
  }
  const { content, stop_reason, stop_details, usage, ...message } = parsed.data;
  const events = [
    { type: 'message_start', message },
    ...content.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: block },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_details }, usage },
  ];
  const reader = new AnthropicReader(alias);
  const collector = new ChunkCollector();
  for (const event of events) for (const chunk of reader.read(event)) collector.add(chunk);
  return collector.completion;
}
