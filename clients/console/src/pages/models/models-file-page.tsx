import '../../style/backends.css';
import type { Outputs } from '@duplex/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useDeferredValue, useRef, useState } from 'react';
import { Link } from 'wouter';
import { basePath } from '../../app/base-path.ts';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useText } from '../../text/text.tsx';

const YamlEditor = lazy(() => import('./yaml-editor.tsx'));
const TextDiff = lazy(() => import('./text-diff.tsx'));

type Checked = Outputs['api']['modelsFile']['check'];
type Report = NonNullable<Checked['report']>;

const listed = (names: readonly string[]) => <code>{names.join(', ')}</code>;

/** What a change adds, changes and takes away, by name. */
function Changes({ report }: { report: Report }) {
  const { t } = useText();
  const rows = (['models', 'providers'] as const).flatMap((what) =>
    (['added', 'changed', 'removed'] as const).flatMap((how) =>
      report[what][how].length === 0 ? [] : [[t(`models.${what}.${how}`), listed(report[what][how])] as const],
    ),
  );
  const others = (['groups', 'model_map'] as const).filter((name) => report[name]);
  if (!report.changed) return <p className="small faint">{t('models.sameMeaning')}</p>;
  return <Facts facts={others.length > 0 ? [...rows, [t('models.others'), listed(others)]] : rows} />;
}

interface FaultsProps {
  readonly faults: Checked['faults'];
  onGo(line: number): void;
}

function Faults({ faults, onGo }: FaultsProps) {
  const { t } = useText();
  return (
    <ul className="stack-2" aria-label={t('models.faults')}>
      {faults.map(({ line, field, message }, at) => (
        <li key={at} className="note bad">
          <div className="stack-2">
            {line === null ? null : (
              <button type="button" className="linkish" onClick={() => onGo(line)}>
                {t('models.line', { line })}
              </button>
            )}
            <p lang="en">
              {field ? <code>{field}</code> : null} {message}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The file as it was read, as it is edited, what the gateway says about that, and the way to save it. */
function useModelsFile() {
  const gateway = useGateway();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<string | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ['models-file'],
    queryFn: () => gateway.api.modelsFile.read.query(),
    // What is being edited is compared with what was read, and not with what somebody writes meanwhile.
    refetchOnWindowFocus: edited === null,
  });
  const text = edited ?? data?.text ?? '';
  const settled = useDeferredValue(text);
  const isChanged = data !== undefined && edited !== null && edited !== data.text;
  const { data: checked } = useQuery({
    queryKey: ['models-file-check', settled],
    enabled: isChanged && data.editable,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: (known) => known,
    queryFn: () => gateway.api.modelsFile.check.mutate({ text: settled }),
  });
  const save = useMutation({
    mutationFn: () => gateway.api.modelsFile.write.mutate({ text, version: data?.version ?? '' }),
    async onSuccess() {
      await refetch();
      setEdited(null);
      await queries.invalidateQueries();
    },
  });
  const faults = isChanged ? (checked?.faults ?? []) : [];
  const report = isChanged ? checked?.report : null;
  const maySave = isChanged && report != null && !save.isPending;
  return { data, error, refetch, text, settled, setEdited, isChanged, faults, report, save, maySave };
}

/** Selects a line of the text, and shows it. */
function selectLine(box: HTMLTextAreaElement, line: number): void {
  const before = box.value
    .split('\n')
    .slice(0, line - 1)
    .join('\n');
  const start = before.length + (line > 1 ? 1 : 0);
  box.focus();
  box.setSelectionRange(start, start + (box.value.slice(start).split('\n')[0]?.length ?? 0));
  box.closest('.yaml')?.querySelectorAll('.yaml-lines span')[line - 1]?.scrollIntoView({ block: 'center' });
}

interface FileActionsProps {
  readonly file: ReturnType<typeof useModelsFile>;
}

function FileActions({ file: { data, isChanged, maySave, save, setEdited } }: FileActionsProps) {
  const { t } = useText();
  return (
    <>
      <span className="grow" />
      {isChanged ? (
        <button type="button" className="btn" onClick={() => setEdited(null)}>
          {t('models.discard')}
        </button>
      ) : null}
      {data?.editable ? (
        <button
          type="button"
          className="btn main-action"
          aria-disabled={!maySave}
          title={maySave ? undefined : t(isChanged ? 'models.faultsFirst' : 'models.unchanged')}
          onClick={() => (maySave ? save.mutate() : undefined)}
        >
          {t('models.save')}
        </button>
      ) : null}
    </>
  );
}

/** The models file: edited as text, checked as it is typed, compared, saved and put into effect. */
export default function ModelsFilePage() {
  const { t } = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useModelsFile();
  const { data, error, refetch, text, settled, setEdited, isChanged, faults, report, save } = file;
  const go = (line: number) => {
    if (field.current) selectLine(field.current, line);
  };
  return (
    <Shell title={t('models.file')} bar={<FileActions file={file} />}>
      <main className="page">
        <p className="lede">
          {t('models.fileLede')} <a href={`${basePath}/docs/models`}>{t('nav.docs')}</a> ·{' '}
          <Link to="/console/models">{t('nav.models')}</Link>
        </p>
        {error ? <Problem error={error} /> : null}
        {data && data.why_not !== null ? <p className="note accent">{t(`models.reason.${data.why_not}`)}</p> : null}
        {save.error ? (
          <Problem error={save.error}>
            <button type="button" className="btn small" onClick={() => void refetch()}>
              {t('models.readAgain')}
            </button>
          </Problem>
        ) : null}
        {save.isSuccess && !isChanged ? (
          <p className="note ok" role="status">
            {t('models.saved')}
          </p>
        ) : null}
        {data ? (
          <div className="card ed">
            <Suspense fallback={<Skeleton />}>
              <YamlEditor
                label={data.name}
                text={text}
                faulty={new Set(faults.flatMap(({ line }) => line ?? []))}
                field={field}
                readOnly={!data.editable}
                onChange={setEdited}
              />
            </Suspense>
            <aside aria-label={t('models.changes')}>
              <h2 className="h3">{t('models.changes')}</h2>
              <div className="stack" aria-live="polite">
                {isChanged ? null : <p className="small faint">{t('models.unchanged')}</p>}
                {faults.length > 0 ? <Faults faults={faults} onGo={go} /> : null}
                {report ? <Changes report={report} /> : null}
              </div>
            </aside>
          </div>
        ) : null}
        {data && isChanged ? (
          <section className="stack">
            <h2>{t('models.diff')}</h2>
            <Suspense fallback={<Skeleton />}>
              <TextDiff before={data.text} after={settled} />
            </Suspense>
          </section>
        ) : null}
      </main>
    </Shell>
  );
}
