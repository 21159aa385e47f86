import { useInfiniteQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { useGateway } from '../../app/session.tsx';
import { Problem } from '../../parts/problem.tsx';
import { showControls } from '../../parts/show-controls.ts';
import { Skeleton } from '../../parts/skeleton.tsx';
import { MoreMessages } from '../../playground/more-messages.tsx';
import { toThread } from '../../playground/stored-thread.ts';
import { elementKey } from '../../playground/thread.ts';
import { useText } from '../../text/text.tsx';
import { ReadEntry } from './read-entry.tsx';
import type { ShownPlace } from './use-shown-place.ts';

const PAGE = 100;

/** The messages of a conversation, from its beginning. Each page is in the audit, so none is loaded twice. */
function useMessages(owner: string, conversation_id: string) {
  const gateway = useGateway();
  return useInfiniteQuery({
    queryKey: ['others', 'conversation', owner, conversation_id],
    refetchOnWindowFocus: false,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      gateway.api.conversations.get.query({
        owner,
        conversation_id,
        limit: PAGE,
        ...(pageParam === '' ? {} : { after: pageParam }),
      }),
    getNextPageParam: ({ has_more, messages }) => (has_more ? messages.at(-1)?.id : undefined),
  });
}

/** A conversation of somebody else, to be read. */
export function ReadConversation({ place: { owner, open, set } }: { place: ShownPlace }) {
  const { t, dateTime } = useText();
  const box = useRef<HTMLDivElement>(null);
  const { data, error, hasNextPage, fetchNextPage } = useMessages(owner, open);
  const entries = useMemo(() => toThread(data?.pages.flatMap(({ messages }) => messages) ?? []), [data]);
  const head = data?.pages[0];
  const last = entries.at(-1);
  return (
    <div className="turns" ref={box} tabIndex={0} role="region" aria-label={t('chat.messages')}>
      <div className="col read">
        <header className="stack-2">
          <button type="button" className="btn ghost small only-narrow" onClick={() => set('open', '')}>
            <ArrowLeft className="i" aria-hidden="true" />
            {t('others.back')}
          </button>
          {head ? (
            <>
              <h2 dir="auto">{head.title ?? t('list.untitled')}</h2>
              <p className="small faint">
                {[owner, ...(head.user_id === null ? [] : [head.user_id])].join(' · ')} ·{' '}
                {t('others.messages', { count: head.message_count })} · {dateTime(head.last_used_at)}
              </p>
              <p className="small faint only-narrow">{t('others.readOnly')}</p>
              {head.system_prompt ? (
                <details className="think">
                  <summary>{t('chat.system')}</summary>
                  <div dir="auto">{showControls(head.system_prompt)}</div>
                </details>
              ) : null}
            </>
          ) : null}
        </header>
        {error ? <Problem error={error} /> : null}
        {data || error ? null : <Skeleton />}
        {entries.map((entry) => (
          <ReadEntry key={elementKey(entry)} entry={entry} />
        ))}
        {hasNextPage ? (
          <MoreMessages
            key={last && elementKey(last)}
            box={box}
            label={t('others.more')}
            onShow={async () => void (await fetchNextPage({ throwOnError: true }))}
          />
        ) : null}
      </div>
    </div>
  );
}
