import { AppError } from '../../errors/app-error.ts';

/** Why an alert was not delivered, with what the receiver said when no further attempt is made. */
export function explainLoss(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  // The cause of an `AppError` is for programmers. That of a lost alert is the last answer of its receiver.
  return error instanceof AppError || !(cause instanceof Error) ? message : `${message}: ${cause.message}`;
}
