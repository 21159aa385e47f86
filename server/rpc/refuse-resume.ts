import { AppError } from '../errors/app-error.ts';

/** An answer is made once: sending the request again after a lost connection must not make, and pay for, a second. */
export function refuseResume(lastEventId: string | null | undefined): void {
  if (lastEventId != null) throw new AppError('stream_not_resumable', undefined, { param: 'lastEventId' });
}
