import { ChevronDown, ChevronUp, MessageSquare, X } from 'lucide-react';
import { Link } from 'wouter';
import { basePath } from '../../app/base-path.ts';
import { useSelf } from '../../app/queries.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { badgeOf, hasFailed } from '../../parts/outcome.ts';
import { useText } from '../../text/text.tsx';
import { backendOf, type RequestRow, useKeyName } from './request-entry.ts';
import { RequestFall } from './request-fall.tsx';
import { RequestTokens } from './request-tokens.tsx';

interface RequestDetailProps {
  readonly row: RequestRow;
  onClose(): void;
  /** Null: this page of the list has no newer one. */
  readonly onNewer: (() => void) | null;
  readonly onOlder: (() => void) | null;
}

/** The failover of a request in a sentence: which backends failed, and which one answered. Null: none failed. */
function useStory(): (row: RequestRow) => string | null {
  const { t } = useText();
  return ({ attempts }) => {
    const failed = attempts.filter(({ outcome }) => hasFailed(outcome)).map(({ backend }) => backend);
    const answered = attempts.find(({ outcome }) => outcome === 'ok');
    if (failed.length === 0) return null;
    const names = failed.join(', ');
    return answered
      ? t('requests.storyFailover', { failed: names, answered: answered.backend })
      : t('requests.storyFailed', { failed: names });
  };
}

/** Leads to the conversation of a request. One of somebody else is shown to the administrator where that is allowed. */
function ConversationLink({ row: { conversation_id: id, owner } }: { row: RequestRow }) {
  const { t } = useText();
  const { data: self } = useSelf();
  const isOthers = self?.role === 'admin' && owner !== null;
  if (id === null || (isOthers && !self.reads_conversations)) return null;
  const to = isOthers
    ? `/console/conversations?${new URLSearchParams({ owner, open: id })}`
    : `/playground/${encodeURIComponent(id)}`;
  return (
    <p>
      <Link className="btn" to={to}>
        <MessageSquare className="i" aria-hidden="true" />
        {t('requests.conversation')}
      </Link>
    </p>
  );
}

/** One request beside the list, or in its place on a narrow screen. */
export function RequestDetail({ row, onClose, onNewer, onOlder }: RequestDetailProps) {
  const { t, milliseconds, dateTime } = useText();
  const keyName = useKeyName();
  const story = useStory()(row);
  const facts: (readonly [string, string])[] = [
    [t('common.time'), dateTime(row.at)],
    [t('requests.operation'), row.operation],
    ...(row.asked_model === null ? [] : ([[t('requests.askedModel'), row.asked_model]] as const)),
    [t('backends.backend'), backendOf(row)],
    [t('keys.key'), keyName(row)],
    [t('keys.owner'), row.owner ?? '–'],
    [t('requests.firstToken'), row.first_token_ms === null ? '–' : milliseconds(row.first_token_ms)],
    [t('requests.took'), milliseconds(row.latency_ms)],
  ];
  const moves = [
    [t('common.newer'), ChevronUp, onNewer],
    [t('common.older'), ChevronDown, onOlder],
  ] as const;
  return (
    <aside className="detail" aria-label={t('requests.one')}>
      <header className="stack-2">
        <div className="row">
          <span className={`badge ${badgeOf(row.outcome)}`}>{row.outcome}</span>
          <h2 className="grow truncate mono-title" title={row.model}>
            {row.model}
          </h2>
          {moves.map(([name, Icon, onMove]) => (
            <button
              key={name}
              type="button"
              className="btn ghost icon small"
              aria-label={name}
              aria-disabled={onMove === null}
              onClick={() => onMove?.()}
            >
              <Icon className="i" aria-hidden="true" />
            </button>
          ))}
          <button type="button" className="btn ghost icon small" aria-label={t('common.close')} onClick={onClose}>
            <X className="i" aria-hidden="true" />
          </button>
        </div>
        <p className="row small faint">
          <code className="truncate">{row.request_id}</code>
          <CopyButton text={row.request_id} label={t('requests.copyId')} iconOnly />
        </p>
        {story ? <p className="small muted">{story}</p> : null}
        {hasFailed(row.outcome) ? (
          <p className="small">
            <a href={`${basePath}/docs/errors#${row.outcome}`}>{t('requests.whatItMeans', { code: row.outcome })}</a>
          </p>
        ) : null}
      </header>
      {row.attempts.length > 0 ? <RequestFall row={row} /> : null}
      <RequestTokens row={row} />
      <Facts facts={facts} />
      <ConversationLink row={row} />
    </aside>
  );
}
