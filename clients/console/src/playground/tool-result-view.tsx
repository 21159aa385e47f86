import { Check } from 'lucide-react';
import { CodeLines } from '../parts/code-lines.tsx';
import { useText } from '../text/text.tsx';
import type { ToolResult } from './draft.ts';

export function ToolResultView({ results }: { results: readonly ToolResult[] }) {
  const { t } = useText();
  return results.map(({ id, content, failed }) => (
    <section className="toolcall" key={id} aria-label={t('tool.answered')}>
      <header>
        <Check className="i" aria-hidden="true" />
        <strong>{t('tool.answered')}</strong>
        <span className="small faint mono">{id}</span>
        <span className="grow" />
        {failed ? <span className="badge bad">{t('tool.error')}</span> : null}
      </header>
      <div className="body">
        <CodeLines code={content} label={t('tool.answered')} />
      </div>
    </section>
  ));
}
