import { ArrowRight, AudioLines, Image, type LucideIcon, Type, Video } from 'lucide-react';
import { Fragment } from 'react';
import { useFirstBackend } from '../app/queries.ts';
import { StateDot } from '../parts/state-dot.tsx';
import { useText } from '../text/text.tsx';
import { isDemo, type ModelInfo } from './model-info.ts';

type Modality = ModelInfo['modalities']['input'][number];

const icons: Record<Modality, LucideIcon> = { text: Type, image: Image, audio: AudioLines, video: Video };

function Flow({ input, output }: { input: readonly Modality[]; output: readonly Modality[] }) {
  const { t } = useText();
  const names = (list: readonly Modality[]) => list.map((name) => t(`modality.${name}`)).join(', ');
  const row = (list: readonly Modality[]) => (
    <span aria-hidden="true">
      {list.map((name) => {
        const Icon = icons[name];
        return (
          <span key={name}>
            <Icon className="i" />
            {t(`modality.${name}`)}
          </span>
        );
      })}
    </span>
  );
  return (
    <span className="flow">
      <span className="sr">{t('models.flow', { input: names(input), output: names(output) })}</span>
      {row(input)}
      <span className="to" aria-hidden="true">
        <ArrowRight className="i" />
      </span>
      {row(output)}
    </span>
  );
}

/** Whether its price is for a million tokens in, and for a million out. */
const isByToken = ({ price }: ModelInfo) => price !== null && (price.input_usd > 0 || price.output_usd > 0);

export function usePrice(): (model: ModelInfo) => string {
  const { t, price: write } = useText();
  return (model) => {
    const { price } = model;
    if (!model.available) return '–';
    if (price === null) return t('models.free');
    const { input_usd, output_usd, image_usd, request_usd } = price;
    const tokens = output_usd > 0 ? `${write(input_usd)}\u00a0/ ${write(output_usd)}` : write(input_usd);
    const parts = [
      ...(isByToken(model) ? [tokens] : []),
      ...(image_usd > 0 ? [t('models.perImage', { price: write(image_usd) })] : []),
      ...(request_usd > 0 ? [t('models.perRequest', { price: write(request_usd) })] : []),
    ];
    return parts.length === 0 ? t('models.free') : parts.join(' · ');
  };
}

/** The prices of what an upstream has in its cache, or writes into it, where they are other ones. */
function CachePrices({ model: { price, available } }: { model: ModelInfo }) {
  const { t, price: write } = useText();
  if (!available || price === null) return null;
  const { input_usd, cached_input_usd, cache_write_usd } = price;
  const parts = [
    ...(cached_input_usd === input_usd ? [] : [t('models.cachedPrice', { price: write(cached_input_usd) })]),
    ...(cache_write_usd === input_usd ? [] : [t('models.cacheWritePrice', { price: write(cache_write_usd) })]),
  ];
  return parts.length === 0 ? null : <p className="small faint">{parts.join(' · ')}</p>;
}

interface ModelCardProps {
  readonly model: ModelInfo;
  onOpen(alias: string): void;
}

export function ModelCard({ model, onOpen }: ModelCardProps) {
  const { t, compact, number } = useText();
  const priceOf = usePrice();
  const { alias, backends, capabilities, constraints } = model;
  const first = useFirstBackend(backends);
  const facts: (readonly [string, string])[] = [
    [t('models.context'), model.context_window === null ? '–' : compact(model.context_window)],
    [
      t('models.typical'),
      constraints.typical_response_seconds === null ? '–' : `${number(constraints.typical_response_seconds)}\u00a0s`,
    ],
    [t(isByToken(model) ? 'models.priceTokens' : 'models.price'), priceOf(model)],
  ];
  const kind = [model.family, model.license].filter((text) => text !== null).join(' · ');
  return (
    <li className={`model${model.available ? '' : ' off'}`}>
      <div className="row between">
        <h3 className="truncate" title={alias}>
          <a
            href={`?model=${encodeURIComponent(alias)}`}
            onClick={(event) => {
              event.preventDefault();
              onOpen(alias);
            }}
          >
            {alias}
          </a>
        </h3>
        {first ? (
          <span className="row small faint nowrap">
            <StateDot state={first.state} />
            {first.state === 'closed' ? <span className="sr">{t('state.closed')}</span> : t(`state.${first.state}`)}
            {first.state === 'closed' ? (isDemo(model) ? first.backend.model : first.backend.provider) : null}
            {isDemo(model) ? <span className="badge warn">{t('models.demo')}</span> : null}
          </span>
        ) : (
          <span className="badge">{t('models.noBackend')}</span>
        )}
      </div>
      <div className="stack-2">
        {kind === '' ? null : (
          <p className="small faint truncate" title={kind}>
            {kind}
          </p>
        )}
        <Flow input={model.modalities.input} output={model.modalities.output} />
      </div>
      <dl className="specs">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          </Fragment>
        ))}
      </dl>
      <CachePrices model={model} />
      <div className="row wrap">
        {capabilities.tools ? <span className="badge">{t('models.tools')}</span> : null}
        {capabilities.reasoning ? <span className="badge">{t('models.reasoning')}</span> : null}
        {constraints.min_max_tokens === null ? null : (
          <span className="badge">{t('models.atLeast', { tokens: constraints.min_max_tokens })}</span>
        )}
      </div>
    </li>
  );
}
