import { StateDot } from '../parts/state-dot.tsx';
import { useText } from '../text/text.tsx';
import type { Draft } from './draft.ts';
import { canTalk, isDemo, type ModelInfo } from './model-info.ts';

interface ModelPickProps {
  readonly draft: Draft;
  readonly model: ModelInfo | undefined;
  readonly models: readonly ModelInfo[];
  onChange(draft: Draft): void;
}

/** The model can be changed in the middle of a conversation. */
export function ModelPick({ draft, model, models, onChange }: ModelPickProps) {
  const { t, compact } = useText();
  const state = model?.backends[0]?.state ?? 'none';
  const talks = models.filter(canTalk);
  const known = talks.some(({ alias }) => alias === draft.model);
  return (
    <>
      <StateDot state={state} />
      <select
        className="input model-pick"
        aria-label={t('play.model')}
        value={draft.model}
        onChange={(event) => onChange({ ...draft, model: event.target.value })}
      >
        {known ? null : <option>{draft.model}</option>}
        {talks.map(({ alias }) => (
          <option key={alias}>{alias}</option>
        ))}
      </select>
      {model?.context_window ? (
        <span className="badge wide-only">{t('play.context', { tokens: compact(model.context_window) })}</span>
      ) : null}
      {model && isDemo(model) ? <span className="badge warn wide-only">{t('models.demo')}</span> : null}
    </>
  );
}
