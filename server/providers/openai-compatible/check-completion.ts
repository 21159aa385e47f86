import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import { joinParts } from './adapt-answer.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): boolean => value == null || typeof value === 'string';
const isList = (value: unknown): boolean => value == null || Array.isArray(value);

const TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'];
const LISTS = ['tool_calls', 'images'];

const malformed = (what: string) => new AppError('upstream_broken', `The upstream sent an answer whose ${what}.`);

/** Throws `upstream_broken` for an answer of which the choices cannot be told. */
export function checkChoices({ choices }: ChatCompletion): void {
  for (const choice of choices as readonly unknown[]) {
    if (!isObject(choice) || !isObject(choice.message)) throw malformed('choices are malformed');
    const { message } = choice;
    if (!LISTS.every((name) => isList(message[name]))) throw malformed('lists are malformed');
    if (!isText(choice.finish_reason)) throw malformed('finish reason is no word');
  }
}

/**
 * Holds the texts of an answer to being texts; a content that is still a list of parts is joined. True when it was.
 * Throws `upstream_broken`.
 */
export function checkTexts({ choices }: ChatCompletion): boolean {
  let joined = false;
  for (const { message } of choices) {
    if (joinParts(message)) joined = true;
    const fields: Record<string, unknown> = message;
    if (!TEXTS.every((name) => isText(fields[name]))) throw malformed('text is no text');
  }
  return joined;
}
