import { AppError } from './app-error.ts';

/** The refusal of one field of a request; `param` is its place, such as `messages[0].content`. */
export const invalidField = (param: string, message?: string, cause?: unknown): AppError =>
  new AppError('invalid_field', message, { param, ...(cause === undefined ? {} : { cause }) });
