import { lazy, Suspense, useEffect, useState } from 'react';
import { Shell } from '../app/shell.tsx';
import { Problem } from '../parts/problem.tsx';
import { Sheet } from '../parts/sheet.tsx';
import { useText } from '../text/text.tsx';
import { ConversationList } from './conversation-list.tsx';
import { newDraft } from './draft.ts';
import { ModelStart } from './model-start.tsx';
import { PlaygroundBar, type SheetName } from './playground-bar.tsx';
import { LoadingMessages, loadTalk, TalkView } from './talk-view.tsx';
import { type PlaygroundState, usePlayground } from './use-playground.ts';

const loadRequestPanel = () => import('./request-panel.tsx');
const RequestPanel = lazy(loadRequestPanel);

/** The request of the chat, which can be edited. */
function Panel({ talk, setDraft, setComposed }: Pick<PlaygroundState, 'talk' | 'setDraft' | 'setComposed'>) {
  if (!talk) return null;
  const { draft, body, model, faultyParam } = talk;
  return (
    <Suspense>
      <RequestPanel
        draft={draft}
        body={body}
        model={model}
        faultyParam={faultyParam}
        onChange={setDraft}
        onEdited={({ draft: next, text, attachments }) => {
          setDraft(next);
          setComposed({ text: text ?? '', attachments });
        }}
      />
    </Suspense>
  );
}

interface MiddleProps {
  readonly state: PlaygroundState;
  readonly conversation: string | undefined;
  onNew(): void;
}

/** The chat; before that, the choice of models, or the conversation that is being loaded or could not be. */
function Middle({ state, conversation, onNew }: MiddleProps) {
  const { t } = useText();
  const { talk, stored, setDraft } = state;
  if (talk) return <TalkView {...state} talk={talk} />;
  if (stored.error) {
    return (
      <main className="turns">
        <div className="page">
          <Problem error={stored.error}>
            <button type="button" className="btn small" onClick={onNew}>
              {t('list.new')}
            </button>
          </Problem>
        </div>
      </main>
    );
  }
  if (conversation === undefined) return <ModelStart onOpen={(alias) => setDraft(newDraft(alias))} />;
  return (
    <main className="chat">
      <LoadingMessages />
    </main>
  );
}

/** Talk to a model, and see the request that does it. */
export function Playground({ conversation }: { conversation: string | undefined }) {
  const { t } = useText();
  const { isChat, ...state } = usePlayground(conversation);
  const { talk, models, setDraft } = state;
  const [sheet, setSheet] = useState<SheetName | null>(null);
  useEffect(() => {
    if (isChat) void Promise.all([loadTalk(), loadRequestPanel()]).catch(() => undefined);
  }, [isChat]);

  function startNew() {
    setSheet(null);
    state.startNew();
  }
  function onDeleted(id: string) {
    if (id === conversation) startNew();
  }
  const list = <ConversationList current={conversation} onNew={startNew} onDeleted={onDeleted} />;
  const panel = talk ? <Panel {...state} /> : null;
  return (
    <Shell
      title={talk ? t('play.title', { model: talk.draft.model }) : t('nav.playground')}
      railed
      titleHidden={talk !== null}
      bar={
        <PlaygroundBar talk={talk} models={models} setDraft={setDraft} conversation={conversation} onSheet={setSheet} />
      }
    >
      <div className={`work${panel ? '' : ' no-panel start'}`}>
        <aside className="list" aria-label={t('list.label')}>
          {list}
        </aside>
        <Middle state={state} conversation={conversation} onNew={startNew} />
        {panel ? (
          <aside className="panel" aria-label={t('request.title')}>
            {panel}
          </aside>
        ) : null}
      </div>
      <Sheet open={sheet === 'list'} onClose={() => setSheet(null)} label={t('list.label')} side="start">
        <div className="list">{list}</div>
      </Sheet>
      <Sheet open={sheet === 'panel'} onClose={() => setSheet(null)} label={t('request.title')} side="end">
        <div className="panel">{panel}</div>
      </Sheet>
    </Shell>
  );
}
