import { AppError } from '../../errors/app-error.ts';

/** For what the canonical form has no place for; `param` is its place in Anthropic's request. */
export const refuse = (param: string, message: string) => new AppError('invalid_field', message, { param });
