import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMPTY_ANSWER } from '../../server/canonical/stored-answer.ts';
import type { Store } from '../../server/store/interface/store.ts';
import type { BegunTurn } from '../../server/store/interface/turns.ts';
import { answerTo, freshStore, newTurn, openRaw, query, userMessage } from './support.ts';

/** A message as the model knows it. */
interface Node {
  readonly id: string;
  readonly text: string;
  readonly parent: string | null;
}

/** A conversation in the simplest way: a list of messages, each with its parent, in the order in which they were added. */
class Model {
  nodes: Node[] = [];
  head: string | null = null;

  constructor(
    readonly id: string,
    readonly key: { id: string; owner: null; userId: null },
  ) {}

  find(id: string | null): Node | undefined {
    return this.nodes.find((node) => node.id === id);
  }

  path(last: string | null): Node[] {
    const node = this.find(last);
    return node ? [...this.path(node.parent), node] : [];
  }

  children(parent: string | null): Node[] {
    return this.nodes.filter((node) => node.parent === parent);
  }

  newestLeaf(below: string | null): string | null {
    const newest = this.children(below).at(-1);
    return newest ? this.newestLeaf(newest.id) : below;
  }

  add(parent: string | null, messages: readonly (readonly [id: string, text: string])[]): void {
    let last = parent;
    for (const [id, text] of messages) {
      this.nodes.push({ id, text, parent: last });
      last = id;
    }
    this.head = last;
  }

  remove(id: string): void {
    const gone = this.find(id);
    const isBelow = (node: Node) => this.path(node.id).some((other) => other.id === id);
    this.nodes = this.nodes.filter((node) => !isBelow(node));
    if (!this.find(this.head)) this.head = this.newestLeaf(gone?.parent ?? null);
  }
}

type Step = readonly [kind: (typeof KINDS)[number], which: number, where: number];

const KINDS = ['go on', 'go on', 'edit', 'regenerate', 'fail', 'drop', 'delete', 'fork', 'move head', 'add'] as const;

const contentOf = (prompt: string): string => JSON.parse(prompt).content ?? '';

let texts = 0;

/** One store and the conversations in it, done to both in the same way. */
class Pair {
  readonly models: Model[] = [];

  constructor(readonly store: Store) {}

  async begin(
    model: Model,
    place: { after: string | null } | { beside: string } | null,
  ): Promise<[BegunTurn, string[]]> {
    const isNew = place === null || 'after' in place;
    const messages = isNew ? [userMessage(`q${++texts}`)] : [];
    const parent =
      place === null ? model.head : 'after' in place ? place.after : (model.find(place.beside)?.parent ?? null);
    const turn = await this.store.conversations.beginTurn(
      newTurn('', {
        conversationId: model.id,
        messages,
        place: place === null ? undefined : { ...place, param: 'parent_message_id' },
      }),
    );
    // What the model is to read is the path, byte for byte.
    expect(turn.history.map(({ prompt }) => contentOf(prompt))).toEqual(model.path(parent).map(({ text }) => text));
    const page = await this.store.conversations.findPage(model.key, { limit: 1000, isTree: true });
    const added = page?.messages.slice(model.nodes.length).map(({ id }) => id) ?? [];
    expect(added.length).toBe(messages.length + 1);
    model.add(parent, [...messages.map(({ text }, i) => [added[i] ?? '', text] as const), [turn.answerId, '']]);
    return [turn, added];
  }

  async end(model: Model, turn: BegunTurn): Promise<void> {
    const text = `a${++texts}`;
    await this.store.conversations.endTurn(answerTo(turn, text));
    model.nodes = model.nodes.map((node) => (node.id === turn.answerId ? { ...node, text } : node));
  }

  async start(): Promise<Model> {
    const turn = await this.store.conversations.beginTurn(newTurn('first'));
    const key = { id: turn.conversationId, owner: null, userId: null };
    const model = new Model(turn.conversationId, key);
    const page = await this.store.conversations.findPage(key, { limit: 10 });
    model.add(null, [
      [page?.messages[0]?.id ?? '', 'first'],
      [turn.answerId, ''],
    ]);
    await this.end(model, turn);
    this.models.push(model);
    return model;
  }

  async take([kind, which, where]: Step): Promise<void> {
    const model = this.models[which % this.models.length] ?? (await this.start());
    const node = model.nodes[where % Math.max(1, model.nodes.length)];
    const { conversations } = this.store;
    if (kind === 'go on' || !node) {
      const [turn] = await this.begin(model, null);
      await this.end(model, turn);
    } else if (kind === 'edit') {
      const [turn] = await this.begin(model, { after: where % 5 === 0 ? null : node.id });
      await this.end(model, turn);
    } else if (kind === 'regenerate') {
      if (!node.text.startsWith('a') || node.parent === null) return;
      const [turn] = await this.begin(model, { beside: node.id });
      await this.end(model, turn);
    } else if (kind === 'fail' || kind === 'drop') {
      const { head } = model;
      const nodes = [...model.nodes];
      const [turn] = await this.begin(model, { after: node.id });
      if (kind === 'drop') {
        await conversations.dropTurn(turn);
        model.nodes = nodes;
        model.head = head;
        return;
      }
      const nothing = { status: 'failed' as const, prompt: EMPTY_ANSWER, text: '' };
      await conversations.endTurn(answerTo(turn, '', nothing));
      model.head = head;
    } else if (kind === 'delete') {
      const before = model.nodes.length;
      const removed = await conversations.removeBranch(model.key, node.id);
      model.remove(node.id);
      expect(removed).toEqual({ messages: before - model.nodes.length, headId: model.head });
    } else if (kind === 'fork') {
      if (this.models.length > 3) return;
      const id = await conversations.fork(model.key, node.id);
      const copy = new Model(id, { ...model.key, id });
      const page = await conversations.findPage(copy.key, { limit: 1000, isTree: true });
      copy.add(
        null,
        model.path(node.id).map(({ text }, i) => [page?.messages[i]?.id ?? '', text]),
      );
      this.models.push(copy);
    } else if (kind === 'move head') {
      await conversations.moveHead(model.key, node.id);
      model.head = node.id;
    } else {
      const text = `q${++texts}`;
      const seq = await conversations.append(model.key, [userMessage(text)]);
      const page = await conversations.findPage(model.key, { limit: 1000, isTree: true });
      model.add(model.head, [[page?.messages[seq - 1]?.id ?? '', text]]);
    }
  }

  async check(): Promise<void> {
    for (const model of this.models) {
      const tree = await this.store.conversations.findPage(model.key, { limit: 1000, isTree: true });
      expect(tree?.messages.map(({ id, parentId, seq }) => ({ id, parentId, seq }))).toEqual(
        model.nodes.map(({ id, parent }, i) => ({ id, parentId: parent, seq: i + 1 })),
      );
      expect(tree?.conversation.messageCount).toBe(model.nodes.length);
      expect(tree?.headId).toBe(model.head);
      const page = await this.store.conversations.findPage(model.key, { limit: 1000 });
      const path = model.path(model.head);
      expect(page?.messages.map(({ id, prompt }) => [id, contentOf(prompt)])).toEqual(
        path.map(({ id, text }) => [id, text]),
      );
      for (const { id, parent } of path) {
        const siblings = model.children(parent).map((child) => child.id);
        expect(page?.siblings.get(id) ?? [id]).toEqual(siblings);
      }
      const found = await this.store.conversations.find(model.key);
      expect(found?.messages.map(({ id }) => id)).toEqual(path.map(({ id }) => id));
    }
  }
}

/** How many random histories are tried: 1,000 take ten minutes. */
const RUNS = 30;

test('every path is that of a simple model, whatever was edited, regenerated, deleted and forked', async () => {
  const { store, folder } = await freshStore();
  const step = fc.tuple(fc.constantFrom(...KINDS), fc.nat(3), fc.nat(40));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps: Step[]) => {
      const pair = new Pair(store);
      await pair.start();
      for (const taken of steps) {
        await pair.take(taken);
        await pair.check();
      }
    }),
    { numRuns: RUNS },
  );
  const db = await openRaw(folder);
  expect(query(db, 'SELECT count(*) FROM "Conversation" WHERE "activeTurnId" IS NOT NULL')).toEqual([[0]]);
  expect(query(db, 'SELECT count(*) FROM "Run" WHERE "process" IS NOT NULL')).toEqual([[0]]);
  db.close();
});
