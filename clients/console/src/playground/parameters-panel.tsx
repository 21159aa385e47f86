import { Braces, Wrench } from 'lucide-react';
import { useState } from 'react';
import { isObject } from '../parts/json.ts';
import { useText } from '../text/text.tsx';
import { type Draft, noParameters, type Parameters, type Tool } from './draft.ts';
import { JsonEditor } from './json-editor.tsx';
import { EffortKnob, NumberKnob } from './knobs.tsx';
import type { ModelInfo } from './model-info.ts';
import { schemaPresets, toolPresets } from './presets.ts';

interface ParametersPanelProps {
  readonly draft: Draft;
  onChange(draft: Draft, touched: string): void;
  readonly model: ModelInfo | undefined;
  /** The field that was touched last. */
  readonly touched: string | null;
  readonly faultyParam: string | null;
}

const isTool = (value: unknown): value is Tool =>
  isObject(value) && typeof value.name === 'string' && value.name !== '';
const areTools = (value: unknown): value is Tool[] => Array.isArray(value) && value.every(isTool);

type RowProps = Pick<ParametersPanelProps, 'draft' | 'onChange'>;

/** The names of the tools, and the editor for them. */
function ToolsRow({ draft, onChange }: RowProps) {
  const { t } = useText();
  const [isOpen, setOpen] = useState(false);
  const { tools } = draft;
  function save(value: unknown) {
    onChange({ ...draft, tools: areTools(value) ? value : [] }, 'tools');
    setOpen(false);
  }
  return (
    <div className="row between">
      <span className="small">
        {t('request.tools')}{' '}
        <span className="faint">{tools.map(({ name }) => name).join(', ') || t('request.none')}</span>
      </span>
      <button type="button" className="btn small" onClick={() => setOpen(true)}>
        <Wrench className="i" aria-hidden="true" />
        {t('request.editTools')}
      </button>
      {isOpen ? (
        <JsonEditor
          title={t('request.editTools')}
          lede={t('request.toolsLede')}
          label={t('request.tools')}
          value={tools.length === 0 ? null : tools}
          presets={toolPresets}
          check={(value) => (areTools(value) ? null : t('request.notTools'))}
          onSave={save}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </div>
  );
}

/** Whether the answer has to fit a schema, and the editor for it. */
function SchemaRow({ draft, onChange }: RowProps) {
  const { t } = useText();
  const [isOpen, setOpen] = useState(false);
  const { schema, surface } = draft;
  return (
    <div className="row between">
      <span className="small">
        {t('request.format')} <span className="faint">{schema === null ? t('modality.text') : 'json_schema'}</span>
      </span>
      <button type="button" className="btn small" onClick={() => setOpen(true)}>
        <Braces className="i" aria-hidden="true" />
        {t('request.schema')}
      </button>
      {isOpen ? (
        <JsonEditor
          title={t('request.schema')}
          lede={t('request.schemaLede')}
          label={t('request.schema')}
          value={schema}
          presets={schemaPresets}
          check={(value) => (isObject(value) ? null : t('request.notSchema'))}
          onSave={(value) => {
            onChange({ ...draft, schema: value }, surface === 'responses' ? 'text' : 'response_format');
            setOpen(false);
          }}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </div>
  );
}

export function ParametersPanel({ draft, onChange, model, touched, faultyParam }: ParametersPanelProps) {
  const { t } = useText();
  const { parameters } = draft;
  const floor = model?.constraints.min_max_tokens ?? null;
  const set = (change: Partial<Parameters>, name: string) =>
    onChange({ ...draft, parameters: { ...parameters, ...change } }, name);
  const marks = (...names: string[]) => ({
    lit: touched !== null && names.includes(touched),
    invalid: faultyParam !== null && names.includes(faultyParam),
  });
  const maxTokensName = draft.surface === 'responses' ? 'max_output_tokens' : 'max_tokens';
  return (
    <section>
      <div className="row between">
        <h3>{t('request.parameters')}</h3>
        <button
          type="button"
          className="btn ghost small"
          onClick={() => onChange({ ...draft, parameters: noParameters, extra: {} }, '')}
        >
          {t('request.reset')}
        </button>
      </div>
      <NumberKnob
        label={t('request.temperature')}
        name="temperature"
        value={parameters.temperature}
        onChange={(temperature) => set({ temperature }, 'temperature')}
        min={0}
        max={2}
        step={0.1}
        {...marks('temperature')}
      />
      <NumberKnob
        label={t('request.maxTokens')}
        name={maxTokensName}
        value={parameters.maxTokens}
        onChange={(maxTokens) => set({ maxTokens }, maxTokensName)}
        min={1}
        max={4096}
        step={1}
        hint={floor === null ? null : t('request.floor', { tokens: floor })}
        {...marks('max_tokens', 'max_output_tokens')}
      />
      <NumberKnob
        label={t('request.topP')}
        name="top_p"
        value={parameters.topP}
        onChange={(topP) => set({ topP }, 'top_p')}
        min={0}
        max={1}
        step={0.05}
        {...marks('top_p')}
      />
      {model?.capabilities.reasoning || parameters.effort !== null ? (
        <EffortKnob
          value={parameters.effort}
          onChange={(effort) => set({ effort }, 'reasoning_effort')}
          {...marks('reasoning_effort', 'reasoning.effort')}
        />
      ) : null}
      <ToolsRow draft={draft} onChange={onChange} />
      <SchemaRow draft={draft} onChange={onChange} />
    </section>
  );
}
