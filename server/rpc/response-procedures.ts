import {
  CompactedResponse,
  CompactRequest,
  InputTokens,
  InputTokensRequest,
} from '../../contracts/responses/compaction.ts';
import { ListInputItemsRequest } from '../../contracts/responses/conversation.ts';
import { ItemList } from '../../contracts/responses/item.ts';
import { ResponseRef, ResponseRequest, RetrieveResponseRequest } from '../../contracts/responses/request.ts';
import { Response, ResponseDeleted, type ResponseEvent } from '../../contracts/responses/response.ts';
import { compactResponse } from '../features/responses/compaction/compact-response.ts';
import { countInputTokens } from '../features/responses/count-input-tokens.ts';
import { createResponse, streamResponse } from '../features/responses/create-response.ts';
import {
  cancelResponse,
  deleteResponse,
  followResponse,
  getResponse,
  listInputItems,
  placeIn,
} from '../features/responses/manage-responses.ts';
import type { ResponseDeps } from '../features/responses/prepare-request.ts';
import type { EventBatch } from '../features/responses/run-response.ts';
import { errorResponses, Resume } from './chat-procedures.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { type CallerContext, documented, type Meta, procedure } from './trpc.ts';

const PATH = '/v1/responses/{response_id}';
const readErrors = [400, 404, 409, 503];

const describe = (
  method: 'GET' | 'POST' | 'DELETE',
  path: `/${string}`,
  summary: string,
  rest: Partial<Meta> = {},
) => ({
  openapi: { method, path, tags: ['responses'], summary, errorResponses: readErrors },
  ...rest,
});

const showEvent = (event: ResponseEvent): KnownFields<ResponseEvent & Noted> => event;

/** `first` is the number of the first event, where the events are those of a run. */
function toStream(
  events: AsyncGenerator<EventBatch, void, void>,
  { socket, caller }: CallerContext,
  { first, show = showEvent }: { readonly first?: number | undefined; readonly show?: typeof showEvent } = {},
) {
  const { signal } = caller;
  const numbers = first === undefined ? {} : { first };
  return new TrackedStream(events, show, { socket, signal, eventName: ({ type }) => type, ...numbers });
}

/** `v1.responses`: OpenAI's Responses API over any upstream. */
export function responseProcedures(deps: ResponseDeps) {
  return {
    create: documented(
      procedure
        .meta({
          openapi: {
            method: 'POST',
            path: '/v1/responses',
            tags: ['responses'],
            summary: 'Create a response',
            description: 'OpenAI-compatible, over any model; stored as a turn of a conversation unless `store: false`.',
            errorResponses,
          },
          stream: 'v1.responses.stream',
          streamEvent: 'ResponseEvent',
        })
        .input(ResponseRequest)
        .mutation(({ ctx, input }): Promise<KnownFields<Response>> => createResponse(deps, input, ctx.caller)),
      Response,
    ),
    stream: procedure.input(ResponseRequest.extend(Resume)).subscription(({ ctx, input }) => {
      const { lastEventId, ...request } = input;
      refuseResume(lastEventId);
      const { caller, once } = noteAnswer(ctx.caller);
      return toStream(streamResponse(deps, request, caller), ctx, {
        first: request.store === false ? undefined : 0,
        show: (event) => ({ ...event, ...once() }),
      });
    }),
    compact: documented(
      procedure
        .meta({
          openapi: {
            method: 'POST',
            path: '/v1/responses/compact',
            tags: ['responses'],
            summary: 'Compact a conversation',
            description:
              'The model of the request writes a summary, which comes back as an item of type `compaction`. Send `output` as the `input` of the next request.',
            errorResponses,
          },
        })
        .input(CompactRequest)
        .mutation(
          ({ ctx, input }): Promise<KnownFields<CompactedResponse>> => compactResponse(deps, input, ctx.caller),
        ),
      CompactedResponse,
    ),
    inputTokens: documented(
      procedure
        .meta({
          openapi: {
            method: 'POST',
            path: '/v1/responses/input_tokens',
            tags: ['responses'],
            summary: 'Count the tokens of a prompt',
            description: 'Counted by the first backend of the model that can, else estimated.',
            errorResponses: errorResponses.filter((status) => status !== 402),
          },
        })
        .input(InputTokensRequest)
        .mutation(({ ctx, input }): Promise<InputTokens> => countInputTokens(deps, input, ctx.caller)),
      InputTokens,
    ),
    get: documented(
      procedure
        .meta(describe('GET', PATH, 'Get a response', { stream: 'v1.responses.follow', streamEvent: 'ResponseEvent' }))
        .input(RetrieveResponseRequest)
        .query(({ ctx, input }): Promise<KnownFields<Response>> => getResponse(deps, input, ctx.caller.principal)),
      Response,
    ),
    follow: procedure
      .input(RetrieveResponseRequest)
      .subscription(({ ctx, input }) =>
        toStream(followResponse(deps, input, ctx.caller), ctx, { first: placeIn(input) + 1 }),
      ),
    delete: documented(
      procedure
        .meta(describe('DELETE', PATH, 'Delete a response'))
        .input(ResponseRef)
        .mutation(({ ctx, input }): Promise<ResponseDeleted> => deleteResponse(deps, input, ctx.caller.principal)),
      ResponseDeleted,
    ),
    cancel: documented(
      procedure
        .meta(describe('POST', `${PATH}/cancel`, 'Cancel a response in the background', { bodyOptional: true }))
        .input(ResponseRef)
        .mutation(
          ({ ctx, input }): Promise<KnownFields<Response>> => cancelResponse(deps, input, ctx.caller.principal),
        ),
      Response,
    ),
    inputItems: documented(
      procedure
        .meta(describe('GET', `${PATH}/input_items`, 'List the input items of a response'))
        .input(ListInputItemsRequest)
        .query(({ ctx, input }): Promise<KnownFields<ItemList>> => listInputItems(deps, input, ctx.caller.principal)),
      ItemList,
    ),
  };
}
