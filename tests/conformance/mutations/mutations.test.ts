import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../../support/start-dialects.ts';
import { type Case, casesOf, meant, parseSelection, playMutated, promptOf, sent } from './answers.ts';
import { describeMutation, type Mutation } from './mutate.ts';
import type { Said } from './said.ts';
import { ask, surfaces } from './surfaces.ts';

/**
 * How many mutations are tried, each on one surface. With `MUTATIONS=all` each is tried on all of them; `MUTATIONS=3/8`
 * tries the third of eight equal parts of these.
 */
const selection = parseSelection(process.env.MUTATIONS ?? '400');
const AT_ONCE = 8;

const dialects = ['vllm', 'llamacpp', 'ollama', 'openai-responses', 'anthropic', 'gemini'] as const;

let gateway: DialectGateway;
const cases = new Map<number, Case>();
beforeAll(async () => {
  gateway = await startDialects(dialects, {
    upstream: { fallback: playMutated(cases), unchecked: true },
    env: { CIRCUIT_FAILURES: '1000000' },
  });
  const spoken = Object.values(gateway.upstreams).map(({ dialect }) => dialect);
  for (const [i, one] of casesOf(spoken, selection).entries()) cases.set(i + 1, one);
});
afterAll(() => gateway.close());

/** An argument that a dialect sends as a value of its own is as the upstream sent it. */
const isArgument = ({ path }: Mutation): boolean => ['city', 'zone'].includes(String(path.at(-1)));

/** A text that a dialect sends where it should send a list of parts. */
const isText = ({ kind, path }: Mutation, { text, calls }: Pick<Said, 'text' | 'calls'>): boolean =>
  kind === 'wrong type' && path.at(-1) === 'content' && text === 'x' && calls.length === 0;

const isSame = (said: Said, other: Pick<Said, 'text' | 'calls'>): boolean =>
  said.text === other.text && JSON.stringify(said.calls) === JSON.stringify(other.calls);

const namesOf = ({ calls }: Pick<Said, 'calls'>): string => calls.map(({ name }) => name).join();

/** What came of a case: the answer that was meant, all of it that the upstream has sent, an error, or a fault. */
function judge(one: Case, said: Said): string {
  if (said.faults.length > 0) return `FAULT: ${said.faults.join(', ')}`;
  if (said.error !== null) return said.error;
  if (isSame(said, meant(one))) return 'right';
  const { kind } = one.mutation;
  if (isText(one.mutation, said)) return 'as sent';
  if (kind !== 'cut' && isArgument(one.mutation) && namesOf(said) === namesOf(meant(one))) return 'as sent';
  if (kind !== 'cut' && kind !== 'wrong type' && isSame(said, sent(one))) return 'as sent';
  return `FAULT: said "${said.text}" ${JSON.stringify(said.calls)}`;
}

async function run(id: number, one: Case): Promise<string> {
  const { surface, way } = one;
  const model = one.dialect.name;
  const question = {
    model,
    prompt: promptOf(id),
    stream: way === 'stream',
    unstored: Math.floor(id / surfaces.length) % 2 === 0,
  };
  const { said, conversation } = await ask(gateway, surface, question);
  const verdict = judge(one, said);
  if (surface !== 'c1' || conversation === null || verdict.startsWith('FAULT')) return verdict;
  const next = await gateway.call('POST', '/c1/chat', { model, message: promptOf(0), conversation_id: conversation });
  return next.status === 200 ? verdict : `FAULT: the next turn is ${next.status} ${await next.text()}`;
}

const titleOf = ({ dialect, way, name, surface, mutation }: Case): string =>
  `${dialect.name} ${way} ${name} on ${surface}, ${describeMutation(mutation)}`;

test('an answer of which one field is wrong is the answer that was meant or a documented error, and its conversation goes on', {
  timeout: 3_600_000,
}, async () => {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  const queue = [...cases].values();
  const work = async () => {
    for (const [id, one] of queue) {
      const verdict = await run(id, one).catch((error: unknown) => `FAULT: ${String(error)}`);
      const isFault = verdict.startsWith('FAULT');
      if (isFault) faults.push(`${titleOf(one)}: ${verdict}`);
      const outcome = isFault ? 'FAULT' : verdict;
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const told = [...counts].toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
  console.info(`${cases.size} mutations of answers: ${told.join(', ')}`);
  expect(faults).toEqual([]);
});
