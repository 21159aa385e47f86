import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { usePageKey } from '../app/use-page-key.ts';
import { useText } from '../text/text.tsx';
import { AnswerTools } from './answer-tools.tsx';
import type { Attachment, ToolResult } from './draft.ts';
import { EntryView, type EntryViewProps } from './entry-view.tsx';
import { FirstQuestions } from './first-questions.tsx';
import { MoreMessages } from './more-messages.tsx';
import { branchOf, type Entry, elementKey, openCalls, shownAnswer } from './thread.ts';
import type { Chat } from './use-chat.ts';
import { useFollowEnd } from './use-follow-end.ts';
import { useMessageWindow } from './use-message-window.ts';

interface ChatViewProps {
  readonly chat: Chat;
  readonly typicalSeconds: number | null;
  /** The small model that is part of the gateway answers. */
  readonly isDemo: boolean;
  /** The gateway keeps no conversation of it yet. */
  readonly isNew: boolean;
  /** The question that is being edited. */
  readonly editing: string | null;
  onEditing(id: string | null): void;
  /** What was sent is gone from the page, and the focus with it: the results of tool calls, or a first question. */
  onFocusGone(): void;
  /** Loads messages before those of the thread; null: there are none, or an answer is under way. */
  readonly onEarlier: (() => Promise<void>) | null;
  /** Shows the branch that another message begins in the place of this one. */
  onBranch(entry: Entry, sibling: string): void;
  /** Sends an image on with the next question. */
  onAttach(attachment: Attachment): void;
}

/** With fewer messages than this before those in the page, the next ones are loaded. */
const NEXT_PART = 60;

/** The answer, or the branch, that stands at a place among those beside an entry. */
function showBranch({ chat, onBranch }: ChatViewProps, entry: Entry, at: number): void {
  const sibling = entry.place?.siblings[at];
  if (sibling === undefined) chat.show(entry.id, at);
  else if (!chat.busy) onBranch(entry, sibling);
}

/** The callbacks of entries. They stay the same functions while an answer streams, so that no other entry is drawn again. */
function useActions(props: ChatViewProps): Pick<EntryViewProps, 'onEdit' | 'onAgain' | 'onShow'> {
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  return {
    onEdit: useCallback((id, text) => latest.current.chat.edit(id, text), []),
    onAgain: useCallback((id) => latest.current.chat.again(id), []),
    onShow: useCallback((entry, at) => showBranch(latest.current, entry, at), []),
  };
}

/** Whether the arrow keys move a caret: somebody types. */
const hasText = (target: EventTarget | null): boolean =>
  (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) && target.value !== '';

/** ⌥← and ⌥→ lead to the other branches of the last message that has some. */
function onBranchKey(event: KeyboardEvent, props: ChatViewProps): void {
  const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
  if (!event.altKey || step === 0 || hasText(event.target)) return;
  const entry = props.chat.thread.findLast((one) => branchOf(one).count > 1);
  if (!entry) return;
  event.preventDefault();
  const { at, count } = branchOf(entry);
  if (at + step >= 0 && at + step < count) showBranch(props, entry, at + step);
}

/** The messages of the thread that are in the page, those that come when the reader scrolls, and the way to the end. */
function useScrolling({ chat, editing, onEarlier }: ChatViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const { thread, busy } = chat;
  const shown = useMessageWindow(thread, box, column);
  const { entries, showEnd, hasLater } = shown;
  const { isFar, onScroll, goToEnd } = useFollowEnd({ box, column, isEndShown: !hasLater });
  const toEnd = useCallback(() => {
    showEnd();
    goToEnd();
  }, [showEnd, goToEnd]);
  useEffect(() => {
    // A reader who asks wants to see the answer, so the page scrolls to its end.
    if (busy) toEnd();
  }, [busy, toEnd]);
  const isEditedOut = editing !== null && !entries.some(({ id }) => id === editing);
  useEffect(() => {
    if (isEditedOut) toEnd();
  }, [isEditedOut, toEnd]);

  async function showEarlier(): Promise<void> {
    if (shown.hasEarlier) shown.showEarlier();
    else await onEarlier?.();
  }
  // The next part is loaded before the reader is at the beginning of the last one.
  const isNearFirst = shown.isMoved && shown.earlierCount < NEXT_PART;
  useEffect(() => {
    if (isNearFirst) void onEarlier?.().catch(() => undefined);
  }, [isNearFirst, onEarlier]);
  return { box, column, shown, showEarlier, isFar: isFar || hasLater, onScroll, toEnd };
}

export default function ChatView(props: ChatViewProps) {
  const { chat, typicalSeconds, editing, onEditing, onEarlier, onAttach, isDemo, isNew } = props;
  const { t } = useText();
  const actions = useActions(props);
  const { box, column, shown, showEarlier, isFar, onScroll, toEnd } = useScrolling(props);
  usePageKey((event) => onBranchKey(event, props));
  const sendResults = (results: readonly ToolResult[]) => {
    chat.sendResults(results);
    props.onFocusGone();
  };
  const waiting = openCalls(chat.thread);
  const answer = waiting && shownAnswer(waiting);
  return (
    <div className="turns" ref={box} tabIndex={0} onScroll={onScroll} role="region" aria-label={t('chat.messages')}>
      <div className="col" ref={column}>
        {shown.hasEarlier || onEarlier ? (
          <MoreMessages
            key={`${shown.firstKey} ${shown.hasEarlier}`}
            box={box}
            label={t('chat.earlier')}
            onShow={showEarlier}
          />
        ) : null}
        {shown.entries.map((entry) => (
          <EntryView
            key={elementKey(entry)}
            entry={entry}
            typicalSeconds={typicalSeconds}
            isEdited={editing === entry.id && !chat.busy}
            areCallsOpen={waiting === entry}
            onEditing={onEditing}
            onAttach={onAttach}
            {...actions}
          />
        ))}
        {shown.hasLater ? (
          <MoreMessages key={shown.lastKey} box={box} label={t('chat.later')} onShow={shown.showLater} />
        ) : null}
        {isNew && chat.thread.length === 0 ? (
          <FirstQuestions
            isDemo={isDemo}
            onAsk={(text) => {
              chat.send(text, []);
              props.onFocusGone();
            }}
          />
        ) : null}
        {waiting && answer ? <AnswerTools key={elementKey(waiting)} calls={answer.calls} onSend={sendResults} /> : null}
      </div>
      {isFar ? (
        <button type="button" className="btn small to-end" onClick={toEnd}>
          <ArrowDown className="i" aria-hidden="true" /> {t('chat.newest')}
        </button>
      ) : null}
    </div>
  );
}
