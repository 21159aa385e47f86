import { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { createTextCompletion, streamTextCompletion } from '../features/completions/create-text-completion.ts';
import { createKept, streamKept } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { jsonOf } from './context.ts';
import { describeOperations, errorResponses } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { answers } from './output.ts';
import { Resume } from './resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const showText = (completion: TextCompletion): KnownFields<TextCompletion> => completion;

const describeCompletions = describeOperations(
  { name: 'completions', about: 'OpenAI-compatible legacy completions.' },
  () => errorResponses,
);

/** `v1.completions`: legacy completions. */
export const completionProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
  create: procedure
    .meta(
      describeCompletions('POST', '/v1/completions', 'Create a legacy completion', {
        description: 'OpenAI-compatible: continues a text. Chats belong to `/v1/chat/completions`.',
        once: true,
      }),
    )
    .input(TextCompletionRequest)
    .output(answers(TextCompletion))
    .mutation(({ ctx, input }) => {
      const asked = { operation: 'v1.completions', request: input, caller: ctx.caller, key: sentKey(ctx) };
      return createKept<TextCompletion>(runs, asked, (caller) =>
        createTextCompletion(deps, jsonOf(ctx, input), caller),
      );
    }),
  stream: procedure
    .meta({ streams: 'create', event: TextCompletion })
    .input(TextCompletionRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      const { caller, socket } = ctx;
      const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
      const asked = { operation: 'v1.completions', request, caller, key, after };
      const chunks = streamKept(runs, asked, (maker) => streamTextCompletion(deps, jsonOf(ctx, request), maker));
      return new TrackedStream(chunks, showText, { socket, signal: caller.signal, from: after + 1 });
    }),
});
