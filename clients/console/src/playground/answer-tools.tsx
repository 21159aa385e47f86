import { useState } from 'react';
import { Segments } from '../parts/segments.tsx';
import { useText } from '../text/text.tsx';
import type { Call, ToolResult } from './draft.ts';
import { ToolCallCard } from './tool-call-card.tsx';

const presets = {
  sample: '{\n  "ok": true\n}',
  empty: '{}',
  error: '{\n  "error": "The tool could not be reached."\n}',
} as const;
type Preset = keyof typeof presets;

interface AnswerToolsProps {
  readonly calls: readonly Call[];
  onSend(results: readonly ToolResult[]): void;
}

interface OneProps {
  readonly call: Call;
  readonly result: ToolResult;
  onChange(result: ToolResult): void;
  onSend(): void;
}

function One({ call, result, onChange, onSend }: OneProps) {
  const { t } = useText();
  const [preset, setPreset] = useState<Preset>('sample');
  const choose = (next: Preset) => {
    setPreset(next);
    onChange({ id: call.id, content: presets[next], failed: next === 'error' });
  };
  return (
    <ToolCallCard call={call} waits>
      <div className="stack-2">
        <div className="row between wrap">
          <h2 className="h3">{t('tool.answer')}</h2>
          <Segments<Preset>
            label={t('tool.presets')}
            value={preset}
            onChange={choose}
            options={[
              ['sample', t('tool.sample')],
              ['empty', t('tool.empty')],
              ['error', t('tool.error')],
            ]}
          />
        </div>
        <textarea
          className="input mono"
          rows={4}
          aria-label={t('tool.answerFor', { name: call.name })}
          value={result.content}
          onChange={(event) => onChange({ ...result, content: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) onSend();
          }}
        />
      </div>
    </ToolCallCard>
  );
}

/** The tools that the model asks for, to be answered by hand. */
export function AnswerTools({ calls, onSend }: AnswerToolsProps) {
  const { t } = useText();
  const [results, setResults] = useState(() =>
    calls.map(({ id }): ToolResult => ({ id, content: presets.sample, failed: false })),
  );
  const send = () => onSend(results);
  return (
    <div className="stack">
      {calls.map((call, at) => {
        const result = results[at];
        return result ? (
          <One
            key={call.id}
            call={call}
            result={result}
            onChange={(next) => setResults(results.map((known, i) => (i === at ? next : known)))}
            onSend={send}
          />
        ) : null;
      })}
      <div className="row">
        <button type="button" className="btn main-action" onClick={send}>
          {t('tool.send')}
        </button>
      </div>
    </div>
  );
}
