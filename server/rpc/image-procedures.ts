import type { z } from 'zod';
import { ImageEditForm, ImageEditRequest } from '../../contracts/images/edit.ts';
import { ImageEvent, ImageGenerationRequest, ImagesResponse } from '../../contracts/images/generation.ts';
import type { ImageRequest } from '../canonical/image-answer.ts';
import { typeOf } from '../canonical/type-of.ts';
import { asGeneration } from '../features/images/check-images.ts';
import { createImages, type ImagesDeps, streamImages } from '../features/images/create-images.ts';
import { createKept, streamKept } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { answers } from './output.ts';
import { Resume } from './resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import type { CallerContext } from './trpc.ts';
import { procedure } from './trpc.ts';

const describeImages = describeOperations(
  { name: 'images', about: 'OpenAI-compatible images, made and changed.' },
  () => [402, 403, 404, 502, 503, 504],
);

const showEvent = (event: ImageEvent): KnownFields<ImageEvent> => event;

/** `v1.images`: pictures, of whichever upstream kind the model has. */
export function imageProcedures(deps: ImagesDeps, runs: OnceDeps) {
  const create = (operation: string, ctx: CallerContext, request: ImageRequest) => {
    const asked = { operation, request: { ...request }, caller: ctx.caller, key: sentKey(ctx) };
    return createKept<ImagesResponse>(runs, asked, (caller) => createImages(deps, request, caller));
  };
  const stream = (
    operation: string,
    ctx: CallerContext,
    request: ImageRequest & z.infer<z.ZodObject<typeof Resume>>,
  ) => {
    const { lastEventId, idempotency_key, ...asked } = request;
    const { caller, socket } = ctx;
    const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
    const events = streamKept(runs, { operation, request: { ...asked }, caller, key, after }, (maker) =>
      streamImages(deps, asked, maker),
    );
    return new TrackedStream(events, showEvent, {
      socket,
      signal: caller.signal,
      from: after + 1,
      eventName: typeOf,
    });
  };
  return {
    generations: {
      create: procedure
        .meta(
          describeImages('POST', '/v1/images/generations', 'Make images', {
            description: 'OpenAI-compatible. Images come inline, as `b64_json` or as a data URI.',
            once: true,
          }),
        )
        .input(ImageGenerationRequest)
        .output(answers(ImagesResponse))
        .mutation(({ ctx, input }) => create('v1.images.generations', ctx, asGeneration(input))),
      stream: procedure
        .meta({ streams: 'create', event: ImageEvent })
        .input(ImageGenerationRequest.extend(Resume))
        .subscription(({ ctx, input }) => stream('v1.images.generations', ctx, asGeneration(input))),
    },
    edits: {
      create: procedure
        .meta(
          describeImages('POST', '/v1/images/edits', 'Change or combine images', {
            description: 'OpenAI-compatible, as JSON with data URIs or as `multipart/form-data` with files.',
            form: ImageEditForm,
            once: true,
          }),
        )
        .input(ImageEditRequest)
        .output(answers(ImagesResponse))
        .mutation(({ ctx, input }) => create('v1.images.edits', ctx, input)),
      stream: procedure
        .meta({ streams: 'create', event: ImageEvent })
        .input(ImageEditRequest.extend(Resume))
        .subscription(({ ctx, input }) => stream('v1.images.edits', ctx, input)),
    },
  };
}
