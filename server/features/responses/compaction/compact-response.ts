import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import type { CompactedResponse, CompactRequest } from '../../../../contracts/responses/compaction.ts';
import type { InputItem, OutputItem } from '../../../../contracts/responses/item.ts';
import type { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { Caller } from '../../access/caller.ts';
import { createCompletion } from '../../chat/create-completion.ts';
import type { CatalogModel } from '../../models/catalog.ts';
import { weighMessages } from '../../turns/fit-window.ts';
import { writeMessage } from '../../turns/store-message.ts';
import { isSummary, SUMMARY_CONTENT } from '../../turns/summary-message.ts';
import { ItemIds, newStem, responseIdOf } from '../answer/item-ids.ts';
import { NO_USAGE, toUsage } from '../answer/read-usage.ts';
import { readPrompt } from '../open-response.ts';
import { prepareRequest, type ResponseDeps, toChat } from '../prepare-request.ts';
import { inOwnTerms } from '../request/to-completion.ts';
import { partsOf } from '../stored-items.ts';
import { encryptSummary } from './encrypt-summary.ts';
import { COMPACTION } from './read-compaction.ts';

/** Asked of the model, as the last message of the conversation. */
const SUMMARIZE = `Write a summary of this conversation for a model that will go on with it and will see nothing else of it.
${SUMMARY_CONTENT}`;

/** How much of the user's own words is kept beside the summary: this many tokens, and this share of a known window. */
const KEPT_TOKENS = 20_000;
const KEPT_SHARE = 0.25;

const asItems = (input: CompactRequest['input']): InputItem[] =>
  typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);

/** The compaction as a response that is not stored. A tool must not be called now, but calls before may need the tools. */
const toRequest = ({ text: _, ...request }: CompactRequest): ResponseRequest => ({
  ...request,
  input: [...asItems(request.input), { role: 'user', content: SUMMARIZE }],
  store: false,
  stream: false,
  truncation: 'auto',
  ...(request.tools?.length ? { tool_choice: 'none' } : {}),
});

/** The last messages of the user, as many as fit. The summary covers the others. */
async function keptMessages(prompt: readonly ChatMessage[], window: number | null): Promise<ChatMessage[]> {
  const said = prompt.slice(0, -1).filter((message) => message.role === 'user' && !isSummary(message));
  const kept: ChatMessage[] = [];
  let room = Math.min(KEPT_TOKENS, (window ?? Number.POSITIVE_INFINITY) * KEPT_SHARE);
  for (const message of said.toReversed()) {
    room -= weighMessages([{ prompt: await writeMessage(message) }]);
    if (room < 0) break;
    kept.unshift(message);
  }
  return kept;
}

const windowOf = ({ backends, contextWindow }: CatalogModel): number | null =>
  backends[0]?.provider.contextWindow ?? contextWindow;

/**
 * `POST /v1/responses/compact`: has the model of the request write a summary, and gives it back as an item that no client can
 * read, change, or use with the key of another owner. Nothing is stored.
 */
export async function compactResponse(
  deps: ResponseDeps,
  request: CompactRequest,
  caller: Caller,
): Promise<CompactedResponse> {
  const { owner } = caller.principal;
  if (asItems(request.input).length === 0 && request.previous_response_id == null) {
    throw new AppError('missing_field', "The field 'input' is required.", { param: 'input' });
  }
  const asked = toRequest(request);
  const prepared = await prepareRequest(deps, asked, caller.principal);
  const prompt = await readPrompt(deps, asked, prepared, caller.principal);
  const chat = toChat(prepared, prompt);
  // This also applies to upstreams of this dialect, because the gateway cannot read what another vendor has encrypted.
  const surface = { ...prepared.surface, original: undefined, operation: 'v1.responses.compact' };
  const { value: answer } = await createCompletion(deps, chat, caller, surface).catch((error: unknown) => {
    throw inOwnTerms(error);
  });
  const summary = answer.choices[0]?.message.content?.trim();
  if (!summary) throw new AppError('upstream_broken', 'The model did not write a summary of the conversation.');
  const stem = newStem();
  const ids = new ItemIds(stem);
  const kept = (await keptMessages(prompt, windowOf(prepared.model))).map(
    (message): OutputItem => ({
      id: ids.next('msg'),
      type: 'message',
      role: 'user',
      status: 'completed',
      content: partsOf(message),
    }),
  );
  const encrypted_content = encryptSummary(await deps.secrets.obtain(COMPACTION), summary, owner);
  return {
    id: responseIdOf(stem),
    object: 'response.compaction',
    created_at: answer.created,
    output: [...kept, { id: ids.next('cmp'), type: 'compaction', encrypted_content }],
    usage: toUsage(answer.usage ?? NO_USAGE),
  };
}
