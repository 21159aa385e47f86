import { ListInputItemsRequest } from '../../contracts/conversations/openai-conversation.ts';
import {
  CompactedResponse,
  CompactRequest,
  InputTokens,
  InputTokensRequest,
} from '../../contracts/responses/compaction.ts';
import { ItemList } from '../../contracts/responses/item.ts';
import { Generate, ResponseRef, ResponseRequest, RetrieveResponseRequest } from '../../contracts/responses/request.ts';
import { Response, ResponseDeleted, ResponseEvent } from '../../contracts/responses/response.ts';
import { typeOf } from '../canonical/type-of.ts';
import type { Caller } from '../features/access/caller.ts';
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
import { repeatEvents, repeatResponse } from '../features/responses/repeat-response.ts';
import { recallItems, rememberResponse } from '../features/responses/response-memory.ts';
import type { EventBatch } from '../features/responses/run-response.ts';
import { warmUp } from '../features/responses/warm-up.ts';
import { createKept, streamKept } from '../features/runs/answer-kept.ts';
import { createOnce, type OnceDeps, streamOnce } from '../features/runs/answer-once.ts';
import { errorResponses } from './describe-operations.ts';
import { describeResponses } from './describe-responses.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { answers } from './output.ts';
import { Resume } from './resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { type CallerContext, procedure } from './trpc.ts';

const PATH = '/v1/responses/{response_id}';

const showEvent = (event: ResponseEvent): KnownFields<ResponseEvent & Noted> => event;

/** The number of the first event: `first` for the events of a stored run, `from` for a stream without a run. */
type EventNumbers = { readonly first: number } | { readonly from: number };

function toStream(
  events: AsyncGenerator<EventBatch, void, void>,
  { socket, caller }: CallerContext,
  { show = showEvent, ...numbers }: EventNumbers & { readonly show?: typeof showEvent },
) {
  const { signal } = caller;
  return new TrackedStream(events, show, { socket, signal, eventName: typeOf, ...numbers });
}

/** The procedures that make an answer, whole and as a stream. */
function createProcedures(deps: ResponseDeps, runs: OnceDeps) {
  return {
    create: procedure
      .meta(
        describeResponses('POST', '/v1/responses', 'Create a response', {
          description: 'OpenAI-compatible, over any model; stored as a turn of a conversation unless `store: false`.',
          errors: errorResponses,
          once: true,
        }),
      )
      .input(ResponseRequest)
      .output(answers(Response))
      .mutation(({ ctx, input }) => {
        const asked = { operation: 'v1.responses', request: input, caller: ctx.caller, key: sentKey(ctx) };
        const create = (caller: Caller) => createResponse(deps, input, caller);
        if (input.store === false) return createKept<Response>(runs, asked, create);
        return createOnce<Response>(runs, asked, {
          make: create,
          replay: (run, caller) => repeatResponse(deps, input, run, caller),
        });
      }),
    stream: procedure
      .meta({ streams: 'create', event: ResponseEvent })
      .input(ResponseRequest.extend({ ...Resume, ...Generate }))
      .subscription(({ ctx, input }) => {
        const { lastEventId, idempotency_key, generate, ...given } = input;
        const { memory } = ctx;
        const request = memory ? recallItems(given, memory) : given;
        const { caller, once } = noteAnswer(ctx.caller);
        const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
        const show = (event: ResponseEvent): ReturnType<typeof showEvent> => ({ ...event, ...once() });
        const toOwnStream = (events: AsyncGenerator<EventBatch, void, void>) =>
          toStream(memory ? rememberResponse(events, request, memory) : events, ctx, { from: after + 1, show });
        if (generate === false) return toOwnStream(warmUp(deps, request, caller));
        const asked = { operation: 'v1.responses', request, caller, key, after };
        const open = (maker: Caller) => streamResponse(deps, request, maker);
        if (request.store === false) return toOwnStream(streamKept(runs, asked, open));
        const events = streamOnce(runs, asked, {
          make: open,
          replay: (row, client) => repeatEvents(deps, { row, after, user: request.user }, client),
        });
        return toStream(events, ctx, { first: after + 1, show });
      }),
  };
}

/** The procedures about a prompt that no answer is stored for. */
function promptProcedures(deps: ResponseDeps, runs: OnceDeps) {
  return {
    compact: procedure
      .meta(
        describeResponses('POST', '/v1/responses/compact', 'Compact a conversation', {
          description:
            'The model of the request writes a summary, which comes back as an item of type `compaction`. Send `output` as the `input` of the next request.',
          errors: errorResponses,
          once: true,
        }),
      )
      .input(CompactRequest)
      .output(answers(CompactedResponse))
      .mutation(({ ctx, input }) => {
        const asked = { operation: 'v1.responses.compact', request: input, caller: ctx.caller, key: sentKey(ctx) };
        return createKept<CompactedResponse>(runs, asked, (caller) => compactResponse(deps, input, caller));
      }),
    inputTokens: procedure
      .meta(
        describeResponses('POST', '/v1/responses/input_tokens', 'Count the tokens of a prompt', {
          description: 'Counted by the first backend of the model that can count, otherwise estimated.',
          errors: errorResponses.filter((status) => status !== 402),
        }),
      )
      .input(InputTokensRequest)
      .output(answers(InputTokens))
      .mutation(({ ctx, input }) => countInputTokens(deps, input, ctx.caller)),
  };
}

/** The procedures about answers that are stored. */
function storedProcedures(deps: ResponseDeps) {
  return {
    get: procedure
      .meta(describeResponses('GET', PATH, 'Get a response'))
      .input(RetrieveResponseRequest)
      .output(answers(Response))
      .query(({ ctx, input }) => getResponse(deps, input, ctx.caller.principal)),
    follow: procedure
      .meta({ streams: 'get', event: ResponseEvent })
      .input(RetrieveResponseRequest)
      .subscription(({ ctx, input }) =>
        toStream(followResponse(deps, input, ctx.caller), ctx, { first: placeIn(input) + 1 }),
      ),
    delete: procedure
      .meta(describeResponses('DELETE', PATH, 'Delete a response'))
      .input(ResponseRef)
      .output(answers(ResponseDeleted))
      .mutation(({ ctx, input }) => deleteResponse(deps, input, ctx.caller.principal)),
    cancel: procedure
      .meta(describeResponses('POST', `${PATH}/cancel`, 'Cancel a response in the background'))
      .input(ResponseRef)
      .output(answers(Response))
      .mutation(({ ctx, input }) => cancelResponse(deps, input, ctx.caller.principal)),
    inputItems: procedure
      .meta(describeResponses('GET', `${PATH}/input_items`, 'List the input items of a response'))
      .input(ListInputItemsRequest)
      .output(answers(ItemList))
      .query(({ ctx, input }) => listInputItems(deps, input, ctx.caller.principal)),
  };
}

/** `v1.responses`: OpenAI's Responses API over any upstream. */
export const responseProcedures = (deps: ResponseDeps, runs: OnceDeps) => ({
  ...createProcedures(deps, runs),
  ...promptProcedures(deps, runs),
  ...storedProcedures(deps),
});
