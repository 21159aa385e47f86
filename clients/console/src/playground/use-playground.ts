import type { Conversation } from '@duplex/client';
import { useQueryClient } from '@tanstack/react-query';
import { type Dispatch, type SetStateAction, useCallback, useEffect, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useInfo } from '../app/queries.ts';
import type { Answer } from './answer.ts';
import { toBody } from './bodies/to-body.ts';
import type { Composed } from './composer.tsx';
import { type Attachment, type Body, type Draft, newDraft } from './draft.ts';
import { canTalk, type ModelInfo } from './model-info.ts';
import { type Entry, shownAnswer, toMessages } from './thread.ts';
import { type Chat, useChat } from './use-chat.ts';
import { type StoredConversation, useStoredConversation } from './use-stored-conversation.ts';

const nothing: Composed = { text: '', attachments: [] };

/** A chat on the page: with which model, and what is being asked. */
export interface Talk {
  readonly draft: Draft;
  readonly model: ModelInfo | undefined;
  readonly composed: Composed;
  /** What the gateway gets when the question is sent. */
  readonly body: Body;
  /** The field that the last answer's error names; null: none. */
  readonly faultyParam: string | null;
  /** How many tokens the last answer took with all that was before it; null: that is not known. */
  readonly usedTokens: number | null;
}

export interface PlaygroundState {
  /** Null: no model was chosen yet, or the conversation is being loaded. */
  readonly talk: Talk | null;
  readonly models: readonly ModelInfo[];
  readonly chat: Chat;
  readonly stored: StoredConversation;
  setDraft(draft: Draft): void;
  readonly setComposed: Dispatch<SetStateAction<Composed>>;
  attach(attachment: Attachment): void;
  send(): void;
  /** Leaves the chat for the choice of models. */
  startNew(): void;
}

/** What the messages on the page say about the next request. */
function describeTalk(draft: Draft, composed: Composed, { thread }: Chat): Omit<Talk, 'model'> {
  const last = thread.at(-1);
  const answer = last?.kind === 'answer' ? shownAnswer(last) : undefined;
  return {
    draft,
    composed,
    body: toBody(draft, [...toMessages(thread), { role: 'user', ...composed }]),
    faultyParam: answer?.error?.param ?? null,
    usedTokens: answer?.tokens ? answer.tokens.prompt + answer.tokens.completion : null,
  };
}

/** An imported conversation may name no model: it goes on with the first one that talks. */
function useKnownModel(draft: Draft | null, models: readonly ModelInfo[], setDraft: (draft: Draft) => void): void {
  const first = models.find(canTalk)?.alias;
  useEffect(() => {
    if (draft?.model === '' && first !== undefined) setDraft({ ...draft, model: first });
  }, [draft, first, setDraft]);
}

/** Every surface but `/c1` sends the whole conversation, so all of it is loaded. */
function useWholeConversation(draft: Draft | null, onEarlier: StoredConversation['onEarlier']): void {
  const isSentWhole = draft !== null && draft.surface !== 'turn';
  useEffect(() => {
    if (isSentWhole) void onEarlier?.().catch(() => undefined);
  }, [isSentWhole, onEarlier]);
}

/** A link to a model begins a chat with it; then the address is the playground's own again. */
function useWantedModel(conversation: string | undefined, begin: (alias: string) => void): boolean {
  const [, navigate] = useLocation();
  const [params] = useSearchParams();
  const wanted = conversation === undefined ? params.get('model') : null;
  useEffect(() => {
    if (wanted === null) return;
    begin(wanted);
    navigate('/playground', { replace: true });
  }, [wanted, begin, navigate]);
  return wanted !== null;
}

/** The chat of the playground, with its draft. Conversations are kept, loaded and left as the address says. */
function useKeptChat(conversation: string | undefined) {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [composed, setComposed] = useState(nothing);
  /** The conversation whose messages are on the page. */
  const shown = useRef<string | null>(null);
  const onConversation = useCallback(
    (id: string) => {
      if (shown.current === id) return;
      shown.current = id;
      setDraft((known) => known && { ...known, conversationId: id });
      navigate(`/playground/${encodeURIComponent(id)}`, { replace: true });
      void queries.invalidateQueries({ queryKey: ['conversations'] });
    },
    [navigate, queries],
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

  const begin = useCallback(
    (alias: string) => {
      shown.current = null;
      onLeave();
      setDraft(newDraft(alias));
    },
    [onLeave],
  );
  const startNew = useCallback(() => {
    shown.current = null;
    onLeave();
    navigate('/playground');
  }, [onLeave, navigate]);
  return { draft, setDraft, composed, setComposed, chat, stored, begin, startNew };
}

/** `isChat`: a chat is on the page, or is about to be. */
export function usePlayground(conversation: string | undefined): PlaygroundState & { readonly isChat: boolean } {
  const { data: info } = useInfo();
  const models = info?.models ?? none;
  const { draft, setDraft, composed, setComposed, chat, stored, begin, startNew } = useKeptChat(conversation);
  const isWanted = useWantedModel(conversation, begin);
  useKnownModel(draft, models, setDraft);
  useWholeConversation(draft, stored.onEarlier);
  const attach = useCallback(
    (attachment: Attachment) => setComposed((known) => ({ ...known, attachments: [...known.attachments, attachment] })),
    [setComposed],
  );
  function send() {
    if (composed.text.trim() === '' && composed.attachments.length === 0) return;
    chat.send(composed.text, composed.attachments);
    setComposed(nothing);
  }
  const model = models.find(({ alias }) => alias === draft?.model);
  const talk = draft && { ...describeTalk(draft, composed, chat), model };
  const isChat = conversation !== undefined || isWanted;
  return { talk, models, chat, stored, setDraft, setComposed, attach, send, startNew, isChat };
}

const none: readonly ModelInfo[] = [];
