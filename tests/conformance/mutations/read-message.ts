import { z } from 'zod';
import { Message, MessageEvent } from '../../../contracts/messages/answer.ts';
import { payloadsOf } from '../../support/read-events.ts';
import { CallPieces, checkIds, type Said } from './said.ts';

export function readMessage(text: string, said: Said): void {
  const { content, stop_reason: reason } = Message.parse(JSON.parse(text));
  for (const { type, text: words, name = '', input } of content) {
    if (type === 'text') said.text += words ?? '';
    if (type === 'tool_use') said.calls.push({ name, arguments: JSON.stringify(input) });
  }
  checkIds(
    content.filter(({ type }) => type === 'tool_use').map(({ id }) => id),
    said,
  );
  if (reason === null) said.faults.push('no stop reason');
}

const Failed = z.object({
  type: z.literal('error'),
  error: z.object({ code: z.string().optional(), type: z.string() }),
});

export function readMessageStream(text: string, said: Said): void {
  const values: unknown[] = payloadsOf(text).map((one) => JSON.parse(one));
  const failed = Failed.safeParse(values.at(-1)).data?.error;
  said.error = failed ? (failed.code ?? failed.type) : null;
  const events = (failed ? values.slice(0, -1) : values).map((value) => MessageEvent.parse(value));
  const blocks = new Map<number | undefined, CallPieces | null>();
  const ids: unknown[] = [];
  const ended = new Set<number | undefined>();
  let stopped = false;
  for (const { type, delta, index, content_block: block } of events) {
    if (stopped && type.startsWith('content_block')) said.faults.push('more behind the stop reason');
    if (type === 'message_delta') stopped ||= delta?.stop_reason != null;
    if (type === 'content_block_start') {
      const call = block?.type === 'tool_use' ? new CallPieces() : null;
      call?.add(block?.name, '');
      if (call) ids.push(block?.id);
      if (blocks.has(index)) said.faults.push(`two blocks with the number ${index}`);
      blocks.set(index, call);
    }
    if (type === 'content_block_stop') {
      if (!blocks.has(index) || ended.has(index)) said.faults.push(`a stop of the block ${index} that is not open`);
      ended.add(index);
    }
    if (type !== 'content_block_delta') continue;
    if (ended.has(index)) said.faults.push('a delta behind the stop of its block');
    if (!blocks.has(index)) said.faults.push('a delta without its block');
    said.text += delta?.text ?? '';
    blocks.get(index)?.add('', delta?.partial_json);
  }
  said.calls = [...blocks.values()].flatMap((pieces) => (pieces ? [pieces.call] : []));
  checkIds(ids, said);
  const starts = events.filter(({ type }) => type === 'message_start').length;
  if (starts > 1) said.faults.push(`${starts} message_start`);
  const ends = events.filter(({ type }) => type === 'message_stop').length;
  if (ends !== (failed ? 0 : 1)) said.faults.push(`${ends} message_stop with error ${said.error}`);
  if (!failed && !stopped) said.faults.push('no stop reason');
}
