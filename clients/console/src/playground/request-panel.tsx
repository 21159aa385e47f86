import { useRef, useState } from 'react';
import { gatewayUrl } from '../app/base-path.ts';
import { usePageKey } from '../app/use-page-key.ts';
import { CodeLines } from '../parts/code-lines.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { isObject, isSameJson, parseJson } from '../parts/json.ts';
import { Segments } from '../parts/segments.tsx';
import { CodeTabs } from '../parts/tabs.tsx';
import { useText } from '../text/text.tsx';
import { type Edited, fromBody } from './bodies/from-body.ts';
import { shorten } from './bodies/long-data.ts';
import type { Body, Draft, Surface } from './draft.ts';
import type { ModelInfo } from './model-info.ts';
import { ParametersPanel } from './parameters-panel.tsx';
import { makeSample, type SampleKind } from './samples/samples.ts';

interface RequestPanelProps {
  readonly draft: Draft;
  readonly body: Body;
  onChange(draft: Draft): void;
  /** The request was edited as JSON. */
  onEdited(edited: Edited): void;
  readonly model: ModelInfo | undefined;
  readonly faultyParam: string | null;
}

const names: readonly (readonly [SampleKind, string])[] = [
  ['curl', 'curl'],
  ['client', 'TypeScript'],
  ['openai', 'openai'],
  ['python', 'Python'],
  ['json', 'JSON'],
];

interface BodyEditorProps {
  readonly body: Body;
  onBody(body: Body): void;
}

/**
 * The request as JSON. What is being typed stays as it is typed, as long as it is not JSON yet or means what is sent: if
 * it were written anew, the caret would jump to its end.
 */
function BodyEditor({ body, onBody }: BodyEditorProps) {
  const { t } = useText();
  const { text, restore } = shorten(body);
  const [typed, setTyped] = useState<string | null>(null);
  const parsed = typed === null ? undefined : parseJson(typed);
  const isJson = isObject(parsed);
  const isCurrent = typed !== null && (!isJson || isSameJson(parsed, parseJson(text)));
  const isFaulty = typed !== null && !isJson;
  function change(next: string) {
    setTyped(next);
    const edited = parseJson(restore(next));
    if (isObject(edited)) onBody(edited);
  }
  return (
    <>
      <textarea
        className="input"
        aria-label={t('request.asJson')}
        aria-invalid={isFaulty}
        spellCheck={false}
        value={isCurrent ? typed : text}
        onChange={(event) => change(event.target.value)}
      />
      {isFaulty ? (
        <p className="small bad-text pad" role="alert">
          {t('request.notJson')}
        </p>
      ) : null}
    </>
  );
}

/** ⌘⇧C and Ctrl ⇧ C press the button that copies the request, so that it says what was done. */
function useCopyKey() {
  const button = useRef<HTMLButtonElement>(null);
  usePageKey((event) => {
    if (!(event.metaKey || event.ctrlKey) || !event.shiftKey || event.key.toLowerCase() !== 'c') return;
    event.preventDefault();
    button.current?.click();
  });
  return button;
}

/** What will be sent, in every language, following every change; and the controls that change it. */
export default function RequestPanel(props: RequestPanelProps) {
  const { draft, body, onChange, onEdited, model, faultyParam } = props;
  const { t } = useText();
  const [kind, setKind] = useState<SampleKind>('curl');
  const [touched, setTouched] = useState<string | null>(null);
  const copyButton = useCopyKey();
  const { surface } = draft;
  const { text: short, restore } = shorten(body);
  const shortBody = parseJson(short);
  const sample = makeSample(kind, { url: gatewayUrl, surface, body: isObject(shortBody) ? shortBody : body });
  const setSurface = (next: Surface) => onChange({ ...draft, surface: next });
  return (
    <>
      <section>
        <div className="row between">
          <h2>{t('request.title')}</h2>
          <span className="small faint">{t('request.follows')}</span>
        </div>
        <Segments<Surface>
          label={t('request.surface')}
          fill
          value={surface}
          onChange={setSurface}
          options={[
            ['chat', '/v1 chat'],
            ['turn', t('request.memory')],
            ['responses', 'responses'],
            ['messages', 'messages'],
          ]}
        />
      </section>
      <ParametersPanel
        draft={draft}
        model={model}
        touched={touched}
        faultyParam={faultyParam}
        onChange={(next, name) => {
          setTouched(name || null);
          onChange(next);
        }}
      />
      <section className="grow codewrap">
        <CodeTabs<SampleKind>
          label={t('request.language')}
          value={kind}
          onChange={setKind}
          options={names}
          aside={
            <CopyButton ref={copyButton} text={() => restore(sample)} label={t('request.copy', { language: kind })} />
          }
        >
          {kind === 'json' ? (
            <BodyEditor body={body} onBody={(edited) => onEdited(fromBody(draft, edited))} />
          ) : (
            <CodeLines code={sample} label={t('request.sample', { language: kind })} lit={touched} />
          )}
        </CodeTabs>
        <p className="small faint">{t('request.keyStaysOut')}</p>
      </section>
    </>
  );
}
