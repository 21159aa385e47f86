import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import { isRecord } from '../../canonical/json.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { refuseOthers } from './refuse.ts';
import { toPart } from './to-part.ts';
import type { RequestPart } from './wire.ts';

const KNOWN = new Set(['role', 'content', 'tool_call_id', 'name', 'is_error']);

/** The result of a tool. A JSON object is sent as it is, anything else under `result`. */
function toResponse(text: string): object {
  if (!text.trimStart().startsWith('{')) return { result: text };
  try {
    const value = parseExact(text);
    return isRecord(value) ? value : { result: text };
  } catch {
    return { result: text };
  }
}

/**
 * Translates a tool message. `names` are those of the calls before it, by id, since the client need not repeat them.
 */
export function toFunctionResponse(
  message: ChatMessage,
  names: ReadonlyMap<string, string>,
  model: string,
  param: string,
): RequestPart {
  refuseOthers(message, KNOWN, param);
  const id = message.tool_call_id ?? '';
  const name = names.get(id);
  if (name === undefined) throw invalidField(`${param}.tool_call_id`, 'No tool call before this message has this id.');
  const { content } = message;
  const given = Array.isArray(content) ? content : [{ type: 'text' as const, text: content ?? '' }];
  const parts = given.map((part, i) => toPart(part, model, `${param}.content[${i}]`));
  const detailed = parts.findIndex(({ mediaResolution }) => mediaResolution);
  if (detailed >= 0) {
    throw invalidField(
      `${param}.content[${detailed}].image_url.detail`,
      'For an image in a tool result, Gemini accepts only auto.',
    );
  }
  const media = parts.flatMap(({ inlineData }) => (inlineData ? [{ inlineData }] : []));
  const said = parts.map(({ text }) => text ?? '').join('');
  const response = message.is_error === true ? { error: said } : toResponse(said);
  return { functionResponse: { id, name, response, ...(media.length > 0 ? { parts: media } : {}) } };
}
