import { Plus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useInfo } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { Problem } from '../../parts/problem.tsx';
import { type Answer, beginAnswer } from '../../playground/answer.ts';
import { Attached } from '../../playground/attached.tsx';
import { takenBy } from '../../playground/attachment.ts';
import { toBody } from '../../playground/bodies/to-body.ts';
import { type Attachment, newDraft } from '../../playground/draft.ts';
import { MadeImages } from '../../playground/made-images.tsx';
import { Metrics } from '../../playground/metrics.tsx';
import { canTalk } from '../../playground/model-info.ts';
import { streamAnswer } from '../../playground/reading/stream-answer.ts';
import { Reasoning } from '../../playground/reasoning.tsx';
import { runAnswer } from '../../playground/run-answer.ts';
import { Waiting } from '../../playground/waiting.tsx';
import { useText } from '../../text/text.tsx';
import { QuestionForm } from './question-form.tsx';
import { Race } from './race.tsx';

const LEAST = 2;
const MOST = 4;

interface LaneProps {
  readonly alias: string;
  readonly aliases: readonly string[];
  readonly answer: Answer | undefined;
  readonly typicalSeconds: number | null;
  onPick(alias: string): void;
  readonly onRemove: (() => void) | null;
}

function Lane({ alias, aliases, answer, typicalSeconds, onPick, onRemove }: LaneProps) {
  const { t } = useText();
  const waits = answer?.status === 'waiting';
  return (
    <section className="lane" aria-label={alias} aria-busy={waits || answer?.status === 'streaming'}>
      <header>
        <div className="row between">
          <select
            className="input model-pick"
            aria-label={t('play.model')}
            value={alias}
            onChange={(event) => onPick(event.target.value)}
          >
            {aliases.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          {onRemove ? (
            <button
              type="button"
              className="btn ghost icon small"
              aria-label={t('compare.remove', { model: alias })}
              onClick={onRemove}
            >
              <X className="i" aria-hidden="true" />
            </button>
          ) : null}
        </div>
      </header>
      <div className="answer stack" tabIndex={0} role="region" aria-label={t('compare.answerOf', { model: alias })}>
        {answer?.reasoning ? <Reasoning answer={answer} /> : null}
        {answer?.text ? <Markdown text={answer.text} /> : null}
        {answer ? <MadeImages pictures={answer.pictures} /> : null}
        {answer && waits ? <Waiting since={answer.begunAt} typicalSeconds={typicalSeconds} /> : null}
        {answer?.error ? <Problem error={answer.error} /> : null}
        {answer ? null : <p className="faint small">{t('compare.nothing')}</p>}
      </div>
      <footer>{answer ? <Metrics answer={answer} /> : null}</footer>
    </section>
  );
}

interface Question {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

const NOTHING: Question = { text: '', attachments: [] };

/** One question, and the answers of several models, which stream at once. */
function useComparison(lanes: readonly string[]) {
  const gateway = useGateway();
  const [answers, setAnswers] = useState<readonly (Answer | undefined)[]>([]);
  const [asked, setAsked] = useState<Question>(NOTHING);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function ask(question: Question) {
    const abort = new AbortController();
    running.current?.abort();
    running.current = abort;
    setAsked(question);
    setAnswers([]);
    setBusy(true);
    await Promise.all(
      lanes.map((alias, at) => {
        const draft = { ...newDraft(alias), surface: 'chat' as const };
        const body = toBody(draft, [{ role: 'user', ...question }]);
        return runAnswer({
          gateway,
          events: streamAnswer(gateway, { surface: 'chat', body, signal: abort.signal }),
          answer: beginAnswer(alias, performance.now()),
          onChange: (answer) =>
            running.current === abort && setAnswers((known) => lanes.map((_, i) => (i === at ? answer : known[i]))),
        });
      }),
    );
    if (running.current === abort) setBusy(false);
  }
  return { answers, asked, busy, ask, stop: () => running.current?.abort(), forget: () => setAnswers([]) };
}

/** One question to two to four models, whose answers stream at once. */
export default function ComparePage() {
  const { t } = useText();
  const { data: info } = useInfo();
  const talks = (info?.models ?? []).filter((model) => canTalk(model) && model.modalities.output.includes('text'));
  const wanted = useSearchParams()[0].get('model');
  const aliases = talks.map(({ alias }) => alias).sort((a, b) => Number(b === wanted) - Number(a === wanted));
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  const lanes = picked ?? aliases.slice(0, LEAST + 1);
  const { answers, asked, busy, ask, stop, forget } = useComparison(lanes);
  // A file goes to every model, so it is of a kind that all of them take.
  const models = talks.filter(({ alias }) => lanes.includes(alias));
  const takes = takenBy('chat', ['image', 'audio', 'video']).filter((kind) =>
    models.every(({ modalities }) => modalities.input.includes(kind)),
  );
  const change = (next: readonly string[]) => {
    setPicked(next);
    forget();
  };
  const free = aliases.find((alias) => !lanes.includes(alias)) ?? aliases[0];
  return (
    <Shell
      title={t('nav.compare')}
      railed
      bar={
        <>
          <span className="badge wide-only">{t('compare.count', { count: lanes.length, most: MOST })}</span>
          <span className="grow" />
          <button
            type="button"
            className="btn"
            aria-disabled={lanes.length >= MOST || busy}
            title={lanes.length >= MOST ? t('compare.most') : t('compare.add')}
            onClick={() => free !== undefined && lanes.length < MOST && !busy && change([...lanes, free])}
          >
            <Plus className="i" aria-hidden="true" />
            {t('compare.add')}
          </button>
        </>
      }
    >
      <main className="chat cmp">
        <div className="prompt">
          <p className="small faint">{t('compare.question')}</p>
          <Attached attachments={asked.attachments} />
          <p dir="auto" className={asked === NOTHING ? 'muted' : undefined}>
            {asked === NOTHING ? t('compare.ask') : asked.text}
          </p>
        </div>
        <Race aliases={lanes} answers={answers} />
        <div className="lanes" data-lanes={lanes.length}>
          {lanes.map((alias, at) => (
            <Lane
              key={`${at}-${alias}`}
              alias={alias}
              aliases={aliases}
              answer={answers[at]}
              typicalSeconds={
                talks.find((model) => model.alias === alias)?.constraints.typical_response_seconds ?? null
              }
              onPick={(name) => change(lanes.map((known, i) => (i === at ? name : known)))}
              onRemove={lanes.length > LEAST && !busy ? () => change(lanes.filter((_, i) => i !== at)) : null}
            />
          ))}
        </div>
        <QuestionForm
          busy={busy}
          takes={takes}
          onAsk={(text, attachments) => void ask({ text, attachments })}
          onStop={stop}
        />
      </main>
    </Shell>
  );
}
