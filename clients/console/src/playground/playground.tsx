import type { Conversation } from '@duplex/client';
import { useQueryClient } from '@tanstack/react-query';
import { PanelLeft, PanelRight } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useInfo } from '../app/queries.ts';
import { Shell } from '../app/shell.tsx';
import { Problem } from '../parts/problem.tsx';
import { Sheet } from '../parts/sheet.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useText } from '../text/text.tsx';
import type { Answer } from './answer.ts';
import { takenBy } from './attachment.ts';
import { ChatActions, StartActions } from './bar-actions.tsx';
import { toBody } from './bodies/to-body.ts';
import type { Composed } from './composer.tsx';
import { ConversationList } from './conversation-list.tsx';
import { type Attachment, type Body, type Draft, newDraft } from './draft.ts';
import { canTalk, isDemo } from './model-info.ts';
import { ModelPick } from './model-pick.tsx';
import { ModelStart } from './model-start.tsx';
import { type Entry, shownAnswer, toMessages } from './thread.ts';
import { useChat } from './use-chat.ts';
import { type StoredConversation, useStoredConversation } from './use-stored-conversation.ts';

const loadChatView = () => import('./chat-view.tsx');
const loadRequestPanel = () => import('./request-panel.tsx');
const loadComposer = () => import('./composer.tsx');
const ChatView = lazy(loadChatView);
const Composer = lazy(loadComposer);
const RequestPanel = lazy(loadRequestPanel);

const nothing: Composed = { text: '', attachments: [] };

/** The place of messages that are being loaded. */
function ChatLoading() {
  return (
    <div className="turns" aria-busy="true">
      <Skeleton />
    </div>
  );
}

/** Talk to a model, and see the request that does it. */
export function Playground({ conversation }: { conversation: string | undefined }) {
  const { t } = useText();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { data: info } = useInfo();
  const [params] = useSearchParams();
  const wanted = conversation === undefined ? params.get('model') : null;
  const [draft, setDraft] = useState<Draft | null>(null);
  const [composed, setComposed] = useState(nothing);
  const [editing, setEditing] = useState<string | null>(null);
  const [sheet, setSheet] = useState<'list' | 'panel' | null>(null);
  /** The conversation whose messages are on the page. */
  const shown = useRef<string | null>(null);
  const onConversation = useCallback(
    (id: string) => {
      if (shown.current === id) return;
      shown.current = id;
      setDraft((known) => known && { ...known, conversationId: id });
      navigate(`/playground/${encodeURIComponent(id)}`, { replace: true });
    },
    [navigate],
  );
  const keeper = useRef<StoredConversation | null>(null);
  const onAnswered = useCallback(
    async (before: readonly Entry[], answer: Answer) => {
      void queries.invalidateQueries({ queryKey: ['conversations'] });
      await keeper.current?.refresh(before, answer);
    },
    [queries],
  );
  const chat = useChat({ draft: draft ?? newDraft(''), onConversation, onAnswered });
  const { reset } = chat;

  const onLeave = useCallback(() => {
    setDraft(null);
    setComposed(nothing);
    reset([]);
  }, [reset]);
  const onLoad = useCallback(({ id, model: alias, system_prompt }: Conversation) => {
    setDraft({ ...newDraft(alias ?? ''), system: system_prompt ?? '', conversationId: id });
    setComposed(nothing);
  }, []);
  const stored = useStoredConversation({ id: conversation, shown, chat, onLoad, onLeave });
  useEffect(() => {
    keeper.current = stored;
  }, [stored]);

  // What a chat needs is loaded beside its messages, and not after them.
  const isChat = conversation !== undefined || wanted !== null;
  useEffect(() => {
    if (isChat) void Promise.all([loadChatView(), loadComposer(), loadRequestPanel()]).catch(() => undefined);
  }, [isChat]);

  // An imported conversation may name no model.
  const firstModel = info?.models.find(canTalk)?.alias;
  useEffect(() => {
    if (draft?.model === '' && firstModel !== undefined) setDraft({ ...draft, model: firstModel });
  }, [draft, firstModel]);

  // The other surfaces send the whole conversation.
  const { onEarlier } = stored;
  const isSentWhole = draft !== null && draft.surface !== 'turn';
  useEffect(() => {
    if (isSentWhole) void onEarlier?.().catch(() => undefined);
  }, [isSentWhole, onEarlier]);

  // A link to a model begins a chat with it; then the address is the playground's own again.
  useEffect(() => {
    if (wanted === null) return;
    shown.current = null;
    reset([]);
    setDraft(newDraft(wanted));
    setComposed(nothing);
    navigate('/playground', { replace: true });
  }, [wanted, reset, navigate]);

  function startNew() {
    shown.current = null;
    onLeave();
    setSheet(null);
    navigate('/playground');
  }
  function openModel(alias: string) {
    setDraft(newDraft(alias));
  }
  function send() {
    if (composed.text.trim() === '' && composed.attachments.length === 0) return;
    chat.send(composed.text, composed.attachments);
    setComposed(nothing);
  }

  const attach = useCallback(
    (attachment: Attachment) => setComposed((known) => ({ ...known, attachments: [...known.attachments, attachment] })),
    [],
  );

  const model = info?.models.find(({ alias }) => alias === draft?.model);
  const last = chat.thread.at(-1);
  const lastAnswer = last?.kind === 'answer' ? shownAnswer(last) : undefined;
  const usedTokens = lastAnswer?.tokens ? lastAnswer.tokens.prompt + lastAnswer.tokens.completion : null;
  const faultyParam = lastAnswer?.error?.param ?? null;
  const question = { role: 'user' as const, ...composed };
  const body: Body | null = draft && toBody(draft, [...toMessages(chat.thread), question]);
  const list = (
    <ConversationList
      current={conversation}
      onNew={startNew}
      onDeleted={(id) => {
        if (id === conversation) startNew();
      }}
    />
  );
  const panel = draft && body && (
    <Suspense>
      <RequestPanel
        draft={draft}
        body={body}
        model={model}
        faultyParam={faultyParam}
        onChange={setDraft}
        onEdited={({ draft: next, text, attachments }) => {
          setDraft(next);
          setComposed({ text: text ?? '', attachments });
        }}
      />
    </Suspense>
  );
  const heading = draft ? t('play.title', { model: draft.model }) : t('nav.playground');
  return (
    <Shell
      title={heading}
      railed
      titleHidden={draft !== null}
      bar={
        <>
          <button
            type="button"
            className="btn ghost icon only-narrow"
            aria-label={t('list.label')}
            onClick={() => setSheet('list')}
          >
            <PanelLeft className="i" aria-hidden="true" />
          </button>
          {draft ? (
            <ModelPick
              draft={draft}
              model={model}
              models={info?.models ?? []}
              usedTokens={usedTokens}
              onChange={setDraft}
            />
          ) : null}
          <span className="grow" />
          {draft === null ? <StartActions /> : <ChatActions model={draft.model} conversation={conversation} />}
          {panel ? (
            <button
              type="button"
              className="btn ghost icon only-narrow"
              aria-label={t('request.title')}
              onClick={() => setSheet('panel')}
            >
              <PanelRight className="i" aria-hidden="true" />
            </button>
          ) : null}
        </>
      }
    >
      <div className={`work${panel ? '' : ' no-panel start'}`}>
        <aside className="list" aria-label={t('list.label')}>
          {list}
        </aside>
        {draft === null ? (
          stored.error ? (
            <main className="turns">
              <div className="page">
                <Problem error={stored.error}>
                  <button type="button" className="btn small" onClick={startNew}>
                    {t('list.new')}
                  </button>
                </Problem>
              </div>
            </main>
          ) : conversation === undefined ? (
            <ModelStart onOpen={openModel} />
          ) : (
            <main className="turns" aria-busy="true">
              <Skeleton />
            </main>
          )
        ) : (
          <main className="chat">
            <Suspense fallback={<ChatLoading />}>
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
                takes={takenBy(draft.surface, model?.modalities.input ?? ['image'])}
                placeholder={t('chat.placeholder', { model: draft.model })}
                system={draft.system}
                onSystem={(system) => setDraft({ ...draft, system })}
                faultyParam={faultyParam}
              />
            </Suspense>
          </main>
        )}
        {panel ? (
          <aside className="panel" aria-label={t('request.title')}>
            {panel}
          </aside>
        ) : null}
      </div>
      <Sheet open={sheet === 'list'} onClose={() => setSheet(null)} label={t('list.label')} side="start">
        <div className="list">{list}</div>
      </Sheet>
      <Sheet open={sheet === 'panel'} onClose={() => setSheet(null)} label={t('request.title')} side="end">
        <div className="panel">{panel}</div>
      </Sheet>
    </Shell>
  );
}
