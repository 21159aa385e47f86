import { AppError } from '../../errors/app-error.ts';
import type { Refusal } from './frame-reader.ts';
import { UNFINISHED_TIMES } from './websocket-limits.ts';

/** The error for a first message without connection parameters, which the URL promised with `connectionParams=1`. */
export const expectedParams = (): AppError =>
  new AppError(
    'invalid_message',
    'The first message must be {"method":"connectionParams","data":{"apiKey":"…"}}, because the URL has connectionParams=1.',
    { param: 'method' },
  );

export const lateParams = (): AppError =>
  new AppError('invalid_message', 'Only the first message may be the connection parameters.');

export const lateKey = (withinMs: number): AppError =>
  new AppError('missing_authorization', `No valid key came within ${withinMs / 1000} s (WEBSOCKET_KEY_SECONDS).`);

/** The error for a stranger that makes room for another one of its address. */
export const tooManyStrangers = (most: number): AppError =>
  new AppError(
    'rate_limit_exceeded',
    `More than ${most} websockets of your address have not shown a valid key (WEBSOCKETS_WITHOUT_KEY).`,
    { retryAfter: 10 },
  );

interface SizeLimits {
  /** The longest message, in bytes. */
  readonly maxBodyBytes: number;
  /** All unfinished messages of one key, in bytes. */
  readonly unfinished: { readonly most: number };
}

/** The error for a message that was not kept. */
export function unkeptMessage(why: Refusal, { maxBodyBytes, unfinished }: SizeLimits): AppError {
  switch (why) {
    case 'binary':
      return new AppError('invalid_message', 'A message must be text, not binary.');
    case 'too_large':
      return new AppError('body_too_large', `A message may have at most ${maxBodyBytes} bytes (MAX_BODY_BYTES).`);
    case 'no_room':
      return new AppError(
        'rate_limit_exceeded',
        `The unfinished messages of this key may have at most ${unfinished.most} bytes together (${UNFINISHED_TIMES} times MAX_BODY_BYTES).`,
        { retryAfter: 1 },
      );
  }
}
