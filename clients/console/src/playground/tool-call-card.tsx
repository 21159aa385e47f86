import { Wrench } from 'lucide-react';
import type { ReactNode } from 'react';
import { CodeLines } from '../parts/code-lines.tsx';
import { parseJson } from '../parts/json.ts';
import { useText } from '../text/text.tsx';
import type { Call } from './draft.ts';

const pretty = (text: string): string => {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
};

interface ToolCallCardProps {
  readonly call: Call;
  /** It waits for a result: what is typed in. */
  readonly waits?: boolean;
  readonly children?: ReactNode;
}

export function ToolCallCard({ call, waits = false, children }: ToolCallCardProps) {
  const { t } = useText();
  return (
    <section className={`toolcall${waits ? ' waits' : ''}`} aria-label={t('tool.call', { name: call.name })}>
      <header>
        <Wrench className="i" aria-hidden="true" />
        <code>{call.name}</code>
        <span className="small faint mono">{call.id}</span>
        <span className="grow" />
        {waits ? <span className="badge warn">{t('tool.waits')}</span> : null}
      </header>
      <div className="body">
        <div className="stack-2">
          <h2 className="h3">{t('tool.asks')}</h2>
          <CodeLines code={pretty(call.arguments)} label={t('tool.asks')} />
        </div>
        {children}
      </div>
    </section>
  );
}
