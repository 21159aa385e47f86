import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { basePath } from '../../app/base-path.ts';
import { PublicShell } from '../../app/public-shell.tsx';
import { CodedText } from '../../parts/coded-text.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useText } from '../../text/text.tsx';
import { type Operation, readOpenApi, type Schema, typeOf } from './read-openapi.ts';
import { SchemaView } from './schema-view.tsx';
import { TryOperation } from './try-operation.tsx';

function useReference() {
  return useQuery({
    queryKey: ['openapi'],
    staleTime: Number.POSITIVE_INFINITY,
    async queryFn() {
      const response = await fetch(`${basePath}/openapi.json`);
      return readOpenApi(await response.json());
    },
  });
}

interface OperationViewProps {
  readonly document: Schema;
  readonly operation: Operation;
}

function Details({ document, operation }: OperationViewProps) {
  const { t } = useText();
  const { parameters, body, responses, description } = operation;
  return (
    <div className="body stack">
      {description ? (
        <p lang="en">
          <CodedText text={description} />
        </p>
      ) : null}
      {parameters.length > 0 ? (
        <section className="stack-2">
          <h4>{t('ref.parameters')}</h4>
          <ul className="ref-fields" lang="en">
            {parameters.map((one) => (
              <li key={`${one.place}-${one.name}`} className="ref-field">
                <div className="row wrap">
                  <code>{one.name}</code>
                  <span className="small faint">
                    {one.place} · {typeOf(document, one.schema)}
                  </span>
                  {one.required ? <span className="badge">{t('ref.required')}</span> : null}
                </div>
                {one.description ? (
                  <p className="small muted">
                    <CodedText text={one.description} />
                  </p>
                ) : null}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {body ? (
        <section className="stack-2" lang="en">
          <h4>{t('ref.body')}</h4>
          <SchemaView document={document} schema={body} />
        </section>
      ) : null}
      <section className="stack-2">
        <h4>{t('ref.answers')}</h4>
        {responses.map(({ status, description: what, schema }) => (
          <details key={status} className="plain">
            <summary>
              <ChevronRight className="i chev" aria-hidden="true" />
              <span className={`badge ${status < '400' ? 'ok' : 'warn'}`}>{status}</span>{' '}
              <span className="small muted" lang="en">
                <CodedText text={what.split('\n')[0] ?? ''} />
              </span>
            </summary>
            <div lang="en">{schema ? <SchemaView document={document} schema={schema} /> : null}</div>
          </details>
        ))}
      </section>
      <section className="stack-2">
        <h4>{t('ref.try')}</h4>
        <TryOperation document={document} operation={operation} />
      </section>
    </div>
  );
}

function OperationView({ document, operation }: OperationViewProps) {
  const { id, method, path, summary } = operation;
  const [open, setOpen] = useState(() => location.hash === `#${id}`);
  return (
    <details
      className="card ref-op"
      id={id}
      open={open}
      onToggle={(event) => {
        const { open: now } = event.currentTarget;
        setOpen(now);
      }}
    >
      <summary>
        <ChevronRight className="i chev" aria-hidden="true" />
        <span className={`method ${method}`}>{method.toUpperCase()}</span> <code className="ref-path">{path}</code>{' '}
        <span className="small muted" lang="en">
          {summary}
        </span>
      </summary>
      {open ? <Details document={document} operation={operation} /> : null}
    </details>
  );
}

/** Every operation with its fields and errors, made of this gateway's own OpenAPI document; each can be tried. */
export default function ReferencePage() {
  const { t } = useText();
  const { data, error } = useReference();
  const [words, setWords] = useState('');
  const fits = ({ path, summary, method }: Operation) =>
    words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `${method} ${path} ${summary}`.toLowerCase().includes(word));
  const shown = (data?.operations ?? []).filter(fits);
  const tags = (data?.tags ?? []).filter(({ name }) => shown.some(({ tag }) => tag === name));
  useEffect(() => {
    const anchor = decodeURIComponent(location.hash.slice(1));
    if (data && anchor !== '') document.getElementById(anchor)?.scrollIntoView();
  }, [data]);
  return (
    <PublicShell
      title={t('api.reference')}
      bar={
        <>
          <span className="grow" />
          <SearchField className="ref-search" label={t('ref.search')} value={words} onChange={setWords} />
          <a className="btn ghost wide-only" href={`${basePath}/openapi.json`}>
            openapi.json
          </a>
        </>
      }
    >
      <div className="docs">
        <nav aria-label={t('ref.groups')} lang="en">
          {tags.map(({ name }) => (
            <a key={name} href={`#tag-${name}`}>
              {name}
            </a>
          ))}
        </nav>
        <main className="article wide">
          {error ? <Problem error={error} /> : null}
          {data ? <p className="lede">{t('ref.lede', { count: data.operations.length })}</p> : <Skeleton />}
          {data && shown.length === 0 ? <p className="faint">{t('ref.none')}</p> : null}
          {data
            ? tags.map(({ name, description }) => (
                <section key={name} id={`tag-${name}`} className="stack-2">
                  <h2 lang="en">{name}</h2>
                  <p className="small muted" lang="en">
                    {description}
                  </p>
                  {shown
                    .filter(({ tag }) => tag === name)
                    .map((operation) => (
                      <OperationView key={operation.id} document={data.document} operation={operation} />
                    ))}
                </section>
              ))
            : null}
        </main>
      </div>
    </PublicShell>
  );
}
