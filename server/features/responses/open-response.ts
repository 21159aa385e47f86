import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { storedAnswer } from '../../canonical/stored-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { ConversationStore } from '../../store/interface/conversations.ts';
import type { ResponseStore, StoredResponse } from '../../store/interface/responses.ts';
import type { RunFormat, RunLogEnd } from '../../store/interface/runs.ts';
import type { SecretStore } from '../../store/interface/secrets.ts';
import type { BegunTurn, EndedTurn, HistoryMessage, NewMessage, NewTurn } from '../../store/interface/turns.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { checkHistory } from '../chat/check-history.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { leaveOutUnseen } from '../turns/adapt-history.ts';
import type { PromptParts } from '../turns/build-prompt.ts';
import { toNewMessage } from '../turns/store-message.ts';
import { TurnPrompt } from '../turns/turn-prompt.ts';
import { readMessages } from '../turns/write-prompt.ts';
import { echoOf } from './answer/describe-response.ts';
import { newStem, responseIdOf, stemOf } from './answer/item-ids.ts';
import type { ResponseWriter } from './answer/response-writer.ts';
import { checkResults } from './request/check-results.ts';

export interface ResponseStores {
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly secrets: SecretStore;
}

/** A response that is about to be answered, with everything that the model is to read. */
export interface OpenResponse {
  readonly stem: string;
  /** Null when nothing is stored. */
  readonly conversationId: string | null;
  readonly echo: ReturnType<typeof echoOf>;
  readonly prompt: TurnPrompt;
  /** Its conversation and the run that makes it; null when nothing is stored. */
  readonly begun: Pick<BegunTurn, 'conversationId' | 'run' | 'createdAt'> | null;
  /** Stores how it ended; the conversation is free again. Nothing, when nothing is stored. */
  end(writer: ResponseWriter, ended: EndedResponse): Promise<void>;
  /** Removes what was stored, because the request was refused. */
  drop(): Promise<void>;
}

/** The end of a response. */
interface EndedResponse {
  /** The answer, complete or not. */
  readonly completion: ChatCompletion | null;
  readonly status: EndedTurn['status'];
  readonly finished: boolean;
  readonly log: RunLogEnd;
}

const conversationIn = ({ conversation }: ResponseRequest): string | null =>
  (typeof conversation === 'string' ? conversation : conversation?.id) ?? null;

async function findPrevious(
  store: ResponseStore,
  id: string,
  { user }: Pick<ResponseRequest, 'user'>,
  { owner }: Principal,
): Promise<StoredResponse> {
  const previous = await store.find(id, { owner, userId: user ?? null }, { omitsMedia: true });
  if (!previous) {
    throw new AppError('response_not_found', `There is no stored response '${id}'.`, { param: 'previous_response_id' });
  }
  if (previous.answer.status !== 'in_progress') return previous;
  throw new AppError('conversation_busy', 'The previous response is still being answered.', {
    param: 'previous_response_id',
  });
}

/** The fields that every turn begins with. */
type Start = Pick<ResponseRequest, 'model' | 'user'> &
  Pick<Required<NewTurn>, 'owner' | 'messages' | 'response' | 'check' | 'runFormat' | 'claim'>;

const turnOf = ({ user, ...start }: Start, conversationId: string | null): NewTurn => ({
  ...start,
  conversationId,
  userId: user ?? null,
});

/** Goes on after the previous response, in its conversation. What follows it already stays, on another branch. */
function beginAfter(stores: ResponseStores, previous: StoredResponse, start: Start): Promise<BegunTurn> {
  const { conversationId, answer, userId } = previous;
  // A request without an end user reaches the responses of all end users.
  const turn = turnOf({ ...start, user: start.user ?? userId }, conversationId);
  return stores.conversations.beginTurn({ ...turn, place: { after: answer.id, param: 'previous_response_id' } });
}

const toNewMessages = (messages: readonly ChatMessage[]): Promise<NewMessage[]> =>
  Promise.all(messages.map((message) => toNewMessage(message.role === 'function' ? 'tool' : message.role, message)));

/**
 * Checks the history that a response continues: it must have the calls of the results, and nothing that the sender
 * cannot send.
 */
function checkBefore(history: readonly HistoryMessage[], input: readonly ChatMessage[], { role }: Principal): void {
  checkResults(input, history);
  // Items of the vendor's own tools are refused where they come in.
  checkHistory(history, { isKey: role !== 'admin', hosted: true }, 'previous_response_id');
}

const idOf = (answerId: string): string => responseIdOf(stemOf(answerId) ?? answerId);

async function begin(
  stores: ResponseStores,
  request: ResponseRequest,
  { principal, claim }: Caller,
  input: readonly ChatMessage[],
  echo: string,
): Promise<BegunTurn> {
  const messages = await toNewMessages(input);
  const response = { idOf, inputCount: messages.length, echo };
  const check = (history: readonly HistoryMessage[]) => checkBefore(history, input, principal);
  const { model, user } = request;
  // A response in the background can be followed while it is made.
  const runFormat: RunFormat = request.stream || request.background ? 'events' : 'response';
  const start = { owner: principal.owner, model, user, messages, response, check, runFormat, claim };
  if (request.previous_response_id != null) {
    return beginAfter(
      stores,
      await findPrevious(stores.responses, request.previous_response_id, request, principal),
      start,
    );
  }
  return stores.conversations.beginTurn(turnOf(start, conversationIn(request)));
}

/** The input as a history whose turns begin with what the user says: the oldest can be dropped. */
function asHistory(messages: Before['messages']): HistoryMessage[] {
  let turn = 0;
  return messages.map(({ role, prompt }) => {
    if (role === 'user') turn++;
    return { turnId: `input-${turn}`, role, prompt, status: 'completed' };
  });
}

/** The instructions and the history of the new messages. */
type Before = Pick<PromptParts, 'systemPrompt' | 'history' | 'messages'>;

/**
 * Everything that the model is to read. Turns that are remembered here are dropped when they do not fit, but for
 * `truncation: "disabled"`; with `"auto"` also the oldest of the input itself, and before an upstream complains.
 */
function toPrompt(request: ResponseRequest, { contextWindow, backends: [backend] }: CatalogModel, before: Before) {
  const { history, messages } = before;
  const auto = request.truncation === 'auto';
  const own = auto
    ? Math.max(
        0,
        messages.findLastIndex(({ role }) => role === 'user'),
      )
    : 0;
  const parts = {
    systemPrompt: request.instructions ?? before.systemPrompt,
    history: [...history, ...asHistory(messages.slice(0, own))],
    messages: messages.slice(own),
    own: messages.length,
    contextWindow: auto ? (backend?.provider.contextWindow ?? contextWindow) : null,
    beside: () => JSON.stringify([request.tools ?? [], request.text ?? null]),
    answerTokens: request.max_output_tokens,
  };
  return new TurnPrompt(parts, request.truncation === 'disabled' ? undefined : backend);
}

/** The checked and translated parts of a request that its prompt depends on. */
interface PlannedPrompt {
  readonly model: CatalogModel;
  readonly input: readonly ChatMessage[];
}

/** Reads the history that a request continues, and writes nothing. */
async function readHistory(stores: ResponseStores, request: ResponseRequest, principal: Principal) {
  const { previous_response_id: id } = request;
  const conversationId = conversationIn(request);
  if (conversationId !== null) {
    const key = { id: conversationId, owner: principal.owner, userId: request.user ?? null };
    const found = await stores.conversations.find(key);
    if (!found) throw new AppError('conversation_not_found', undefined, { param: 'conversation' });
    return { systemPrompt: found.conversation.systemPrompt, history: found.messages };
  }
  if (id == null) return { systemPrompt: null, history: [] };
  const previous = await findPrevious(stores.responses, id, request, principal);
  return { systemPrompt: previous.systemPrompt, history: await stores.responses.path(previous.answer.id) };
}

async function readTurnPrompt(
  stores: ResponseStores,
  request: ResponseRequest,
  { model, input }: PlannedPrompt,
  principal: Principal,
): Promise<TurnPrompt> {
  const { systemPrompt, history } = await readHistory(stores, request, principal);
  checkBefore(history, input, principal);
  return toPrompt(request, model, { systemPrompt, history, messages: await toNewMessages(input) });
}

/** Everything that the model would read. Nothing is stored. */
export async function readPrompt(
  stores: ResponseStores,
  request: ResponseRequest,
  planned: PlannedPrompt,
  principal: Principal,
): Promise<readonly ChatMessage[]> {
  const prompt = await readTurnPrompt(stores, request, planned, principal);
  const messages = await readMessages(prompt);
  return leaveOutUnseen(planned.model, messages, prompt)?.messages ?? messages;
}

/** Opens a response that is not stored: its history is only read. */
async function openUnstored(
  stores: ResponseStores,
  request: ResponseRequest,
  principal: Principal,
  planned: PlannedPrompt,
): Promise<OpenResponse> {
  for (const field of ['background', 'conversation'] as const) {
    if (!request[field]) continue;
    throw invalidField('store', `'${field}' needs what 'store: false' forbids.`);
  }
  return {
    stem: newStem(),
    conversationId: null,
    begun: null,
    echo: echoOf(request, null),
    prompt: await readTurnPrompt(stores, request, planned, principal),
    end: async () => undefined,
    drop: async () => undefined,
  };
}

/** Puts the turn on disk, where it is to be stored, and gathers what the model is to read. */
export async function openResponse(
  stores: ResponseStores,
  request: ResponseRequest,
  caller: Caller,
  planned: PlannedPrompt,
): Promise<OpenResponse> {
  if (request.store === false) return openUnstored(stores, request, caller.principal, planned);
  const { model, input } = planned;
  const messages = await toNewMessages(input);
  const echo = echoOf(request, conversationIn(request));
  const begun = await begin(stores, request, caller, input, writeExact(echo));
  const { conversationId, answerId } = begun;
  const id = idOf(answerId);
  const store = (ended: Omit<EndedTurn, 'conversationId' | 'answerId'>) =>
    stores.conversations.endTurn({ conversationId, answerId, ...ended });
  try {
    const prompt = toPrompt(request, model, { ...begun, messages });
    return {
      stem: stemOf(id) ?? newStem(),
      conversationId,
      begun,
      echo,
      prompt,
      async end(writer, { completion, status, finished, log }) {
        if (completion) prompt.confirm();
        const error = writer.failure && JSON.stringify(writer.failure);
        const response = { id, output: JSON.stringify(writer.output), error, endedAt: writer.endedAt };
        await store({ ...storedAnswer(completion), status, usage: finished ? writer.usage : null, response, log });
      },
      drop: () => stores.conversations.dropTurn(begun),
    };
  } catch (error) {
    await store({ ...storedAnswer(null), status: 'failed', usage: null });
    throw error;
  }
}
