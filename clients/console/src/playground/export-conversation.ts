import type { Gateway } from '@duplex/client';
import { saveFile } from '../parts/save-file.ts';
import { loadConversation } from './load-conversation.ts';

/** All of a conversation as JSON, in a file. */
export async function exportConversation(gateway: Gateway, id: string): Promise<void> {
  const { has_more: _, ...whole } = await loadConversation(gateway, id);
  saveFile(`${id}.json`, JSON.stringify(whole, null, 2), 'application/json');
}
