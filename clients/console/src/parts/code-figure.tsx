import { lazy, Suspense } from 'react';
import { useText } from '../text/text.tsx';
import { CopyButton } from './copy-button.tsx';

const Highlighted = lazy(() => import('./highlighted.tsx'));

interface CodeFigureProps {
  readonly code: string;
  /** As it stands after the fence; empty: unknown. */
  readonly language: string;
  /** What is shown of it; default: all. */
  readonly shown?: string;
}

/** Code with its language, a button to copy it, and its colours once they are loaded. */
export function CodeFigure({ code, language, shown = code }: CodeFigureProps) {
  const { t } = useText();
  const name = language === '' ? t('chat.code') : language;
  return (
    <figure className="code">
      <div className="head">
        <span className="grow truncate">{name}</span>
        <CopyButton text={code} label={t('chat.copyCode')} />
      </div>
      <pre tabIndex={0} role="region" aria-label={name}>
        <Suspense fallback={<code className="pad">{shown}</code>}>
          <Highlighted code={shown} language={language} />
        </Suspense>
      </pre>
    </figure>
  );
}
