import { z } from 'zod';
import { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { payloadsOf } from '../../support/read-events.ts';
import type { Said } from './said.ts';

function readOutput({ output }: Response, said: Said): void {
  for (const { type, content = [], name = '', arguments: args = '' } of output) {
    if (type === 'message') for (const part of content) said.text += part.text ?? '';
    if (type === 'function_call') said.calls.push({ name, arguments: args });
  }
}

export const readResponse = (text: string, said: Said): void => readOutput(Response.parse(JSON.parse(text)), said);

const Failed = z.object({
  type: z.literal('error'),
  code: z.string(),
  error: z.object({ type: z.string() }).optional(),
});

export function readResponseStream(text: string, said: Said): void {
  const events = payloadsOf(text).map((one) => ResponseEvent.parse(JSON.parse(one)));
  const failed = events.map((event) => Failed.safeParse(event).data).find((event) => event !== undefined);
  said.error = failed ? (failed.error?.type ?? failed.code) : null;
  const last = events.at(-1);
  if (failed) return;
  const isEnd = last?.type === 'response.completed' || last?.type === 'response.incomplete';
  if (isEnd && last.response) readOutput(last.response, said);
  else said.faults.push(`it ended by ${last?.type}`);
  const streamed = events
    .filter(({ type }) => type === 'response.output_text.delta')
    .map(({ delta }) => delta)
    .join('');
  if (streamed !== said.text) said.faults.push(`streamed "${streamed}", and "${said.text}" at the end`);
}
