import { lazy, Suspense, useCallback, useRef, useState } from 'react';
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

/** On a touch screen a field with the focus would bring up the keyboard, over what is to be read. */
function focusByKeys(field: HTMLTextAreaElement | null): void {
  if (matchMedia('(pointer: fine)').matches) field?.focus();
}

interface TalkViewProps extends Omit<PlaygroundState, 'talk' | 'models' | 'startNew'> {
  readonly talk: Talk;
}

/** The messages of a chat, and the field for the next one. */
export function TalkView({ talk, chat, stored, setDraft, setComposed, attach, send }: TalkViewProps) {
  const { t } = useText();
  const [editing, setEditing] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const focusField = () => focusByKeys(field.current);
  const placeField = useCallback((placed: HTMLTextAreaElement | null) => {
    field.current = placed;
    // Whoever has picked a model goes on with a question: the card that had the focus is gone.
    if (document.activeElement === document.body) focusByKeys(placed);
  }, []);
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
          onEditing={(id) => {
            setEditing(id);
            if (id === null) focusField();
          }}
          onFocusGone={focusField}
        />
        <Composer
          fieldRef={placeField}
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
