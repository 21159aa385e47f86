import type { ChatMessage, Content as MessageContent, ToolCall } from '../../../contracts/chat/message.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { splitImage } from './inline-data.ts';
import { hasLevels } from './model-family.ts';
import { asObject, refuseOthers } from './refuse.ts';
import { FOREIGN_CALL, ofExtraContent, readDetails } from './signatures.ts';
import type { RequestPart } from './wire.ts';

/**
 * The fields of an assistant message that are accepted. Those that are not translated are accounts by the gateway or
 * the vendor, which the model does not need.
 */
const KNOWN = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'images',
  'extra_content',
  'annotations',
]);

function textsOf(content: MessageContent | null | undefined, param: string): string[] {
  if (content == null) return [];
  if (typeof content === 'string') return [content];
  return content.flatMap((part, i) => {
    if (part.type === 'text' && typeof part.text === 'string') return part.text;
    if (part.type === 'refusal' && typeof part.refusal === 'string') return part.refusal;
    if (part.type === 'image_url') return [];
    throw invalidField(`${param}[${i}].type`, 'A message of the assistant can only have text and images.');
  });
}

/** Parses arguments, which are an object in Gemini's dialect. */
function parseArguments(text: string, param: string): object {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    throw invalidField(param, 'The arguments must be JSON.');
  }
  return asObject(value, param);
}

function toCallPart(call: ToolCall, signature: string | undefined, param: string): RequestPart {
  if (!call.function) throw invalidField(`${param}.type`, 'Gemini accepts only function calls.');
  const { name, arguments: given } = call.function;
  return {
    functionCall: { id: call.id, name, args: parseArguments(given, `${param}.function.arguments`) },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

function toImagePart(entry: unknown, param: string): RequestPart {
  const image = asObject(entry, param);
  const at = `${param}.image_url`;
  const { url } = asObject(image.image_url, at);
  if (typeof url !== 'string') throw invalidField(`${at}.url`, 'This must be a data URI.');
  const signature = ofExtraContent(image);
  return {
    inlineData: splitImage(url, `${at}.url`),
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** The pictures of an earlier answer, whether in its content or in `images`. */
function toImageParts({ content, images }: ChatMessage, param: string): RequestPart[] {
  if (images != null && !Array.isArray(images)) throw invalidField(`${param}.images`, 'This must be a list.');
  const own = Array.isArray(content)
    ? content.flatMap((part, i) => (part.type === 'image_url' ? toImagePart(part, `${param}.content[${i}]`) : []))
    : [];
  return [...own, ...(images ?? []).map((image: unknown, i: number) => toImagePart(image, `${param}.images[${i}]`))];
}

/** Puts the first signature on the last text; each further one gets an empty part of its own, as in streams. */
function toTextParts(texts: readonly string[], signatures: readonly string[]): RequestPart[] {
  const parts: RequestPart[] = texts.filter((text) => text !== '').map((text) => ({ text }));
  const [first, ...others] = signatures;
  const last = parts.at(-1);
  if (first !== undefined && last) last.thoughtSignature = first;
  else if (first !== undefined) parts.push({ text: '', thoughtSignature: first });
  return [...parts, ...others.map((thoughtSignature) => ({ text: '', thoughtSignature }))];
}

/** The parts of an earlier answer, in the order in which Gemini gives them. Can be empty. */
export function toModelTurn(message: ChatMessage, model: string, param: string): RequestPart[] {
  refuseOthers(message, KNOWN, param);
  const { content, refusal, tool_calls, reasoning_content, reasoning, reasoning_details } = message;
  const calls = tool_calls ?? [];
  const signed = readDetails(reasoning_details, calls);
  const thought = reasoning_content ?? reasoning;
  const thoughts = toTextParts(typeof thought === 'string' ? [thought] : [], signed.reasoning);
  for (const part of thoughts) part.thought = true;
  const texts = [...textsOf(content, `${param}.content`), ...(typeof refusal === 'string' ? [refusal] : [])];
  const callParts = calls.map((call, i) =>
    toCallPart(call, ofExtraContent(call) ?? signed.calls.get(call.id), `${param}.tool_calls[${i}]`),
  );
  const [firstCall] = callParts;
  if (firstCall && hasLevels(model)) firstCall.thoughtSignature ??= FOREIGN_CALL;
  return [...thoughts, ...toTextParts(texts, signed.text), ...toImageParts(message, param), ...callParts];
}
