import { Message, MessageEvent } from '../../contracts/messages/answer.ts';
import { MessageErrorBody } from '../../contracts/messages/error.ts';
import { MessageRequest, TokenCount, TokenCountRequest } from '../../contracts/messages/request.ts';
import { Json } from '../canonical/json.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { countTokens } from '../features/messages/count-tokens.ts';
import { createMessage, streamMessage } from '../features/messages/create-message.ts';
import { errorResponses, Resume } from './chat-procedures.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { answers } from './output.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const describeMessages = describeOperations(
  { name: 'messages', about: "Anthropic's Messages API, over any model.", errorBody: MessageErrorBody },
  () => errorResponses,
);

/** `v1.messages`: Anthropic's Messages API. */
export const messageProcedures = (deps: CompletionDeps) => ({
  create: procedure
    .meta(
      describeMessages('POST', '/v1/messages', 'Create a message', {
        description: "Anthropic's Messages API over any model. With `stream: true` the answer is Anthropic's events.",
      }),
    )
    .input(MessageRequest)
    .output(answers(Message))
    .mutation(({ ctx, input }) => createMessage(deps, input, ctx.caller)),
  stream: procedure
    .meta({ streams: 'create', event: MessageEvent })
    .input(MessageRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      refuseResume(lastEventId);
      const { caller, once } = noteAnswer(ctx.caller);
      const show = (event: MessageEvent): KnownFields<MessageEvent & Noted> => ({ ...event, ...once() });
      return new TrackedStream(streamMessage(deps, request, caller), show, {
        socket: ctx.socket,
        signal: caller.signal,
        eventName: ({ type }) => type,
        ping: Json.ofValue<MessageEvent>({ type: 'ping' }),
      });
    }),
  countTokens: procedure
    .meta(
      describeMessages('POST', '/v1/messages/count_tokens', 'Count the tokens of a prompt', {
        description:
          'Counted by the upstream where it speaks this dialect, else estimated from the length of the prompt.',
        errors: errorResponses.filter((status) => status !== 402),
      }),
    )
    .input(TokenCountRequest)
    .output(answers(TokenCount))
    .mutation(({ ctx, input }) => countTokens(deps, input, ctx.caller)),
});
