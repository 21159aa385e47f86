import { z } from 'zod';

/**
 * How a message ended: `completed`; `in_progress` while it is being answered; `incomplete` when the upstream broke
 * off, `cancelled` when the client disconnected, `failed` when there was no answer at all. Partial text is kept.
 */
export const MessageStatus = z
  .enum(['in_progress', 'completed', 'incomplete', 'cancelled', 'failed'])
  .meta({ id: 'MessageStatus' });
export type MessageStatus = z.infer<typeof MessageStatus>;
