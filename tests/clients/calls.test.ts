import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError, isGatewayError } from '../../clients/typescript/src/index.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import { asked, connectClient, errorOf } from './support.ts';

let scripted: ScriptedGateway;
beforeAll(async () => {
  scripted = await startScripted();
});
afterAll(() => scripted.close());

describe('queries and mutations over HTTP', () => {
  it('answers a query with its type', async () => {
    const { client } = connectClient(scripted);
    const { data } = await client.models.list.query();
    expect(data.map((model) => model.id)).toEqual(['scripted']);
    expect(await client.system.health.query()).toEqual({ status: 'ok' });
  });

  it('can be the result of a promise', async () => {
    const { client } = connectClient(scripted);
    expect(await Promise.resolve(client)).toBe(client);
  });

  it('completes a chat', async () => {
    const { client } = connectClient(scripted);
    scripted.upstream.reply(say('Hello there.'));
    const completion = await client.v1.chat.create.mutate(asked);
    expect(completion.choices[0]?.message.content).toBe('Hello there.');
    expect(completion.model).toBe('scripted');
  });

  it('names no conversation of a first turn that failed: none is left, and it can be sent again as it was', async () => {
    const { client } = connectClient(scripted);
    const one = { model: 'scripted', message: 'One' };
    scripted.upstream.reply(refuse('unavailable'), refuse('unavailable'));
    const { total: before } = await client.conversations.list.query({});
    const called = await errorOf(client.c1.chat.create.mutate(one));
    const streamed = await errorOf(client.streamTurn(one).next());
    await client.close();
    for (const { code, conversationId } of [called, streamed]) {
      expect([code, conversationId]).toEqual(['upstream_unavailable', null]);
    }
    expect((await client.conversations.list.query({})).total).toBe(before);
    const { conversation_id } = await client.c1.chat.create.mutate(one);
    scripted.upstream.reply(refuse('unavailable'));
    const later = await errorOf(client.c1.chat.create.mutate({ ...one, conversation_id }));
    expect([later.code, later.conversationId]).toEqual(['upstream_unavailable', conversation_id]);
    const unknown = await errorOf(client.c1.chat.create.mutate({ ...one, model: 'nobody' }));
    expect(unknown.conversationId).toBeNull();
  });

  it('takes turns, names their conversation, and manages conversations', async () => {
    const { client } = connectClient(scripted);
    scripted.upstream.reply(say('First.'), say('Second.'));
    const { conversation_id } = await client.c1.chat.create.mutate({ model: 'scripted', message: 'One' });
    const turn = await client.c1.chat.create.mutate({ model: 'scripted', message: 'Two', conversation_id });
    expect(turn.conversation_id).toBe(conversation_id);
    const stored = await client.conversations.get.query({ conversation_id });
    expect(stored.messages.map(({ content }) => content)).toEqual(['One', 'First.', 'Two', 'Second.']);
    const renamed = await client.conversations.update.mutate({ conversation_id, title: 'Named' });
    expect(renamed.title).toBe('Named');
    expect((await client.conversations.list.query({ q: 'Second' })).items[0]?.id).toBe(conversation_id);
    expect(await client.conversations.delete.mutate({ conversation_id })).toMatchObject({ deleted: true });
    const gone = await errorOf(client.conversations.get.query({ conversation_id }));
    expect(gone).toMatchObject({ code: 'conversation_not_found', status: 404, param: 'conversation_id' });
  });

  it('sends each call as a request of its own, with the key, by the fetch that it was given', async () => {
    const seen: { url: string; authorization: string | null }[] = [];
    const { client } = connectClient(scripted, {
      baseUrl: `${scripted.url}/`,
      apiKey: async () => bearer,
      fetch: (input, init) => {
        seen.push({ url: String(input), authorization: new Headers(init?.headers).get('authorization') });
        return fetch(input, init);
      },
    });
    await Promise.all([client.models.list.query(), client.models.info.query()]);
    expect(seen.map(({ url }) => url).sort()).toEqual([
      `${scripted.url}/trpc/models.info`,
      `${scripted.url}/trpc/models.list`,
    ]);
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${bearer}`]));
  });

  it('aborts a slow mutation, at the upstream as well', async () => {
    const { client } = connectClient(scripted);
    const { script, gate } = gated('Never heard.');
    scripted.upstream.reply(script);
    const controller = new AbortController();
    const failed = errorOf(client.v1.chat.create.mutate(asked, { signal: controller.signal }));
    await gate.reached();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted', type: 'client_error', status: 0 });
    await scripted.upstream.chats.at(-1)?.aborted;
  });
});

describe('errors of calls', () => {
  it('have the code, status and param of the envelope', async () => {
    const { client } = connectClient(scripted);
    const image = { type: 'image_url' as const, image_url: { url: 'http://example.test/cat.png' } };
    const content = [{ type: 'text' as const, text: 'What is it?' }, image];
    const error = await errorOf(
      client.v1.chat.create.mutate({ model: 'scripted', messages: [{ role: 'user', content }] }),
    );
    expect(error).toMatchObject({
      name: 'GatewayError',
      code: 'image_url_not_supported',
      type: 'invalid_request_error',
      status: 400,
      param: 'messages[0].content[1].image_url.url',
    });
    expect(error.message).not.toBe('');
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toBeInstanceOf(TRPCClientError);
  });

  it('say that an alias is unknown and that a key is wrong', async () => {
    const { client } = connectClient(scripted);
    expect(await errorOf(client.v1.chat.create.mutate({ ...asked, model: 'nobody' }))).toMatchObject({
      code: 'model_not_in_allowlist',
      param: 'model',
    });
    const stranger = connectClient(scripted, { apiKey: 'wrong' }).client;
    expect(await errorOf(stranger.models.list.query())).toMatchObject({ code: 'invalid_authorization', status: 401 });
  });

  it('tell a failed key function, a lost connection and a foreign answer apart', async () => {
    const cause = new Error('the vault is closed');
    const keyless = connectClient(scripted, { apiKey: () => Promise.reject(cause) }).client;
    expect(await errorOf(keyless.models.list.query())).toMatchObject({ code: 'key_unavailable', cause });

    const lost = connectClient(scripted, { fetch: () => Promise.reject(new TypeError('fetch failed')) }).client;
    expect(await errorOf(lost.models.list.query())).toMatchObject({ code: 'connection_lost', status: 0 });

    const page = async () => new Response('<h1>Bad Gateway</h1>', { status: 502 });
    const proxied = connectClient(scripted, { fetch: page }).client;
    expect(await errorOf(proxied.models.list.query())).toMatchObject({ code: 'unexpected_response', status: 502 });
    expect(isGatewayError(cause)).toBe(false);
  });
});
