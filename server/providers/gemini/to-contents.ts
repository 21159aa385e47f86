import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { EMPTY_MESSAGE } from '../empty-message.ts';
import { endWithQuestion } from '../end-with-question.ts';
import { refuseOthers } from './refuse.ts';
import { toFunctionResponse } from './to-function-response.ts';
import { toModelTurn } from './to-model-turn.ts';
import { toPart } from './to-part.ts';
import type { Content, RequestPart } from './wire.ts';

const KNOWN = new Set(['role', 'content']);

function toUserParts(message: ChatMessage, model: string, param: string): RequestPart[] {
  refuseOthers(message, KNOWN, param);
  const { content } = message;
  if (!Array.isArray(content)) return [{ text: content ?? '' }];
  return content.map((part, i) => toPart(part, model, `${param}.content[${i}]`));
}

function toSystemParts(message: ChatMessage, model: string, param: string): RequestPart[] {
  const parts = toUserParts(message, model, param);
  const media = parts.findIndex(({ text }) => text === undefined);
  if (media >= 0) throw invalidField(`${param}.content[${media}].type`, 'A system message can only have text.');
  return parts;
}

/** "Unable to submit request because it has an empty text parameter." */
const isSomething = ({ text }: RequestPart): boolean => text !== '';

/** The conversation in Gemini's form. */
interface Conversation {
  readonly contents: Content[];
  readonly systemInstruction?: { parts: RequestPart[] };
}

/**
 * Gemini takes calls only directly after a turn of the user, so the answers around a deleted question become one turn,
 * and an answer whose question was deleted gets one.
 */
function addModelTurn(contents: Content[], parts: RequestPart[]): void {
  const last = contents.at(-1);
  if (parts.length === 0) return;
  if (last?.role === 'model') last.parts.push(...parts);
  else {
    if (!last) contents.push({ role: 'user', parts: [{ text: EMPTY_MESSAGE }] });
    contents.push({ role: 'model', parts });
  }
}

/**
 * Translates messages to turns. All instructions go before the turns, wherever they stood. The results of the calls of
 * one turn make one turn together, as the vendor demands.
 */
export function toContents(given: readonly ChatMessage[], model: string): Conversation {
  const messages = endWithQuestion(given);
  const contents: Content[] = [];
  const system: RequestPart[] = [];
  const names = new Map<string, string>();
  let results: RequestPart[] | undefined;
  for (const [i, message] of messages.entries()) {
    const param = `messages[${i}]`;
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...toSystemParts(message, model, param).filter(isSomething));
        break;
      case 'user': {
        results = undefined;
        const all = toUserParts(message, model, param);
        const parts = all.filter(isSomething);
        const none = i < messages.length - 1 ? [{ text: EMPTY_MESSAGE }] : all;
        contents.push({ role: 'user', parts: parts.length > 0 ? parts : none });
        break;
      }
      case 'assistant': {
        results = undefined;
        for (const call of message.tool_calls ?? []) if (call.function) names.set(call.id, call.function.name);
        const parts = toModelTurn(message, model, param);
        addModelTurn(contents, parts);
        break;
      }
      case 'tool':
        if (!results) {
          results = [];
          contents.push({ role: 'user', parts: results });
        }
        results.push(toFunctionResponse(message, names, model, param));
        break;
      default:
        throw invalidField(`${param}.role`, "Send tool results with the role 'tool'.");
    }
  }
  if (contents.length === 0)
    throw invalidField('messages', 'Gemini needs at least one message besides the system prompt.');
  return { contents, ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}) };
}
