import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readCount } from '../http/read-count.ts';
import type { Quirks } from './quirks.ts';

/** Posts JSON beside the versioned API, and returns the JSON of the response. */
type Ask = (path: string, body: object) => Promise<unknown>;
type PromptCounter = (chat: ChatCompletionRequest, ask: Ask) => Promise<number>;

/** The fields of a chat that its template reads. */
const templateFields = ({ messages, tools, chat_template_kwargs: settings }: ChatCompletionRequest) => ({
  messages,
  ...(tools?.length ? { tools } : {}),
  ...(settings === undefined ? {} : { chat_template_kwargs: settings }),
});

function readTokens(answer: unknown): number {
  const tokens = isObject(answer) ? answer.tokens : undefined;
  if (Array.isArray(tokens)) return tokens.length;
  throw new AppError('upstream_broken', 'The upstream did not return tokens.');
}

/** How servers count the prompt of a chat, with the template and the tokenizer of its model. */
export const promptCounts: Readonly<Record<NonNullable<Quirks['counts']>, PromptCounter>> = {
  async vllm(chat, ask) {
    const question = { model: chat.model, ...templateFields(chat), add_generation_prompt: true };
    return readCount(await ask('/tokenize', question), 'count');
  },
  async llamacpp(chat, ask) {
    const applied = await ask('/apply-template', { model: chat.model, ...templateFields(chat) });
    const prompt = isObject(applied) ? applied.prompt : undefined;
    if (typeof prompt !== 'string') throw new AppError('upstream_broken', 'The upstream did not return a prompt.');
    // In the rendered prompt, special marks must be parsed as the single tokens that they stand for.
    return readTokens(
      await ask('/tokenize', { model: chat.model, content: prompt, add_special: true, parse_special: true }),
    );
  },
};
