import { KeyRound, MessageSquare } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { basePath, gatewayUrl } from '../../app/base-path.ts';
import { useInfo } from '../../app/queries.ts';
import { Shell } from '../../app/shell.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { takesChats } from '../../playground/model-info.ts';
import { useText } from '../../text/text.tsx';
import { CommonErrors } from './common-errors.tsx';
import { EndpointSamples } from './endpoint-samples.tsx';
import { SystemHealth } from './system-health.tsx';
import { ToolSettings } from './tool-settings.tsx';

function BaseUrl() {
  const { t } = useText();
  const url = `${gatewayUrl}/v1`;
  const header = 'Authorization: Bearer YOUR_API_KEY';
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('api.oneUrl')}</h2>
        <span className="badge">{t('api.compatible')}</span>
        <span className="badge">REST</span>
        <span className="badge">{t('api.streaming')}</span>
      </header>
      <div className="body stack">
        <div className="field">
          <span className="label">{t('api.baseUrl')}</span>
          <div className="copyline">
            <code>{url}</code>
            <CopyButton text={url} label={t('api.copyUrl')} />
          </div>
        </div>
        <div className="field">
          <span className="label">{t('api.header')}</span>
          <div className="copyline">
            <code>{header}</code>
            <CopyButton text={header} label={t('api.copyHeader')} />
          </div>
        </div>
      </div>
    </section>
  );
}

interface QuickStartProps {
  readonly models: readonly string[];
  readonly model: string;
  onModel(alias: string): void;
}

function QuickStart({ models, model, onModel }: QuickStartProps) {
  const { t } = useText();
  return (
    <section className="card">
      <header>
        <h2>{t('api.quickStart')}</h2>
      </header>
      <div className="body steps">
        <div className="step">
          <span className="no" aria-hidden="true">
            1
          </span>
          <div className="stack-2">
            <h3>{t('api.getKey')}</h3>
            <p className="muted">{t('api.getKeyText')}</p>
            <p>
              <Link className="btn" to="/console/keys">
                <KeyRound className="i" aria-hidden="true" />
                {t('api.createKey')}
              </Link>
            </p>
          </div>
        </div>
        <div className="step">
          <span className="no" aria-hidden="true">
            2
          </span>
          <div className="stack-2">
            <h3>{t('api.pickModel')}</h3>
            <p className="muted">{t('api.pickModelText')}</p>
            <div className="tags" role="group" aria-label={t('play.model')}>
              {models.map((alias) => (
                <button
                  key={alias}
                  type="button"
                  className="tag"
                  aria-pressed={alias === model}
                  onClick={() => onModel(alias)}
                >
                  {alias}
                </button>
              ))}
              <Link className="tag-more small" to="/playground">
                {t('api.browse')}
              </Link>
            </div>
          </div>
        </div>
        <div className="step">
          <span className="no" aria-hidden="true">
            3
          </span>
          <div className="stack-2">
            <h3>{t('api.call')}</h3>
            <p className="muted">{t('api.callText')}</p>
            <p>
              <Link className="btn" to={`/playground?model=${encodeURIComponent(model)}`}>
                <MessageSquare className="i" aria-hidden="true" />
                {t('api.openPlayground')}
              </Link>
            </p>
          </div>
        </div>
      </div>
    </section>
  );
}

/** How to call this gateway, with its own address and the reader's model in every snippet. */
export default function ApiPage() {
  const { t } = useText();
  const { data: info } = useInfo();
  const [chosen, setChosen] = useState<string | null>(null);
  const models = (info?.models ?? []).filter(({ available }) => available);
  const talks = models.filter(takesChats).map(({ alias }) => alias);
  const model = chosen ?? talks[0] ?? 'my-model';
  return (
    <Shell
      title={t('nav.api')}
      bar={
        <>
          <nav className="tabs bar-tabs wide-only" aria-label={t('api.sections')}>
            <Link to="/console" aria-current="page">
              {t('nav.docs')}
            </Link>
            <Link to="/console/keys">{t('nav.keys')}</Link>
            <a href={`${basePath}/openapi`}>{t('api.reference')}</a>
          </nav>
          <span className="grow" />
          <label className="row small muted nowrap">
            <span className="wide-only">{t('api.snippetsUse')}</span>
            <select
              className="input pick"
              aria-label={t('api.snippetsModel')}
              value={model}
              onChange={(event) => setChosen(event.target.value)}
            >
              {talks.length === 0 ? <option>{model}</option> : null}
              {talks.map((alias) => (
                <option key={alias}>{alias}</option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <main className="page">
        <div className="stack-2">
          <h2 className="h-page">{t('api.title')}</h2>
          <p className="lede">{t('api.lede')}</p>
        </div>
        <div className="two hero">
          <BaseUrl />
          <SystemHealth />
        </div>
        <QuickStart models={talks} model={model} onModel={setChosen} />
        <EndpointSamples models={models} model={model} />
        <CommonErrors />
        <ToolSettings
          model={model}
          window={info?.models.find(({ alias }) => alias === model)?.context_window ?? null}
        />
        <section className="stack">
          <h2>{t('api.next')}</h2>
          <div className="gallery three">
            <Link className="card next" to="/playground">
              <h3>{t('nav.playground')}</h3>
              <p className="muted small">{t('api.nextPlayground')}</p>
            </Link>
            <a className="card next" href={`${basePath}/docs`}>
              <h3>{t('nav.docs')}</h3>
              <p className="muted small">{t('api.nextDocs')}</p>
            </a>
            <Link className="card next" to="/console/usage">
              <h3>{t('nav.usage')}</h3>
              <p className="muted small">{t('api.nextUsage')}</p>
            </Link>
          </div>
        </section>
      </main>
    </Shell>
  );
}
