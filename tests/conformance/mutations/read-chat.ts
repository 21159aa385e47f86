import { z } from 'zod';
import { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { payloadsOf } from '../../support/read-events.ts';
import { CallPieces, checkIds, type Said } from './said.ts';

export function readChat(text: string, said: Said): void {
  const [choice] = ChatCompletion.parse(JSON.parse(text)).choices;
  said.text = choice?.message.content ?? '';
  said.calls = (choice?.message.tool_calls ?? []).map(({ function: called }) => ({
    name: '',
    arguments: '',
    ...called,
  }));
  checkIds(
    (choice?.message.tool_calls ?? []).map(({ id }) => id),
    said,
  );
  if (typeof choice?.finish_reason !== 'string') said.faults.push('no finish reason');
}

const Failed = z.object({ error: z.object({ code: z.string() }) });

export function readChatStream(text: string, said: Said): void {
  const payloads = payloadsOf(text);
  const values: unknown[] = payloads.filter((one) => one !== '[DONE]').map((one) => JSON.parse(one));
  said.error = Failed.safeParse(values.at(-1)).data?.error.code ?? null;
  const done = payloads.filter((one) => one === '[DONE]').length;
  if (done !== (said.error ? 0 : 1)) said.faults.push(`${done} [DONE] with error ${said.error}`);
  const chunks = (said.error ? values.slice(0, -1) : values).map((value) => ChatCompletionChunk.parse(value));
  const calls = new Map<number, CallPieces>();
  const ids = new Map<number, unknown>();
  let ended = false;
  for (const { delta, finish_reason: reason } of chunks.flatMap(({ choices }) => choices)) {
    const pieces = delta.tool_calls ?? [];
    if (ended && (delta.content || pieces.length > 0 || reason)) said.faults.push('more behind the finish reason');
    ended ||= Boolean(reason);
    said.text += delta.content ?? '';
    for (const { index, id, function: piece } of pieces) {
      if (id) ids.set(index, id);
      const call = calls.get(index) ?? new CallPieces();
      call.add(piece?.name, piece?.arguments);
      calls.set(index, call);
    }
  }
  said.calls = [...calls.values()].map(({ call }) => call);
  checkIds([...ids.values()], said);
  if (!said.error && !ended) said.faults.push('no finish reason');
}
