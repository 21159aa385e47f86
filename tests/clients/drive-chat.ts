import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatTransport, type LoadedMessage } from '../../clients/typescript/src/ai-sdk/chat-transport.ts';
import { pngUri } from '../support/pictures.ts';
import { type CuttingProxy, startProxy } from '../support/start-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { createGate } from '../support/upstream/gate.ts';
import { answer, callTools, gated, say, think, words } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, destroyBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { connectClient } from './support.ts';

/** What `useChat` keeps in React's state, kept in plain fields. */
export class PlainState<Message> {
  status: 'submitted' | 'streaming' | 'ready' | 'error' = 'ready';
  error: Error | undefined = undefined;
  messages: Message[];

  constructor(messages: Message[]) {
    this.messages = messages;
  }

  readonly pushMessage = (message: Message) => {
    this.messages = [...this.messages, message];
  };
  readonly popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };
  readonly replaceMessage = (index: number, message: Message) => {
    this.messages = this.messages.with(index, message);
  };
  readonly snapshot = <T>(value: T): T => structuredClone(value);
}

interface SentFile {
  type: 'file';
  mediaType: string;
  filename?: string;
  url: string;
}

/** The part of `AbstractChat`, which `useChat` uses, that is driven here. */
export interface DrivenChat {
  readonly messages: { id: string; role: string; parts: { type: string }[] }[];
  readonly status: string;
  readonly error: Error | undefined;
  sendMessage(message?: { text: string; files?: SentFile[]; messageId?: string }): Promise<void>;
  regenerate(options?: { messageId?: string }): Promise<void>;
  resumeStream(): Promise<void>;
  stop(): Promise<void>;
  addToolResult(result: { tool: string; toolCallId: string; output: unknown }): PromiseLike<void> | void;
}

export interface ChatInit {
  readonly id: string;
  readonly messages: LoadedMessage[];
  readonly transport: ChatTransport;
}

/** The text of each message; parts that are not text by their names. */
const shown = ({ messages }: DrivenChat) =>
  messages.map(({ role, parts }) => [
    role,
    ...parts
      .filter(({ type }) => type !== 'step-start')
      .map((part) => ('text' in part && part.type === 'text' ? part.text : part.type)),
  ]);

/** The behaviour of the transport below a chat of the AI SDK, whichever its major. */
export function describeChat(name: string, openChat: (init: ChatInit) => DrivenChat): void {
  describe(`a chat of ${name}`, () => {
    let gateway: ScriptedGateway;
    let proxy: CuttingProxy;
    let storage: Map<string, string>;
    let close: (() => Promise<void>)[];

    beforeAll(async () => {
      gateway = await startScripted();
    });
    afterAll(() => gateway.close());
    beforeEach(async () => {
      proxy = await startProxy(gateway.url);
      storage = new Map();
      close = [];
    });
    afterEach(async () => {
      await Promise.all(close.map((end) => end()));
      await proxy.close();
    });

    /** A page as it is after it was loaded: it has the storage, and nothing else. */
    async function loadPage(id = 'chat') {
      const { client } = connectClient(proxy);
      close.push(() => client.close());
      const transport = new ChatTransport({
        gateway: client,
        model: 'scripted',
        storage: {
          getItem: (key) => storage.get(key) ?? null,
          setItem: (key, value) => void storage.set(key, value),
          removeItem: (key) => void storage.delete(key),
        },
      });
      const messages = await transport.loadMessages(id);
      const chat = openChat({ id, messages, transport });
      return { chat, transport, client };
    }

    const askedFor = () => gateway.upstream.chats.at(-1)?.asked;
    const count = () => gateway.upstream.chats.length;
    const until = (chat: DrivenChat, text: string) => expect.poll(() => shown(chat).at(-1)?.at(-1)).toBe(text);

    it('shows answers with their reasoning, and sends only what is new', async () => {
      const { chat, transport, client } = await loadPage();
      gateway.upstream.reply(think('Let me see.', 'Hello Ada.'));
      await chat.sendMessage({ text: 'I am Ada.' });
      expect(chat.status).toBe('ready');
      gateway.upstream.reply(say('Ada.'));
      await chat.sendMessage({ text: 'Who am I?' });
      expect(shown(chat)).toEqual([
        ['user', 'I am Ada.'],
        ['assistant', 'reasoning', 'Hello Ada.'],
        ['user', 'Who am I?'],
        ['assistant', 'Ada.'],
      ]);
      const conversation_id = transport.conversationOf('chat') ?? '';
      const { messages } = await client.conversations.get.query({ conversation_id });
      expect(messages.map(({ content }) => content)).toEqual(['I am Ada.', 'Hello Ada.', 'Who am I?', 'Ada.']);
      expect(chat.messages[3]?.id).toBe(messages[3]?.id);
    });

    it('sends files as data URIs', async () => {
      const { chat } = await loadPage();
      gateway.upstream.reply(say('Red.'));
      const files: SentFile[] = [{ type: 'file', mediaType: 'image/png', filename: 'red.png', url: pngUri }];
      await chat.sendMessage({ text: 'Which colour?', files });
      expect(shown(chat).at(-1)).toEqual(['assistant', 'Red.']);
      expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).toContain(pngUri);
      const again = await loadPage();
      expect(shown(again.chat)[0]).toEqual(['user', 'file', 'Which colour?']);
    });

    it('regenerates and edits in branches of its conversation', async () => {
      const { chat, transport, client } = await loadPage();
      for (const [question, text] of [
        ['One?', 'One.'],
        ['Two?', 'Two.'],
      ] as const) {
        gateway.upstream.reply(say(text));
        await chat.sendMessage({ text: question });
      }
      gateway.upstream.reply(say('Two again.'));
      await chat.regenerate();
      expect(shown(chat).at(-1)).toEqual(['assistant', 'Two again.']);
      gateway.upstream.reply(say('Three.'));
      await chat.sendMessage({ text: 'Three?', messageId: chat.messages[2]?.id ?? '' });
      gateway.upstream.reply(say('One again.'));
      await chat.regenerate({ messageId: chat.messages[1]?.id ?? '' });
      expect(shown(chat)).toEqual([
        ['user', 'One?'],
        ['assistant', 'One again.'],
      ]);
      const conversation_id = transport.conversationOf('chat') ?? '';
      const tree = await client.conversations.get.query({ conversation_id, view: 'tree' });
      const texts = ['One?', 'One.', 'Two?', 'Two.', 'Two again.', 'Three?', 'Three.', 'One again.'];
      expect(tree.messages.map(({ content }) => content)).toEqual(texts);

      const again = await loadPage();
      expect(shown(again.chat)).toEqual(shown(chat));
      gateway.upstream.reply(say('One, after a reload.'));
      await again.chat.regenerate();
      expect(shown(again.chat)).toEqual([
        ['user', 'One?'],
        ['assistant', 'One, after a reload.'],
      ]);
    });

    it('stops the model, keeps what was said, and goes on', async () => {
      const { chat } = await loadPage();
      const { script, gate } = gated('One two three');
      gateway.upstream.reply(script);
      gate.release(1);
      const sending = chat.sendMessage({ text: 'Count.' });
      await until(chat, 'One');
      await chat.stop();
      await sending;
      await gateway.upstream.chats.at(-1)?.aborted;
      expect(chat.status).toBe('ready');
      gateway.upstream.reply(say('Done.'));
      await chat.sendMessage({ text: 'Go on.' });
      expect(shown(chat).at(-1)).toEqual(['assistant', 'Done.']);
    });

    it('goes on after a cut connection, and asks the model once', async () => {
      const before = count();
      const { chat } = await loadPage();
      const { script, gate } = gated('One two three');
      gateway.upstream.reply(script);
      gate.release(1);
      const sending = chat.sendMessage({ text: 'Count.' });
      await until(chat, 'One');
      proxy.cut();
      gate.open();
      await sending;
      expect(shown(chat)).toEqual([
        ['user', 'Count.'],
        ['assistant', 'One two three'],
      ]);
      expect(count() - before).toBe(1);
    });

    it('is whole after a reload in the middle of an answer, in the page and in a second one', async () => {
      const before = count();
      const first = await loadPage();
      const { script, gate } = gated('One two three');
      gateway.upstream.reply(script);
      gate.release(2);
      void first.chat.sendMessage({ text: 'Count.' });
      await until(first.chat, 'One two');
      await first.client.close();
      const pages = [await loadPage(), await loadPage()];
      const resuming = pages.map(({ chat }) => chat.resumeStream());
      for (const { chat } of pages) await until(chat, 'One two');
      gate.open();
      await Promise.all(resuming);
      for (const { chat } of pages)
        expect(shown(chat)).toEqual([
          ['user', 'Count.'],
          ['assistant', 'One two three'],
        ]);
      expect(count() - before).toBe(1);
      // Nothing is resumed when nothing is under way.
      const later = await loadPage();
      await later.chat.resumeStream();
      expect(shown(later.chat)).toEqual([
        ['user', 'Count.'],
        ['assistant', 'One two three'],
      ]);
    });

    it('stops an answer that was resumed', async () => {
      const first = await loadPage();
      const { script, gate } = gated('One two three');
      gateway.upstream.reply(script);
      gate.release(1);
      void first.chat.sendMessage({ text: 'Count.' });
      await until(first.chat, 'One');
      await first.client.close();
      const { chat, transport, client } = await loadPage();
      const controller = new AbortController();
      const stream = await transport.reconnectToStream({ chatId: 'chat', abortSignal: controller.signal });
      const reader = stream?.getReader();
      await reader?.read();
      controller.abort();
      await gateway.upstream.chats.at(-1)?.aborted;
      expect(chat.messages).toHaveLength(1);
      const conversation_id = transport.conversationOf('chat') ?? '';
      await expect
        .poll(async () => (await client.conversations.get.query({ conversation_id })).messages[1]?.status)
        .toBe('cancelled');
    });

    it('calls tools and sends their results, in one message, also across a reload in its second step', async () => {
      const { chat, client } = await loadPage();
      gateway.upstream.reply(callTools([{ id: 'call_1', name: 'weather', arguments: { city: 'Rome' } }]));
      await chat.sendMessage({ text: 'The weather in Rome?' });
      expect(shown(chat)).toEqual([
        ['user', 'The weather in Rome?'],
        ['assistant', 'tool-weather'],
      ]);
      const called = chat.messages[1]?.parts.find(({ type }) => type === 'tool-weather');
      expect(called).toMatchObject({ state: 'input-available', input: { city: 'Rome' }, toolCallId: 'call_1' });

      const gate = createGate();
      gateway.upstream.reply(answer({ text: words('It is sunny.'), gate }));
      gate.release(1);
      await chat.addToolResult({ tool: 'weather', toolCallId: 'call_1', output: { sky: 'clear' } });
      // As `sendAutomaticallyWhen` does.
      void chat.sendMessage();
      await until(chat, 'It');
      expect(chat.messages).toHaveLength(2);
      await client.close();

      const again = await loadPage();
      const resuming = again.chat.resumeStream();
      await until(again.chat, 'It');
      gate.open();
      await resuming;
      const whole = [
        ['user', 'The weather in Rome?'],
        ['assistant', 'tool-weather', 'It is sunny.'],
      ];
      expect(shown(again.chat)).toEqual(whole);
      expect(again.chat.messages[1]?.parts.find(({ type }) => type === 'tool-weather')).toMatchObject({
        state: 'output-available',
        output: { sky: 'clear' },
      });
      expect(askedFor()?.stream).toBe(true);
      expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).toContain('{\\"sky\\":\\"clear\\"}');

      const loaded = await loadPage();
      expect(shown(loaded.chat)).toEqual(whole);
      gateway.upstream.reply(say('Bring glasses.'));
      await loaded.chat.sendMessage({ text: 'And?' });
      expect(shown(loaded.chat).at(-1)).toEqual(['assistant', 'Bring glasses.']);
    });

    it('shows the typed error of a turn, which can be sent once more', async () => {
      const { chat } = await loadPage();
      gateway.upstream.reply(destroyAfter(1));
      await chat.sendMessage({ text: 'Count.' });
      expect(chat.status).toBe('error');
      expect(chat.error).toMatchObject({ code: 'upstream_broken' });
      gateway.upstream.reply(say('One two'));
      await chat.regenerate();
      expect(shown(chat)).toEqual([
        ['user', 'Count.'],
        ['assistant', 'One two'],
      ]);
    });

    it('begins anew when its conversation was deleted', async () => {
      const { chat, transport, client } = await loadPage();
      await chat.sendMessage({ text: 'Hi' });
      const conversation_id = transport.conversationOf('chat') ?? '';
      await client.conversations.delete.mutate({ conversation_id });
      const again = await loadPage();
      expect(again.chat.messages).toEqual([]);
      await again.chat.sendMessage({ text: 'Hi' });
      expect(shown(again.chat).at(-1)).toEqual(['assistant', 'Hello from upstream.']);
    });

    it('sends a question once more whose first turn failed before it was stored', async () => {
      const { chat, transport } = await loadPage();
      gateway.upstream.reply(destroyBeforeHeaders);
      await chat.sendMessage({ text: 'Count.' });
      expect(chat.status).toBe('error');
      gateway.upstream.reply(say('One'));
      await chat.regenerate();
      expect(shown(chat)).toEqual([
        ['user', 'Count.'],
        ['assistant', 'One'],
      ]);
      expect(transport.conversationOf('chat')).toMatch(/^conv_/);
    });
  });
}
