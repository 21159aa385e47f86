import { z } from 'zod';
import { ImageEditRequest } from '../../contracts/images/edit.ts';
import { type ImageEvent, ImageGenerationRequest, ImagesResponse } from '../../contracts/images/generation.ts';
import type { ImageRequest } from '../canonical/image-answer.ts';
import { asGeneration } from '../features/images/check-images.ts';
import { createImages, type ImagesDeps, streamImages } from '../features/images/create-images.ts';
import type { KnownFields } from './known-fields.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import type { CallerContext } from './trpc.ts';
import { documented, type Meta, procedure } from './trpc.ts';

const errorResponses = [402, 403, 404, 502, 503, 504];

/** What tRPC adds to a subscription's input when it sends it again after a lost connection. */
const Resume = { lastEventId: z.string().nullish() };

const describe = (path: `/${string}`, summary: string, description: string, stream: string): Meta => ({
  openapi: { method: 'POST', path, tags: ['images'], summary, description, errorResponses },
  stream,
  streamEvent: 'ImageEvent',
});

const showEvent = (event: ImageEvent): KnownFields<ImageEvent> => event;

/** `v1.images`: pictures, of whichever upstream kind the model has. */
export function imageProcedures(deps: ImagesDeps) {
  const create = async (ctx: CallerContext, request: ImageRequest): Promise<KnownFields<ImagesResponse>> => {
    const answer = await createImages(deps, request, ctx.caller);
    ctx.respond?.(answer);
    return answer.value;
  };
  const stream = (ctx: CallerContext, request: ImageRequest & z.infer<z.ZodObject<typeof Resume>>) => {
    const { lastEventId, ...asked } = request;
    refuseResume(lastEventId);
    return new TrackedStream(streamImages(deps, asked, ctx.caller), showEvent, {
      socket: ctx.socket,
      signal: ctx.caller.signal,
      eventName: ({ type }) => type,
    });
  };
  return {
    generations: {
      create: documented(
        procedure
          .meta(
            describe(
              '/v1/images/generations',
              'Make images',
              'OpenAI-compatible. Images come inline, as `b64_json` or as a data URI.',
              'v1.images.generations.stream',
            ),
          )
          .input(ImageGenerationRequest)
          .mutation(({ ctx, input }) => create(ctx, asGeneration(input))),
        ImagesResponse,
      ),
      stream: procedure
        .input(ImageGenerationRequest.extend(Resume))
        .subscription(({ ctx, input }) => stream(ctx, asGeneration(input))),
    },
    edits: {
      create: documented(
        procedure
          .meta({
            ...describe(
              '/v1/images/edits',
              'Change or combine images',
              'OpenAI-compatible, as JSON with data URIs or as `multipart/form-data` with files.',
              'v1.images.edits.stream',
            ),
            imageForm: true,
          })
          .input(ImageEditRequest)
          .mutation(({ ctx, input }) => create(ctx, input)),
        ImagesResponse,
      ),
      stream: procedure.input(ImageEditRequest.extend(Resume)).subscription(({ ctx, input }) => stream(ctx, input)),
    },
  };
}
