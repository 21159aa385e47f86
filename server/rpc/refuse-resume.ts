import { AppError } from '../errors/app-error.ts';

/**
 * Refuses to resume a stream that cannot be resumed: a request that is sent again after a lost connection must not
 * make, and charge for, a second answer.
 */
export function refuseResume(lastEventId: string | null | undefined): void {
  if (lastEventId != null) throw new AppError('stream_not_resumable', undefined, { param: 'lastEventId' });
}
