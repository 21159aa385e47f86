import type { ChatMessage, Content as MessageContent } from '../../../contracts/chat/message.ts';
import { refused, refuseOthers } from './refuse.ts';
import { toFunctionResponse } from './to-function-response.ts';
import { toModelTurn } from './to-model-turn.ts';
import { toPart } from './to-part.ts';
import type { Content, RequestPart } from './wire.ts';

const KNOWN = new Set(['role', 'content']);

const partsOf = (content: MessageContent | null | undefined, model: string, param: string): RequestPart[] =>
  Array.isArray(content) ? content.map((part, i) => toPart(part, model, `${param}[${i}]`)) : [{ text: content ?? '' }];

function toSystemParts(message: ChatMessage, model: string, param: string): RequestPart[] {
  const parts = partsOf(message.content, model, param);
  const media = parts.findIndex(({ text }) => text === undefined);
  if (media >= 0) throw refused(`${param}[${media}].type`, 'A system message takes text only.');
  return parts;
}

/** The conversation as Gemini takes it. */
interface Conversation {
  readonly contents: Content[];
  readonly systemInstruction?: { parts: RequestPart[] };
}

/**
 * Makes turns of messages. Instructions have one place, before all turns, wherever they stood; the results of the calls
 * of one turn make one turn together, as the vendor demands.
 */
export function toContents(messages: readonly ChatMessage[], model: string): Conversation {
  const contents: Content[] = [];
  const system: RequestPart[] = [];
  const names = new Map<string, string>();
  let results: RequestPart[] | undefined;
  for (const [i, message] of messages.entries()) {
    const param = `messages[${i}]`;
    if (message.role === 'tool') {
      if (!results) {
        results = [];
        contents.push({ role: 'user', parts: results });
      }
      results.push(toFunctionResponse(message, names, model, param));
      continue;
    }
    results = undefined;
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) if (call.function) names.set(call.id, call.function.name);
      const parts = toModelTurn(message, model, param);
      if (parts.length > 0) contents.push({ role: 'model', parts });
      continue;
    }
    if (message.role === 'function') throw refused(`${param}.role`, "Results of tools have the role 'tool'.");
    refuseOthers(message, KNOWN, param);
    const at = `${param}.content`;
    if (message.role === 'user') contents.push({ role: 'user', parts: partsOf(message.content, model, at) });
    else system.push(...toSystemParts(message, model, at));
  }
  if (contents.length === 0) throw refused('messages', 'Gemini needs a message that is not an instruction.');
  return { contents, ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}) };
}
