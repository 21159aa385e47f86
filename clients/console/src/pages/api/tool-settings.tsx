import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { basePath, gatewayUrl } from '../../app/base-path.ts';
import { useGateway } from '../../app/session.tsx';
import { CodeLines } from '../../parts/code-lines.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { useText } from '../../text/text.tsx';

interface ToolSettingsProps {
  readonly model: string;
  /** In tokens. */
  readonly window: number | null;
}

/** In tokens, where the models file has none. */
const USUAL_WINDOW = 32_768;

/** What must be set in an agent, an editor or a library for it to use this gateway. */
export function ToolSettings({ model, window }: ToolSettingsProps) {
  const { t } = useText();
  const gateway = useGateway();
  const [name, setName] = useState('claude-code');
  const { data } = useQuery({
    queryKey: ['tools'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => gateway.system.tools.query(),
  });
  const tool = data?.items.find((item) => item.name === name);
  const values: Readonly<Record<string, string>> = {
    url: gatewayUrl,
    key: 'YOUR_API_KEY',
    model,
    window: String(window ?? USUAL_WINDOW),
  };
  const fill = (code: string) => code.trim().replace(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
  return (
    <section className="stack" id="tools">
      <h2>{t('api.tools')}</h2>
      <div className="tags" role="group" aria-label={t('api.tools')}>
        {(data?.items ?? []).map((item) => (
          <button
            key={item.name}
            type="button"
            className="tag sans"
            aria-pressed={item.name === name}
            onClick={() => setName(item.name)}
          >
            {item.title}
          </button>
        ))}
      </div>
      {tool?.steps.map(({ say, code, language }, at) => (
        <div className="stack-2" key={say}>
          <p lang="en">{say.replaceAll('`', '')}</p>
          <figure className="code">
            <div className="head">
              <span className="grow">{language}</span>
              <CopyButton text={() => fill(code)} label={t('api.copyStep', { number: at + 1, tool: tool.title })} />
            </div>
            <CodeLines code={fill(code)} label={`${tool.title} ${at + 1}`} />
          </figure>
        </div>
      ))}
      {tool ? (
        <p className="small">
          <a href={`${basePath}/docs/${tool.guide.replace(/\.md\b/, '')}`}>{t('api.guide', { tool: tool.title })}</a>
        </p>
      ) : null}
    </section>
  );
}
