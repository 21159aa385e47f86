import type { DialectGateway } from '../../support/start-dialects.ts';
import type { Dialect } from '../../support/upstream/dialects/dialect.ts';
import { promptOf } from './answers.ts';
import type { Said } from './said.ts';
import { ask, type Surface } from './surfaces.ts';

const AT_ONCE = 8;

interface Trial<Case> {
  readonly cases: ReadonlyMap<number, Case>;
  /** How the answer of a case is requested. */
  question(id: number, one: Case): { readonly stream: boolean; readonly unstored: boolean };
  /** What came of a case. A fault begins with `FAULT`. */
  judge(one: Case, said: Said): string;
  titleOf(one: Case): string;
}

interface Tried {
  readonly faults: readonly string[];
  /** How many cases had each outcome, the most frequent first. */
  readonly outcomes: string;
}

/** Requests the answer of every case. A conversation of `/c1` must take another turn afterwards. */
export async function tryCases<Case extends { readonly dialect: Dialect; readonly surface: Surface }>(
  gateway: DialectGateway,
  { cases, question, judge, titleOf }: Trial<Case>,
): Promise<Tried> {
  const run = async (id: number, one: Case): Promise<string> => {
    const model = one.dialect.name;
    const { said, conversation } = await ask(gateway, one.surface, {
      model,
      prompt: promptOf(id),
      ...question(id, one),
    });
    const verdict = judge(one, said);
    if (one.surface !== 'c1' || conversation === null || verdict.startsWith('FAULT')) return verdict;
    const next = await gateway.call('POST', '/c1/chat', { model, message: promptOf(0), conversation_id: conversation });
    return next.status === 200 ? verdict : `FAULT: the next turn is ${next.status} ${await next.text()}`;
  };
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
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a);
  return { faults, outcomes: byCount.map(([outcome, count]) => `${outcome} ${count}`).join(', ') };
}
