import { ChevronRight } from 'lucide-react';
import { showControls } from '../parts/show-controls.ts';
import { useText } from '../text/text.tsx';
import type { Answer } from './answer.ts';

export function Reasoning({ answer }: { answer: Answer }) {
  const { t, milliseconds } = useText();
  const { firstAt, textAt, endedAt, tokens } = answer;
  const until = textAt ?? endedAt;
  const time = firstAt !== null && until !== null ? milliseconds(until - firstAt) : null;
  return (
    <details className="think">
      <summary>
        <ChevronRight className="i chev" aria-hidden="true" />
        {time === null ? t('chat.reasoning') : t('chat.thought', { time })}
        {tokens && tokens.reasoning > 0 ? (
          <span className="faint">· {t('chat.tokens', { count: tokens.reasoning })}</span>
        ) : null}
      </summary>
      <div dir="auto">{showControls(answer.reasoning)}</div>
    </details>
  );
}
