import { afterAll, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { startScripted } from '../support/start-scripted.ts';

const gateway = await startScripted();
afterAll(() => gateway.close());

interface Listed {
  readonly items: { readonly id: string }[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
}

interface Read {
  readonly messages: {
    readonly id: string;
    readonly seq: number;
    readonly content: unknown;
    readonly media_omitted?: number;
  }[];
  readonly has_more: boolean;
}

async function turn(body: object): Promise<string> {
  const answer = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi', ...body });
  await answer.arrayBuffer();
  return answer.headers.get('x-conversation-id') ?? '';
}

async function read<Body>(path: string): Promise<Body> {
  const answer = await gateway.call('GET', path);
  expect(answer.status).toBe(200);
  return answer.json();
}

const remove = (path: string) => gateway.call('DELETE', path);

test('pages of conversations skip and repeat nothing that stayed, while others are begun, used and deleted', async () => {
  const random = new Random(7);
  for (const user of ['p1', 'p2', 'p3']) {
    const start: string[] = [];
    for (let i = 0; i < 12; i++) start.push(await turn({ user_id: user }));
    const touched = new Set<string>();
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&${random.chance(0.5) ? 'cursor' : 'after'}=${encodeURIComponent(cursor)}`;
      const page: Listed = await read(`/c1/conversations?user_id=${user}&limit=${random.int(1, 4)}${query}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
      if (random.chance(0.5)) await turn({ user_id: user });
      const victim = start[random.int(0, 11)] ?? '';
      // The conversation that the cursor was made of goes as well.
      const gone = random.chance(0.5) ? (page.items.at(-1)?.id ?? victim) : victim;
      if (random.chance(0.5)) await remove(`/c1/conversations/${gone}?user_id=${user}`);
      else await turn({ user_id: user, conversation_id: gone });
      touched.add(gone);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(start.filter((id) => !touched.has(id))));
  }
});

test('pages of messages go both ways, and leave the data of pictures out when asked to', async () => {
  const url = `data:image/png;base64,${'AAAA'.repeat(50)}`;
  const id = await turn({
    message: [
      { type: 'text', text: 'see' },
      { type: 'image_url', image_url: { url } },
    ],
  });
  for (let i = 0; i < 3; i++) await turn({ conversation_id: id });
  const path = `/c1/conversations/${id}`;
  const first: Read = await read(`${path}?limit=3&media=omit`);
  expect(first).toMatchObject({ has_more: true, messages: [{ seq: 1, media_omitted: 1 }, { seq: 2 }, { seq: 3 }] });
  expect(first.messages[0]?.content).toEqual([
    { type: 'text', text: 'see' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,' } },
  ]);
  const rest: Read = await read(`${path}?after=${first.messages[2]?.id}`);
  expect([rest.messages.map(({ seq }) => seq), rest.has_more]).toEqual([[4, 5, 6, 7, 8], false]);
  const back: Read = await read(`${path}?limit=2&before=${rest.messages[0]?.id}`);
  expect([back.messages.map(({ seq }) => seq), back.has_more]).toEqual([[2, 3], true]);
  const whole: Read = await read(path);
  expect(whole.messages[0]?.content).toContainEqual({ type: 'image_url', image_url: { url } });

  await remove(`/v1/conversations/${id}/items/${first.messages[2]?.id}`);
  const after: Read = await read(`${path}?after=${first.messages[2]?.id}`);
  expect(after.messages.map(({ id: message }) => message)).toEqual(rest.messages.map(({ id: message }) => message));
});

test('a cursor that is none is refused, by the name of its parameter', async () => {
  const id = await turn({});
  for (const [path, param] of [
    ['/c1/conversations?cursor=nonsense', 'cursor'],
    ['/c1/conversations?after=nonsense', 'after'],
    ['/c1/conversations?q=hi&before=bm9uc2Vuc2U', 'before'],
    [`/c1/conversations/${id}?after=nonsense`, 'after'],
  ] as const) {
    const answer = await gateway.call('GET', path);
    expect([answer.status, (await answer.json()).error]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_field', param }),
    ]);
  }
});

test('all of an end user is deleted at once, and nothing of others', async () => {
  const others = await turn({ user_id: 'bob' });
  for (let i = 0; i < 3; i++) await turn({ user_id: 'ada' });
  expect((await remove('/c1/conversations')).status).toBe(400);
  expect(await (await remove('/c1/conversations?user_id=ada')).json()).toEqual({
    object: 'conversations.deleted',
    user_id: 'ada',
    deleted: { conversations: 3, messages: 6, responses: 0, runs: 3 },
  });
  expect(await read('/c1/conversations?user_id=ada')).toMatchObject({ total: 0 });
  expect(await read('/c1/conversations?user_id=bob')).toMatchObject({ items: [{ id: others }] });
});
