import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { Json } from '../../canonical/json.ts';
import { parseOwn } from '../../canonical/read-body/parse-own.ts';
import { isLong, joinAsBytes, type Steps, writeAsText } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import type { TurnPrompt } from './turn-prompt.ts';

/** Longer prompts are written and read in pieces, so that other requests do not wait for them. In UTF-16 units. */
const LONG = 1024 * 1024;

/** Whether a prompt has so many megabytes that it is handled in pieces. */
export const isLongPrompt = ({ texts }: TurnPrompt): boolean =>
  texts.reduce((sum, { length }) => sum + length, 0) > LONG;

const separated = (texts: readonly string[]): string[] => texts.flatMap((text, i) => (i > 0 ? [',', text] : [text]));

/** Parses JSON that this process has written from values of that type. */
function* readBack<Value>(bytes: Buffer): Steps<Value> {
  return (yield* parseOwn(bytes)) as Value;
}

function* writeLong(parts: readonly string[]): Steps<Json<ChatCompletionRequest>> {
  const bytes = yield* joinAsBytes(parts);
  return Json.ofBoth(bytes, yield* readBack<ChatCompletionRequest>(bytes));
}

/** Writes the fields of a request, without the messages. */
export const writeFields = async (fields: object): Promise<string> =>
  isLong(fields) ? inTurns(writeAsText(fields)) : writeExact(fields);

/** Writes the request with these fields and the messages of a prompt. A long one is also parsed here, in pieces. */
export function writeRequest(fields: string, prompt: TurnPrompt): Promise<Json<ChatCompletionRequest>> {
  const parts = [`${fields.slice(0, -1)},"messages":[`, ...separated(prompt.texts), ']}'];
  return fields.length > LONG || isLongPrompt(prompt)
    ? inTurns(writeLong(parts))
    : Promise.resolve(Json.ofBytes<ChatCompletionRequest>(Buffer.from(parts.join(''))));
}

/** The messages of a prompt. */
export async function readMessages(prompt: TurnPrompt): Promise<ChatMessage[]> {
  if (!isLongPrompt(prompt)) return prompt.parse();
  const bytes = await inTurns(joinAsBytes(['[', ...separated(prompt.texts), ']']));
  return inTurns(readBack<ChatMessage[]>(bytes));
}
