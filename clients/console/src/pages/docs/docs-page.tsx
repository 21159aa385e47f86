import { useQuery } from '@tanstack/react-query';
import { ArrowRight, KeyRound } from 'lucide-react';
import { Fragment, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { basePath, gatewayUrl } from '../../app/base-path.ts';
import { DOCS_INDEX, docAddress } from '../../app/doc-address.ts';
import { useDocs } from '../../app/list-queries.ts';
import { PublicShell } from '../../app/public-shell.tsx';
import { useInfo } from '../../app/queries.ts';
import { useGateway, useSession } from '../../app/session.tsx';
import { CodeFigure } from '../../parts/code-figure.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { canTalk } from '../../playground/model-info.ts';
import { useText } from '../../text/text.tsx';
import { type DocBlock, type DocHeading, readDoc } from './doc-blocks.ts';
import { DocsSearch } from './docs-search.tsx';
import { fillSample, type SampleValues, withAddress } from './fill-sample.ts';
import { useCurrentHeading } from './use-current-heading.ts';

const languages: Readonly<Record<string, string>> = { sh: 'bash', ts: 'typescript', js: 'javascript', yml: 'yaml' };

/** What it shows was made by `readDoc`, which escapes HTML and lets DOMPurify pass what is left. */
function Block({ block, values }: { block: DocBlock; values: SampleValues }) {
  if (block.type === 'code') {
    return <CodeFigure code={fillSample(block.code, values)} language={languages[block.language] ?? block.language} />;
  }
  if (block.type === 'html') {
    return <div className="doc-html" dangerouslySetInnerHTML={{ __html: withAddress(block.html, values.url) }} />;
  }
  const content = { id: block.anchor, dangerouslySetInnerHTML: { __html: block.html } };
  // The bar has the title as the heading of the page.
  if (block.depth === 1) return <p className="doc-title" aria-hidden="true" {...content} />;
  return block.depth === 2 ? <h2 {...content} /> : <h3 {...content} />;
}

interface SampleChoiceProps {
  readonly values: SampleValues;
  onChange(values: SampleValues): void;
}

/** The samples have this gateway's address; whoever is signed in can put the key and a model in. */
function SampleChoice({ values, onChange }: SampleChoiceProps) {
  const { t } = useText();
  const { key } = useSession();
  return (
    <div className="note accent">
      <KeyRound className="i" aria-hidden="true" />
      <div className="grow row wrap between">
        <span>{t('docs.samples')}</span>
        {key === null ? null : (
          <span className="row wrap">
            <label className="check nowrap">
              <input
                type="checkbox"
                checked={values.key !== null}
                onChange={(event) => onChange({ ...values, key: event.target.checked ? key : null })}
              />{' '}
              {t('docs.myKey')}
            </label>
            <ModelChoice values={values} onChange={onChange} />
          </span>
        )}
      </div>
    </div>
  );
}

function ModelChoice({ values, onChange }: SampleChoiceProps) {
  const { t } = useText();
  const { data: info } = useInfo();
  const talks = (info?.models ?? []).filter(canTalk);
  return (
    <select
      className="input mini"
      aria-label={t('docs.model')}
      value={values.model ?? ''}
      onChange={(event) => onChange({ ...values, model: event.target.value || null })}
    >
      <option value="">{t('docs.modelAsWritten')}</option>
      {talks.map(({ alias }) => (
        <option key={alias}>{alias}</option>
      ))}
    </select>
  );
}

function DocsNavigation({ name }: { name: string }) {
  const { t } = useText();
  const { data } = useDocs();
  const items = data?.items ?? [];
  const sections = [...new Set(items.map(({ section }) => section))].filter((section) => section !== '');
  return (
    <nav aria-label={t('docs.navigation')}>
      {sections.map((section) => (
        <div key={section} lang="en">
          <h2>{section}</h2>
          {items
            .filter((entry) => entry.section === section)
            .map((entry) => (
              <Link
                key={entry.name}
                to={docAddress(entry.name)}
                aria-current={entry.name === name ? 'page' : undefined}
              >
                {entry.title}
              </Link>
            ))}
        </div>
      ))}
    </nav>
  );
}

const nothing: readonly DocHeading[] = [];

interface ContentsProps {
  readonly contents: readonly DocHeading[];
  readonly markdown: string | null;
}

/** The headings of the page. The one whose section is being read is marked. */
function Contents({ contents, markdown }: ContentsProps) {
  const { t } = useText();
  const anchors = useMemo(() => contents.map(({ anchor }) => anchor), [contents]);
  const current = useCurrentHeading(anchors);
  return (
    <aside aria-label={t('docs.contents')}>
      <p className="small faint toc-h">{t('docs.contents')}</p>
      {contents.map(({ anchor, text }) => (
        <a key={anchor} href={`#${anchor}`} lang="en" aria-current={anchor === current ? 'location' : undefined}>
          {text}
        </a>
      ))}
      {markdown === null ? null : <CopyButton text={markdown} label={t('docs.copyPage')} shown={t('docs.copyPage')} />}
    </aside>
  );
}

function Next({ name }: { name: string }) {
  const { t } = useText();
  const { data } = useDocs();
  const listed = (data?.items ?? []).filter((entry) => entry.section !== '' || entry.name === DOCS_INDEX);
  const next = listed[listed.findIndex((entry) => entry.name === name) + 1];
  if (!next || !listed.some((entry) => entry.name === name)) return null;
  return (
    <div className="two pager">
      <span />
      <Link className="card next" to={docAddress(next.name)}>
        <span className="small faint">{t('docs.next')}</span>
        <span className="row between" lang="en">
          <strong>{next.title}</strong>
          <ArrowRight className="i" aria-hidden="true" />
        </span>
      </Link>
    </div>
  );
}

/** The documentation, with this gateway's address in its samples. It needs no key. */
export default function DocsPage({ name = DOCS_INDEX }: { name?: string | undefined }) {
  const { t } = useText();
  const gateway = useGateway();
  const [, navigate] = useLocation();
  const article = useRef<HTMLElement>(null);
  const [values, setValues] = useState<SampleValues>({ url: gatewayUrl, key: null, model: null });
  const { data, error } = useQuery({
    queryKey: ['docs-page', name],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => gateway.api.docs.page.query({ name }),
  });
  const doc = useMemo(() => data && readDoc(data.name, data.markdown), [data]);
  const hasSamples = doc?.blocks.some(({ type }) => type === 'code');
  useEffect(() => {
    if (!doc) return;
    const anchor = decodeURIComponent(location.hash.slice(1));
    const target = anchor === '' ? null : document.getElementById(anchor);
    if (target) target.scrollIntoView();
    else scrollTo(0, 0);
  }, [doc]);

  useEffect(() => {
    const box = article.current;
    /** Links between the pages do not load the console again. */
    function follow(event: MouseEvent) {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      const href = event.target instanceof Element ? event.target.closest('a')?.getAttribute('href') : null;
      if (!href?.startsWith(`${basePath}/docs`) || href.startsWith(`${basePath}/docs/errors`)) return;
      event.preventDefault();
      navigate(href.slice(basePath.length));
    }
    box?.addEventListener('click', follow);
    return () => box?.removeEventListener('click', follow);
  }, [navigate]);

  return (
    <PublicShell
      title={data?.title ?? t('nav.docs')}
      bar={
        <>
          <span className="grow" />
          <DocsSearch />
          <a className="btn ghost wide-only" href={`${basePath}/openapi`}>
            {t('api.reference')}
          </a>
        </>
      }
    >
      <div className="docs">
        <DocsNavigation name={name} />
        <details className="docs-menu" key={name}>
          <summary className="btn">{t('docs.allPages')}</summary>
          <DocsNavigation name={name} />
        </details>
        <main className="article" lang="en" ref={article}>
          {error ? <Problem error={error} /> : null}
          {(doc?.blocks ?? []).map((block, at) => (
            <Fragment key={`${name}-${at}`}>
              <Block block={block} values={values} />
              {at === 0 && hasSamples ? <SampleChoice values={values} onChange={setValues} /> : null}
            </Fragment>
          ))}
          {doc ? <Next name={name} /> : <Skeleton />}
        </main>
        <Contents contents={doc?.contents ?? nothing} markdown={data?.markdown ?? null} />
      </div>
    </PublicShell>
  );
}
