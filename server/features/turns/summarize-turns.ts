import type { Summary } from '../../store/interface/summaries.ts';
import type { BegunTurn, PathMessage } from '../../store/interface/turns.ts';
import type { Caller } from '../access/caller.ts';
import type { EndUser } from '../access/end-user.ts';
import { answeredTurns } from './build-prompt.ts';
import type { Summarizer } from './summarizer.ts';
import type { TurnPrompt } from './turn-prompt.ts';

/** The newest summary on a path, and how many messages of the path it stands for. */
interface Place {
  readonly summary: Summary;
  readonly count: number;
}

function placeOf(path: readonly PathMessage[], summaries: ReadonlyMap<string, Summary>): Place | null {
  for (let i = path.length - 1; i >= 0; i--) {
    const summary = summaries.get(path[i]?.id ?? '');
    if (summary) return { summary, count: i + 1 };
  }
  return null;
}

/** A turn whose history is summarized when it does not fit the window. */
export interface SummarizedTurn {
  readonly begun: Pick<BegunTurn, 'conversationId'>;
  /** Everything that may be summarized, oldest first. */
  readonly history: readonly PathMessage[];
  readonly prompt: TurnPrompt<PathMessage>;
  readonly endUser: EndUser | undefined;
}

/** Replaces the oldest turns of a prompt by a summary. */
function apply({ history, prompt }: SummarizedTurn, { summary, count }: Place): void {
  const turns = answeredTurns(history.slice(0, count)).length;
  prompt.summarize({ text: summary.text, turns, history: history.slice(count) });
}

/**
 * Replaces turns that do not fit the window by a summary: first by the stored one, and by a new one when the turns after it
 * do not fit either. When no new one can be made, turns are left out, and the prompt says so. Throws only the reason that
 * stops the run itself.
 */
export async function summarizeTurns(summarizer: Summarizer, turn: SummarizedTurn, caller: Caller): Promise<void> {
  const { begun, history, prompt, endUser } = turn;
  const { conversationId } = begun;
  try {
    const stored = placeOf(history, await summarizer.find(conversationId));
    if (stored) apply(turn, stored);
    const last = prompt.leftOut.at(-1)?.messages.at(-1);
    if (!last) return;
    const from = stored?.count ?? 0;
    const count = history.indexOf(last) + 1;
    const messages = answeredTurns(history.slice(from, count)).flatMap((answered) => answered.messages);
    const path = history.slice(0, count);
    const before = stored?.summary ?? null;
    const task = { conversationId, path, before, messages, room: prompt.room, endUser };
    apply(turn, { summary: await summarizer.summarize(task, caller), count });
  } catch {
    caller.signal.throwIfAborted();
    prompt.missSummary();
  }
}
