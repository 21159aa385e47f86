import { AbstractChat, type UIMessage } from 'ai-7';
import { type ChatInit, describeChat, PlainState } from '../drive-chat.ts';

/** Majors 5 and 6 are in `tests/clients`; this one asks for Node.js 22. */
class Chat extends AbstractChat<UIMessage> {
  constructor({ id, messages, transport }: ChatInit) {
    super({ id, transport, state: new PlainState<UIMessage>(messages) });
  }
}

describeChat('ai 7', (init) => new Chat(init));
