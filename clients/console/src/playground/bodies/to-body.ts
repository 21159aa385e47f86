import type { Body, Draft, Message, Surface } from '../draft.ts';
import { toChatBody } from './chat-body.ts';
import { toMessageBody } from './message-body.ts';
import { toResponseBody } from './response-body.ts';
import { toTurnBody } from './turn-body.ts';

const makers: Record<Surface, (draft: Draft, messages: readonly Message[]) => Body> = {
  chat: toChatBody,
  turn: toTurnBody,
  responses: toResponseBody,
  messages: toMessageBody,
};

/** The request that the gateway gets. `messages` end with what is to be answered. */
export const toBody = (draft: Draft, messages: readonly Message[]): Body => makers[draft.surface](draft, messages);
