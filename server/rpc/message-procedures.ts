import { Message, MessageEvent } from '../../contracts/messages/answer.ts';
import { MessageErrorBody } from '../../contracts/messages/error.ts';
import { MessageRequest, TokenCount, TokenCountRequest } from '../../contracts/messages/request.ts';
import { Json } from '../canonical/json.ts';
import { typeOf } from '../canonical/type-of.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { countTokens } from '../features/messages/count-tokens.ts';
import { createMessage, streamMessage } from '../features/messages/create-message.ts';
import { createKept, streamKept } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { describeOperations, errorResponses } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { answers } from './output.ts';
import { Resume } from './resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const describeMessages = describeOperations(
  { name: 'messages', about: "Anthropic's Messages API, over any model.", errorBody: MessageErrorBody },
  () => errorResponses,
);

/** `v1.messages`: Anthropic's Messages API. */
export const messageProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
  create: procedure
    .meta(
      describeMessages('POST', '/v1/messages', 'Create a message', {
        description: "Anthropic's Messages API over any model. With `stream: true` the answer is Anthropic's events.",
        once: true,
      }),
    )
    .input(MessageRequest)
    .output(answers(Message))
    .mutation(({ ctx, input }) => {
      const asked = { operation: 'v1.messages', request: input, caller: ctx.caller, key: sentKey(ctx) };
      return createKept<Message>(runs, asked, (caller) => createMessage(deps, input, caller));
    }),
  stream: procedure
    .meta({ streams: 'create', event: MessageEvent })
    .input(MessageRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
      const { caller, once } = noteAnswer(ctx.caller);
      const show = (event: MessageEvent): KnownFields<MessageEvent & Noted> => ({ ...event, ...once() });
      const asked = { operation: 'v1.messages', request, caller, key, after };
      const events = streamKept(runs, asked, (maker) => streamMessage(deps, request, maker));
      return new TrackedStream(events, show, {
        socket: ctx.socket,
        signal: caller.signal,
        from: after + 1,
        eventName: typeOf,
        ping: Json.ofValue<MessageEvent>({ type: 'ping' }),
      });
    }),
  countTokens: procedure
    .meta(
      describeMessages('POST', '/v1/messages/count_tokens', 'Count the tokens of a prompt', {
        description: 'Counted by an upstream of this dialect, otherwise estimated from the length of the prompt.',
        errors: errorResponses.filter((status) => status !== 402),
      }),
    )
    .input(TokenCountRequest)
    .output(answers(TokenCount))
    .mutation(({ ctx, input }) => countTokens(deps, input, ctx.caller)),
});
