import { AppError } from '../../errors/app-error.ts';

/** What a message over websocket, or a batch over HTTP, with too many calls is refused with, as a whole. */
export const tooManyCalls = (most: number) =>
  new AppError(
    'too_many_calls',
    `One message or batch may have at most ${most} calls (TRPC_CALLS; fewer without a key).`,
  );
