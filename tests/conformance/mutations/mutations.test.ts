import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../../support/start-dialects.ts';
import { type Case, casesOf, meant, parseSelection, playMutated, sent } from './answers.ts';
import { describeMutation, type Mutation } from './mutate.ts';
import type { Said } from './said.ts';
import { surfaces } from './surfaces.ts';
import { tryCases } from './try-cases.ts';

/**
 * How many mutations are tried, each on one surface. With `MUTATIONS=all` each is tried on all of them; `MUTATIONS=3/8`
 * tries the third of eight equal parts of these.
 */
const selection = parseSelection(process.env.MUTATIONS ?? '400');

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

const titleOf = ({ dialect, way, name, surface, mutation }: Case): string =>
  `${dialect.name} ${way} ${name} on ${surface}, ${describeMutation(mutation)}`;

test('an answer of which one field is wrong is the answer that was meant or a documented error, and its conversation goes on', {
  timeout: 3_600_000,
}, async () => {
  const question = (id: number, { way }: Case) => ({
    stream: way === 'stream',
    unstored: Math.floor(id / surfaces.length) % 2 === 0,
  });
  const { faults, outcomes } = await tryCases(gateway, { cases, question, judge, titleOf });
  console.info(`${cases.size} mutations of answers: ${outcomes}`);
  expect(faults).toEqual([]);
});
