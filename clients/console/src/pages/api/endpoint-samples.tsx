import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { gatewayUrl } from '../../app/base-path.ts';
import { CodeLines } from '../../parts/code-lines.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { CodeTabs } from '../../parts/tabs.tsx';
import type { ModelInfo } from '../../playground/model-info.ts';
import type { TextKey } from '../../text/en.ts';
import { useText } from '../../text/text.tsx';
import { type ApiLanguage, type Endpoint, endpoints, makeApiSample } from './api-samples.ts';

const languages: readonly (readonly [ApiLanguage, string])[] = [
  ['curl', 'curl'],
  ['typescript', 'TypeScript'],
  ['python', 'Python'],
];

const titles: Record<Endpoint, TextKey> = {
  chat: 'api.chat',
  streaming: 'api.streaming',
  embeddings: 'api.embeddings',
  images: 'api.images',
};
const texts: Record<Endpoint, TextKey> = {
  chat: 'api.chatText',
  streaming: 'api.streamingText',
  embeddings: 'api.embeddingsText',
  images: 'api.imagesText',
};

function Sample({ endpoint, model }: { endpoint: Endpoint; model: string }) {
  const { t } = useText();
  const [language, setLanguage] = useState<ApiLanguage>('curl');
  /** What the reader made of it; another model or language begins anew. */
  const [edited, setEdited] = useState<{ of: string; text: string } | null>(null);
  const { path, file } = endpoints[endpoint];
  const made = makeApiSample(endpoint, language, { url: gatewayUrl, model });
  const name = `${file}.${{ curl: 'sh', typescript: 'ts', python: 'py' }[language]}`;
  const text = edited?.of === made ? edited.text : null;
  return (
    <section className="endpoint" id={endpoint}>
      <div className="about">
        <h2>{t(titles[endpoint])}</h2>
        <p className="row wrap">
          <span className="method">POST</span>
          <code>{path}</code>
        </p>
        <p className="muted">{t(texts[endpoint])}</p>
      </div>
      <CodeTabs<ApiLanguage>
        label={t('request.language')}
        value={language}
        onChange={setLanguage}
        options={languages}
        aside={
          <>
            <span className="wide-only faint">{name}</span>
            <button
              type="button"
              className="btn ghost icon small"
              aria-label={t('api.edit', { name })}
              aria-pressed={text !== null}
              onClick={() => setEdited(text === null ? { of: made, text: made } : null)}
            >
              <Pencil className="i" aria-hidden="true" />
            </button>
            <CopyButton text={text ?? made} label={t('api.copy', { name })} />
          </>
        }
      >
        {text === null ? (
          <CodeLines code={made} label={`${t(titles[endpoint])} ${name}`} />
        ) : (
          <textarea
            className="input"
            aria-label={t('api.edit', { name })}
            spellCheck={false}
            value={text}
            onChange={(event) => setEdited({ of: made, text: event.target.value })}
          />
        )}
      </CodeTabs>
    </section>
  );
}

/** Chat and streaming with the model that was picked; the others with the first one that has them. */
export function EndpointSamples({ models, model }: { models: readonly ModelInfo[]; model: string }) {
  const withEndpoint = (name: 'embeddings' | 'images') =>
    models.find(({ endpoints: has }) => has.includes(name))?.alias ?? model;
  return (
    <div>
      <Sample endpoint="chat" model={model} />
      <Sample endpoint="streaming" model={model} />
      <Sample endpoint="embeddings" model={withEndpoint('embeddings')} />
      <Sample endpoint="images" model={withEndpoint('images')} />
    </div>
  );
}
