import { AppError } from '../errors/app-error.ts';
import { invalidField } from '../errors/invalid-field.ts';
import {
  type FoundConversation,
  type FoundMessage,
  findConversation,
  findMessage,
  type MessageRef,
} from './find-place.ts';
import type { ConversationKey } from './interface/conversations.ts';
import type { TurnPlace } from './interface/turns.ts';
import type { ProcessLock } from './process-lock.ts';
import { freeTurnsOf } from './recover-turns.ts';
import type { Statements } from './sqlite/connection.ts';

/** Ends the turns of a process that is gone. Throws `conversation_busy` when the process lives. */
export function freeFromTheDead(db: Statements, lock: ProcessLock, processId: string, param = 'conversation_id'): void {
  if (lock.isAlive(processId)) throw new AppError('conversation_busy', undefined, { param });
  freeTurnsOf(db, processId);
}

/** A conversation that is free to take a turn. Throws `conversation_busy` when a turn is in progress at its head. */
export function takeConversation(db: Statements, lock: ProcessLock, key: ConversationKey): FoundConversation {
  const found = findConversation(db, key);
  if (found.activeProcess === null) return found;
  freeFromTheDead(db, lock, found.activeProcess);
  // Some of the messages that the dead process was answering may be deleted by now.
  return takeConversation(db, lock, key);
}

/** The process that makes a message. Without a run in progress nobody does: the database refused its end. */
const makerOf = ({ status, process }: FoundMessage): string | null => (status === 'in_progress' ? process : null);

/** A message that nobody is making. Throws `conversation_busy` otherwise, unless the process that makes it is gone. */
export function settleMessage(
  db: Statements,
  lock: ProcessLock,
  conversationId: string,
  ref: MessageRef,
): FoundMessage {
  const message = findMessage(db, conversationId, ref);
  const maker = makerOf(message);
  if (maker === null) return message;
  freeFromTheDead(db, lock, maker, ref.param);
  return findMessage(db, conversationId, ref);
}

/** The message after which a branch begins. Null: the branch begins with a first message. */
export function findParent(db: Statements, lock: ProcessLock, conversationId: string, place: TurnPlace): string | null {
  const { param } = place;
  if ('after' in place) {
    if (place.after !== null) settleMessage(db, lock, conversationId, { id: place.after, param });
    return place.after;
  }
  const { role, parentId } = findMessage(db, conversationId, { id: place.beside, param });
  if (role === 'assistant' && parentId !== null) return parentId;
  throw invalidField(param, 'This message is not an answer to a question.');
}
