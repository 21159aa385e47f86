import { z } from 'zod';
import { payloadsOf } from '../../support/read-events.ts';
import { checkIds, type Said } from './said.ts';

/** What clients depend on. An upstream's own response, which is passed on, may lack other fields of ours. */
const Output = z.looseObject({
  type: z.string(),
  content: z.array(z.looseObject({ text: z.string().nullish() })).nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  call_id: z.string().nullish(),
});
const OwnResponse = z.looseObject({ id: z.string().min(1), object: z.literal('response'), output: z.array(Output) });
type OwnResponse = z.infer<typeof OwnResponse>;
const OwnEvent = z.looseObject({
  type: z.string(),
  sequence_number: z.int(),
  response: OwnResponse.optional(),
  output_index: z.int().optional(),
  content_index: z.int().optional(),
  delta: z.string().optional(),
});

function readOutput({ output }: OwnResponse, said: Said): void {
  checkIds(
    output.filter(({ type }) => type === 'function_call').map(({ call_id: id }) => id),
    said,
  );
  for (const { type, content, name, arguments: args } of output) {
    if (type === 'message') for (const part of content ?? []) said.text += part.text ?? '';
    if (type === 'function_call') said.calls.push({ name: name ?? '', arguments: args ?? '' });
  }
}

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
  const created = events.filter(({ type }) => type === 'response.created').length;
  if (created > 1) said.faults.push(`${created} response.created`);
  const done = events.filter(({ type }) => type === 'response.output_item.done').map((event) => event.output_index);
  if (new Set(done).size < done.length) said.faults.push(`ends of the items ${done}`);
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
