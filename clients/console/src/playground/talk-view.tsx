import { lazy, Suspense, useState } from 'react';
import { Skeleton } from '../parts/skeleton.tsx';
import { useText } from '../text/text.tsx';
import { takenBy } from './attachment.ts';
import { isDemo } from './model-info.ts';
import type { PlaygroundState, Talk } from './use-playground.ts';

const loadChatView = () => import('./chat-view.tsx');
const loadComposer = () => import('./composer.tsx');
const ChatView = lazy(loadChatView);
const Composer = lazy(loadComposer);

/** Loads the code of a chat beside its messages, and not after them. */
export const loadTalk = (): Promise<unknown> => Promise.all([loadChatView(), loadComposer()]);

/** The place of messages that are being loaded. */
export function LoadingMessages() {
  return (
    <div className="turns" aria-busy="true">
      <Skeleton />
    </div>
  );
}

interface TalkViewProps extends Omit<PlaygroundState, 'talk' | 'models' | 'startNew'> {
  readonly talk: Talk;
}

/** The messages of a chat, and the field for the next one. */
export function TalkView({ talk, chat, stored, setDraft, setComposed, attach, send }: TalkViewProps) {
  const { t } = useText();
  const [editing, setEditing] = useState<string | null>(null);
  const { draft, model, composed, faultyParam } = talk;
  const takes = takenBy(draft.surface, model?.modalities.input ?? ['image']);
  return (
    <main className="chat">
      <Suspense fallback={<LoadingMessages />}>
        <ChatView
          key={chat.opened}
          chat={chat}
          typicalSeconds={model?.constraints.typical_response_seconds ?? null}
          isDemo={model !== undefined && isDemo(model)}
          isNew={draft.conversationId === null}
          onEarlier={stored.onEarlier}
          onBranch={stored.switchTo}
          onAttach={attach}
          editing={editing}
          onEditing={setEditing}
        />
        <Composer
          value={composed}
          onChange={setComposed}
          onSend={send}
          onStop={chat.stop}
          onEditLast={() => setEditing(chat.thread.findLast(({ kind }) => kind === 'question')?.id ?? null)}
          busy={chat.busy}
          takes={takes}
          placeholder={t(takes.length > 0 ? 'chat.placeholder' : 'chat.placeholderText', { model: draft.model })}
          system={draft.system}
          onSystem={(system) => setDraft({ ...draft, system })}
          faultyParam={faultyParam}
        />
      </Suspense>
    </main>
  );
}
