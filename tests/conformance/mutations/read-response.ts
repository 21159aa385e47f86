import { z } from 'zod';
import { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { payloadsOf } from '../../support/read-events.ts';
import { checkIds, type Said } from './said.ts';

function readOutput({ output }: Pick<Response, 'output'>, said: Said): void {
  checkIds(
    output.filter(({ type }) => type === 'function_call').map(({ call_id: id }) => id),
    said,
  );
  for (const { type, content = [], name = '', arguments: args = '' } of output) {
    if (type === 'message') for (const part of content) said.text += part.text ?? '';
    if (type === 'function_call') said.calls.push({ name, arguments: args });
  }
}

/** An upstream's own response, which is passed on, may have no conversation. */
const OwnResponse = Response.partial({ conversation: true });
const OwnEvent = ResponseEvent.extend({ response: OwnResponse.optional() });

export const readResponse = (text: string, said: Said): void => readOutput(OwnResponse.parse(JSON.parse(text)), said);

const Failed = z.object({
  type: z.literal('error'),
  code: z.string(),
  error: z.object({ type: z.string() }).optional(),
});

export function readResponseStream(text: string, said: Said): void {
  const events = payloadsOf(text).map((one) => OwnEvent.parse(JSON.parse(one)));
  const failed = events.map((event) => Failed.safeParse(event).data).find((event) => event !== undefined);
  said.error = failed ? (failed.error?.type ?? failed.code) : null;
  const last = events.at(-1);
  const begun = events.filter(({ type }) => type === 'response.output_item.added').map((event) => event.output_index);
  if (new Set(begun).size < begun.length) said.faults.push(`items with the numbers ${begun}`);
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
