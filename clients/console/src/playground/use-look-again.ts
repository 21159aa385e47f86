import { type RefObject, useEffect } from 'react';
import { useGateway } from '../app/session.tsx';
import { type ConversationEnd, loadEnd } from './load-conversation.ts';

/** How often the page looks for what other pages and devices say in the conversation that it shows. */
const LOOK_MS = 5_000;

interface LookOptions {
  readonly id: string | undefined;
  /** The conversation whose messages are on the page. */
  readonly shown: RefObject<string | null>;
  /** While an answer comes, nothing is looked for. */
  readonly busy: boolean;
  /** The last message on the page that the gateway keeps. */
  readonly last: string | null;
  onFound(end: ConversationEnd): void;
}

/** Finds what was said in the conversation from elsewhere. */
export function useLookAgain({ id, shown, busy, last, onFound }: LookOptions): void {
  const gateway = useGateway();
  useEffect(() => {
    if (id === undefined || busy) return;
    let left = false;
    const look = async () => {
      if (document.visibilityState !== 'visible' || shown.current !== id) return;
      const page = await gateway.conversations.get.query({ conversation_id: id, limit: 1, media: 'omit' });
      if (left || page.head_message_id === last) return;
      const end = await loadEnd(gateway, id);
      if (!left) onFound(end);
    };
    const onLook = () => void look().catch(() => undefined);
    const timer = setInterval(onLook, LOOK_MS);
    document.addEventListener('visibilitychange', onLook);
    return () => {
      left = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onLook);
    };
  }, [gateway, id, busy, last, shown, onFound]);
}
