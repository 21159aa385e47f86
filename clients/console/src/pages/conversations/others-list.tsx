import { useInfiniteQuery } from '@tanstack/react-query';
import { useGateway } from '../../app/session.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { groupByDay } from '../../playground/group-by-day.ts';
import { useText } from '../../text/text.tsx';
import type { ShownPlace } from './use-shown-place.ts';

const PAGE = 30;

/** The conversations of an owner or an end user. Each page that is loaded is in the audit, so nothing is loaded twice. */
export function OthersList({ place: { owner, user, open, set } }: { place: ShownPlace }) {
  const { t, language } = useText();
  const gateway = useGateway();
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['others', 'list', owner, user],
    refetchOnWindowFocus: false,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      gateway.api.conversations.list.query({
        owner,
        limit: PAGE,
        ...(user === '' ? {} : { user_id: user }),
        ...(pageParam === '' ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
  if (error) return <Problem error={error} />;
  if (!data) return <Skeleton />;
  const items = data.pages.flatMap(({ items: page }) => page);
  if (items.length === 0) return <p className="small faint pad">{t('others.none')}</p>;
  return (
    <>
      {groupByDay(items, { language, today: t('list.today'), yesterday: t('list.yesterday') }).map(([day, rows]) => (
        <section key={day} className="stack-2" aria-label={day}>
          <h2>{day}</h2>
          {rows.map(({ id, title, model }) => (
            <button
              key={id}
              type="button"
              className="conv"
              aria-current={id === open ? 'true' : undefined}
              onClick={() => set('open', id)}
            >
              <span className="truncate" dir="auto" title={title ?? undefined}>
                {title ?? t('list.untitled')}
              </span>
              <small>
                <span className="truncate">{model ?? '–'}</span>
              </small>
            </button>
          ))}
        </section>
      ))}
      {hasNextPage ? (
        <button type="button" className="btn ghost" onClick={() => void fetchNextPage()}>
          {t('list.older')}
        </button>
      ) : null}
    </>
  );
}
