import { Message, type MessageEvent } from '../../contracts/messages/answer.ts';
import { MessageRequest, TokenCount, TokenCountRequest } from '../../contracts/messages/request.ts';
import { Json } from '../canonical/json.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { countTokens } from '../features/messages/count-tokens.ts';
import { createMessage, streamMessage } from '../features/messages/create-message.ts';
import { errorResponses, Resume } from './chat-procedures.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { documented, procedure } from './trpc.ts';

/** `v1.messages`: Anthropic's Messages API. */
export const messageProcedures = (deps: CompletionDeps) => ({
  create: documented(
    procedure
      .meta({
        openapi: {
          method: 'POST',
          path: '/v1/messages',
          tags: ['messages'],
          summary: 'Create a message',
          description: "Anthropic's Messages API over any model. With `stream: true` the answer is Anthropic's events.",
          errorResponses,
        },
        stream: 'v1.messages.stream',
        streamEvent: 'MessageEvent',
        errorBody: 'MessageErrorBody',
      })
      .input(MessageRequest)
      .mutation(async ({ ctx, input }): Promise<KnownFields<Message>> => {
        const answer = await createMessage(deps, input, ctx.caller);
        ctx.respond?.(answer);
        return answer.value;
      }),
    Message,
  ),
  stream: procedure.input(MessageRequest.extend(Resume)).subscription(({ ctx, input }) => {
    const { lastEventId, ...request } = input;
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
  countTokens: documented(
    procedure
      .meta({
        openapi: {
          method: 'POST',
          path: '/v1/messages/count_tokens',
          tags: ['messages'],
          summary: 'Count the tokens of a prompt',
          description:
            'Counted by the upstream where it speaks this dialect, else estimated from the length of the prompt.',
          errorResponses: errorResponses.filter((status) => status !== 402),
        },
        errorBody: 'MessageErrorBody',
      })
      .input(TokenCountRequest)
      .mutation(({ ctx, input }): Promise<TokenCount> => countTokens(deps, input, ctx.caller)),
    TokenCount,
  ),
});
