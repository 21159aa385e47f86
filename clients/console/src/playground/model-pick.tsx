import { useFirstBackend } from '../app/queries.ts';
import { kindOf, StateDot } from '../parts/state-dot.tsx';
import { useText } from '../text/text.tsx';
import type { Draft } from './draft.ts';
import { canTalk, isDemo, type ModelInfo } from './model-info.ts';

interface ModelPickProps {
  readonly draft: Draft;
  readonly model: ModelInfo | undefined;
  readonly models: readonly ModelInfo[];
  /** How many tokens the last answer took with all that was before it; null: that is not known. */
  readonly usedTokens: number | null;
  onChange(draft: Draft): void;
}

/** The model can be changed in the middle of a conversation. */
export function ModelPick({ draft, model, models, usedTokens, onChange }: ModelPickProps) {
  const { t, compact, percent } = useText();
  const first = useFirstBackend(model?.backends);
  const used = model?.context_window ? (usedTokens ?? 0) / model.context_window : 0;
  const talks = models.filter(canTalk);
  const known = talks.some(({ alias }) => alias === draft.model);
  return (
    <>
      <StateDot state={first?.state ?? 'none'} />
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
      {first && first.state !== 'closed' ? (
        <span className={`badge ${kindOf(first.state)}`}>{t(`state.${first.state}`)}</span>
      ) : null}
      {model?.context_window ? (
        <span className="badge wide-only">
          {t('play.context', { tokens: compact(model.context_window) })}
          {used >= 0.01 ? ` · ${t('play.used', { share: percent(used) })}` : ''}
        </span>
      ) : null}
      {model && isDemo(model) ? <span className="badge warn wide-only">{t('models.demo')}</span> : null}
    </>
  );
}
