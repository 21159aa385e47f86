import type { ConversationList as Conversations } from '@duplex/client';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { useGateway } from '../app/session.tsx';
import { Menu } from '../parts/menu.tsx';
import { Problem } from '../parts/problem.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { useText } from '../text/text.tsx';
import type { ConversationSummary } from './conversation-summary.ts';
import { exportConversation } from './export-conversation.ts';
import { groupByDay } from './group-by-day.ts';

const RenameConversation = lazy(() => import('./rename-conversation.tsx'));
const DeleteConversation = lazy(() => import('./delete-conversation.tsx'));

const PAGE = 30;

/** How often the list is read again, while something is answered and else. */
const ANSWERING_MS = 3_000;
const RESTING_MS = 20_000;

const isAnswering = (pages: readonly Pick<Conversations, 'items'>[] = []): boolean =>
  pages.some(({ items }) => items.some(({ in_progress }) => in_progress));

interface ConversationListProps {
  readonly current: string | undefined;
  onNew(): void;
  onDeleted(id: string): void;
}

type Change = { readonly what: 'rename' | 'delete'; readonly conversation: ConversationSummary };

function Row({
  conversation,
  current,
  onChange,
}: {
  conversation: ConversationSummary;
  current: boolean;
  onChange(c: Change): void;
}) {
  const { t } = useText();
  const gateway = useGateway();
  const title = conversation.title ?? t('list.untitled');
  return (
    <div className="conv-row">
      <Link
        className="conv"
        to={`/playground/${encodeURIComponent(conversation.id)}`}
        aria-current={current ? 'page' : undefined}
      >
        <span className="truncate" dir="auto" title={title}>
          {title}
        </span>
        <small>
          {conversation.in_progress ? (
            <>
              <span className="dot live" aria-hidden="true" />
              <span className="accent-live">{t('list.answering')}</span>
            </>
          ) : null}
          <span className="truncate">{conversation.excerpt ?? conversation.model ?? '–'}</span>
        </small>
      </Link>
      <Menu
        trigger={
          <button type="button" className="btn ghost icon small" aria-label={t('list.more', { title })}>
            <Ellipsis className="i" aria-hidden="true" />
          </button>
        }
        actions={[
          { label: t('list.rename'), onSelect: () => onChange({ what: 'rename', conversation }) },
          { label: t('list.export'), onSelect: () => void exportConversation(gateway, conversation.id) },
          { label: t('list.delete'), onSelect: () => onChange({ what: 'delete', conversation }), danger: true },
        ]}
      />
    </div>
  );
}

/** What `/c1` remembers: search, rename, export, delete. */
export function ConversationList({ current, onNew, onDeleted }: ConversationListProps) {
  const { t, language } = useText();
  const gateway = useGateway();
  const queries = useQueryClient();
  const [words, setWords] = useState('');
  const [change, setChange] = useState<Change | null>(null);
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['conversations', words],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      gateway.conversations.list.query({
        limit: PAGE,
        ...(words === '' ? {} : { q: words }),
        ...(pageParam === '' ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: ({ state }) => (isAnswering(state.data?.pages) ? ANSWERING_MS : RESTING_MS),
  });
  const items = data?.pages.flatMap(({ items: page }) => page) ?? [];
  const close = () => setChange(null);
  const changed = () => {
    close();
    void queries.invalidateQueries({ queryKey: ['conversations'] });
  };
  return (
    <>
      <button type="button" className="btn" onClick={onNew}>
        <Plus className="i" aria-hidden="true" />
        {t('list.new')}
      </button>
      <SearchField label={t('list.search')} value={words} onChange={setWords} />
      {error ? <Problem error={error} /> : null}
      {!isFetching && items.length === 0 && !error ? (
        <p className="small faint pad">{words === '' ? t('list.empty') : t('list.noMatch')}</p>
      ) : null}
      {groupByDay(items, { language, today: t('list.today'), yesterday: t('list.yesterday') }).map(([day, rows]) => (
        <section key={day} className="stack-2" aria-label={day}>
          <h2>{day}</h2>
          {rows.map((conversation) => (
            <Row
              key={conversation.id}
              conversation={conversation}
              current={conversation.id === current}
              onChange={setChange}
            />
          ))}
        </section>
      ))}
      {hasNextPage ? (
        <button type="button" className="btn ghost" onClick={() => void fetchNextPage()}>
          {t('list.older')}
        </button>
      ) : null}
      <Suspense>
        {change?.what === 'rename' ? (
          <RenameConversation conversation={change.conversation} onClose={close} onDone={changed} />
        ) : null}
        {change?.what === 'delete' ? (
          <DeleteConversation
            conversation={change.conversation}
            onClose={close}
            onDone={() => {
              changed();
              onDeleted(change.conversation.id);
            }}
          />
        ) : null}
      </Suspense>
    </>
  );
}
