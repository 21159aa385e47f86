import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { TextKey } from '../text/en.ts';
import { useText } from '../text/text.tsx';

interface BranchSwitchProps {
  /** The names of the buttons to the previous one and to the next one. */
  readonly names: readonly [TextKey, TextKey];
  /** From 0. */
  readonly at: number;
  readonly count: number;
  onMove(at: number): void;
}

/** Which of several answers, or branches, is shown, and the way to the others. */
export function BranchSwitch({ names: [previous, next], at, count, onMove }: BranchSwitchProps) {
  const { t } = useText();
  if (count < 2) return null;
  const move = (to: number) => {
    if (to >= 0 && to < count) onMove(to);
  };
  return (
    <span className="branch">
      <button
        type="button"
        className="btn ghost icon small"
        aria-label={t(previous)}
        aria-disabled={at === 0}
        onClick={() => move(at - 1)}
      >
        <ChevronLeft className="i" aria-hidden="true" />
      </button>
      {at + 1} / {count}
      <button
        type="button"
        className="btn ghost icon small"
        aria-label={t(next)}
        aria-disabled={at === count - 1}
        onClick={() => move(at + 1)}
      >
        <ChevronRight className="i" aria-hidden="true" />
      </button>
    </span>
  );
}
