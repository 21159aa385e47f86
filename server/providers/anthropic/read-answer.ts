import { z } from 'zod';
import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { areDistinct } from '../../canonical/distinct-ids.ts';
import { writeArguments } from '../../canonical/write-arguments.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { AnthropicReader } from './read-events.ts';
import { type AnswerBlock, AnthropicMessage, Typed } from './wire.ts';

/** What a client of Anthropic's API depends on in a whole answer. */
const SoundMessage = z.looseObject({
  id: z.string().min(1),
  type: z.literal('message'),
  role: z.literal('assistant'),
  stop_reason: z.string().min(1),
  content: z.array(
    z.union([
      z.looseObject({ type: z.literal('text'), text: z.string() }),
      z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
      z.looseObject({
        type: z.literal('tool_use'),
        id: z.string().min(1),
        name: z.string().min(1),
        input: z.looseObject({}),
      }),
      z.looseObject({ type: z.string().refine((type) => !['text', 'thinking', 'tool_use'].includes(type)) }),
    ]),
  ),
  usage: z.looseObject({
    input_tokens: z.int().min(0),
    output_tokens: z.int().min(0),
    cache_creation_input_tokens: z.int().min(0).nullish(),
    cache_read_input_tokens: z.int().min(0).nullish(),
  }),
});

/** Whether an answer can be passed verbatim to a client of Anthropic's API. */
export function isSound(body: unknown): boolean {
  const { success, data } = SoundMessage.safeParse(body);
  return success && areDistinct(data.content.filter(({ type }) => type === 'tool_use').map(({ id }) => id));
}

type Choice = ChatCompletion['choices'][number];

const broken = (message: string, cause?: unknown) => new AppError('upstream_broken', message, { cause });

/** A whole block as the events of a stream. In events, the arguments of a call come in pieces. */
function toEvents(block: AnswerBlock, index: number): object[] {
  const { type, input, ...rest } = block;
  const isCall = type === 'tool_use';
  const json = (isCall && writeArguments(input)) || '';
  return [
    { type: 'content_block_start', index, content_block: isCall ? { type, ...rest } : block },
    ...(json !== ''
      ? [{ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: json } }]
      : []),
    { type: 'content_block_stop', index },
  ];
}

/** Reads a whole answer as the stream that it could have been, so that each field is understood in one place. */
export function readAnswer(body: unknown, alias: string): ChatCompletion {
  if (Typed.safeParse(body).data?.type === 'error') throw readErrorEvent(body);
  const parsed = AnthropicMessage.safeParse(body);
  if (!parsed.success) throw broken('The upstream sent something that is not an answer.', parsed.error);
  const { content, stop_reason: told, stop_details, usage, ...message } = parsed.data;
  if (content.some(({ type, text }) => type === 'text' && typeof text !== 'string')) {
    throw broken('The upstream sent a text block without its text.');
  }
  // An answer that was not streamed is complete, even when it does not say why it ended.
  const stop_reason = told || (content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn');
  if (!told && content.length === 0) throw broken('The upstream sent an answer without content.');
  const events = [
    { type: 'message_start', message },
    ...content.flatMap(toEvents),
    { type: 'message_delta', delta: { stop_reason, stop_details }, usage },
  ];
  const reader = new AnthropicReader(alias);
  const collector = new ChunkCollector();
  for (const event of events) for (const chunk of reader.read(event)) collector.add(chunk);
  const { completion } = collector;
  return told ? completion : { ...completion, choices: completion.choices.map(withoutNative) };
}

/** The choice of a vendor that gave no reason, without the one that was assumed above. */
function withoutNative({ native_finish_reason: _, ...choice }: Choice): Choice {
  return choice;
}
