import { AbstractChat as AbstractChat5, type UIMessage as Message5 } from 'ai-5';
import { AbstractChat as AbstractChat6, type UIMessage as Message6 } from 'ai-6';
import { type ChatInit, describeChat, PlainState } from './drive-chat.ts';

class Chat5 extends AbstractChat5<Message5> {
  constructor({ id, messages, transport }: ChatInit) {
    super({ id, transport, state: new PlainState<Message5>(messages) });
  }
}

class Chat6 extends AbstractChat6<Message6> {
  constructor({ id, messages, transport }: ChatInit) {
    super({ id, transport, state: new PlainState<Message6>(messages) });
  }
}

describeChat('ai 5', (init) => new Chat5(init));
describeChat('ai 6', (init) => new Chat6(init));
