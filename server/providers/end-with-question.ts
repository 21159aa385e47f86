import type { ChatMessage } from '../../contracts/chat/message.ts';

const isInstruction = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';

/**
 * The messages for a vendor that demands at least one besides the system prompt. OpenAI answers a request that has nothing
 * but instructions; here the last one of them becomes the user's message.
 */
export function endWithQuestion(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = messages.at(-1);
  if (!last || !messages.every(isInstruction)) return messages;
  return [...messages.slice(0, -1), { ...last, role: 'user' }];
}
