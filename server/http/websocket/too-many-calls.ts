import { AppError } from '../../errors/app-error.ts';

/** The refusal of a whole websocket message, or of a whole batch over HTTP, that has too many calls. */
export const tooManyCalls = (most: number) =>
  new AppError(
    'too_many_calls',
    `One message or batch may have at most ${most} calls (TRPC_CALLS; fewer without a key).`,
  );
