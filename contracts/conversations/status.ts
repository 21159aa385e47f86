import { z } from 'zod';

export const MessageStatus = z.enum(['in_progress', 'completed', 'incomplete', 'cancelled', 'failed']).meta({
  id: 'MessageStatus',
  description:
    'How a message ended: `completed`; `in_progress` while it is being answered; `incomplete` when the upstream broke off; `cancelled` when the client disconnected or cancelled it; `failed` when there was no answer. Partial text is kept.',
  examples: ['completed'],
});
export type MessageStatus = z.infer<typeof MessageStatus>;
